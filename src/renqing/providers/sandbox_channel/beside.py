"""The whole bank in the process of whoever talks to it: everything is signed and read, only the sockets are missing.

A storm plays thousands of histories against it. What a socket would decide by chance (who is heard first, whether an
answer arrives) is decided by the storm: callbacks are handed to ``hear`` and wait for the status that it answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from renqing.foundation.clock import Clock
from renqing.foundation.ids import Ids
from renqing.providers.sandbox_channel.bank import store
from renqing.providers.sandbox_channel.bank.asgi import Request
from renqing.providers.sandbox_channel.bank.books import Books
from renqing.providers.sandbox_channel.bank.merchant import MerchantDoor
from renqing.providers.sandbox_channel.bank.postman import Postman
from renqing.providers.sandbox_channel.channel import SandboxChannel
from renqing.providers.sandbox_channel.lean_http import Answer, NoAnswer
from renqing.providers.sandbox_channel.wire import MovementSaid, split_secrets
from renqing.trade.payments.ports import ChannelRefused

Hear = Callable[[Mapping[str, str], bytes], Awaitable[int]]
SECRET = "the secret of a storm"  # noqa: S105 - it guards nothing: the bank lives as long as a history
MOVEMENTS_MAX = 1_000_000


class BankBeside:
    """``clock`` is the machine's: the bank's own. ``hear`` is given every callback and answers its status."""

    def __init__(self, file: Path, *, clock: Clock, ids: Ids, hear: Hear) -> None:
        self._file = file
        self._clock = clock
        self._ids = ids
        self._letters = _Letters(hear)
        self._open()
        self.channel = SandboxChannel("http://bank.beside", SECRET, clock, ids, http=_Questions(self))

    def _open(self) -> None:
        secrets = split_secrets(SECRET)
        self._books = Books(self._file, self._clock, self._ids)
        self._postman = Postman(self._books, self._letters, secrets)
        self._door = MerchantDoor(self._books, self._postman, secrets, "http://cashier.beside")

    def restart(self) -> None:
        """The bank's process ends and another begins on its file."""
        self._books.close()
        self._open()

    def close(self) -> None:
        self._books.close()

    async def answer(self, request: Request) -> Answer:
        """What the bank's door says, as it would arrive. Raises NoAnswer."""
        reply = await self._door.answer(request)
        if reply.silent:
            raise NoAnswer("too_late")
        return Answer(reply.status, dict(reply.headers), reply.body)

    async def pay(self, intent_id: int) -> bool:
        """The person pays at the cashier; False where the bank has nothing to pay any more."""
        try:
            return (await self.channel.pay(intent_id)).state == "paid"
        except ChannelRefused:
            return False

    async def switch(self, changes: Mapping[str, Any], intent_id: int | None = None) -> None:
        """How the bank misbehaves, for all payments or for one."""
        await self.channel.switch(changes, intent_id)

    async def deliver(self) -> int:
        """Try every callback that is due by the bank's clock; how many tries."""
        return await self._postman.deliver_due(self._books.now_ms())

    def movements(self) -> list[MovementSaid]:
        """The bank's own statement: every movement of money, in order."""
        return store.movements(self._books.reader, 0, MOVEMENTS_MAX)


class _Questions:
    """The channel's way to the bank."""

    def __init__(self, bank: BankBeside) -> None:
        self._bank = bank

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, seconds_max: float
    ) -> Answer:
        del seconds_max
        split = urlsplit(url)
        path = f"{split.path}?{split.query}" if split.query else split.path
        segments = tuple(part for part in split.path.split("/") if part)
        return await self._bank.answer(
            Request(method, path, segments, dict(parse_qsl(split.query)), dict(headers), body)
        )

    def close(self) -> None:
        """There is no connection to close."""


class _Letters:
    """The bank's way to whoever hears its callbacks."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, seconds_max: float
    ) -> Answer:
        del method, url, seconds_max
        return Answer(await self._hear(headers, body), {}, b"")

    def close(self) -> None:
        """There is no connection to close."""
