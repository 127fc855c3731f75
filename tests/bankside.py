"""A sandbox bank on a real socket, a shop that hears its callbacks, and the channel between them; one clock for all."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from renqing.foundation.clock import SetClock
from renqing.foundation.ids import SeededIds
from renqing.providers.sandbox_channel import SandboxChannel
from renqing.providers.sandbox_channel.bank.app import Bank
from renqing.trade.payments.ports import CallbackForged, OpenPayment, PaymentNews, RefundAsk

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECRET = "one secret for both"
PAID = 12_900


@dataclass(frozen=True)
class Heard:
    """One callback as it arrived."""

    headers: dict[str, str]
    raw: bytes


@dataclass
class Shop:
    """The merchant: keeps the callbacks that it hears and answers as told (200 where nothing is told)."""

    heard: list[Heard] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    together: asyncio.Barrier | None = None
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        raw = b""
        while True:
            event = await receive()
            raw += event.get("body", b"")
            if not event.get("more_body"):
                break
        status = 200
        if scope["path"] == "/told":
            self.heard.append(Heard({name.decode(): value.decode() for name, value in scope["headers"]}, raw))
            if self.together is not None:
                await self.together.wait()
            if self.answers:
                status = self.answers.popleft()
        headers = [(b"content-type", b"text/html"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _Quiet(uvicorn.Server):
    """A server inside a test's loop: the signals stay pytest's, and it ends when told, not at its next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told_to_end = asyncio.Event()

    async def main_loop(self) -> None:
        await self.told_to_end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def listening(app: Any, *, lifespan: str = "off", place: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve an application on a free port, or the one that was taken before; its address."""
    if place is None:
        place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: no delay for TCP alone
        place.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan=lifespan, timeout_graceful_shutdown=1)
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[place]))
    while not server.started:
        assert not serving.done(), "the server did not start"
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{place.getsockname()[1]}"
    finally:
        server.told_to_end.set()
        await serving
        place.close()


@dataclass
class Bankside:
    """What a test holds: the bank behind its wire, the channel, the shop, the clock."""

    bank: Bank
    channel: SandboxChannel
    shop: Shop
    clock: SetClock
    url: str

    def ask(self, intent_id: int, amount: int = PAID, currency: str = "CNY") -> OpenPayment:
        return OpenPayment(intent_id, amount, currency, "睡衣 ×1", f"{self.shop.url}/told", f"{self.shop.url}/back")

    def refund_ask(self, refund_id: int, intent_id: int, amount: int, currency: str = "CNY") -> RefundAsk:
        return RefundAsk(refund_id, intent_id, amount, currency, f"{self.shop.url}/told")

    async def paid(self, *intent_ids: int) -> None:
        """These payments, opened and paid one after the other."""
        for intent_id in intent_ids:
            await self.channel.open(self.ask(intent_id))
            await self.channel.pay(intent_id)

    async def deliver(self, after: timedelta = timedelta()) -> int:
        """Move the clock and let the bank try every callback that is then due."""
        self.clock.move(after)
        return await self.bank.postman.deliver_due(self.bank.books.now_ms())

    def news(self) -> list[PaymentNews]:
        """What the shop heard and may believe, in the order that it arrived."""
        believed = []
        for heard in self.shop.heard:
            with contextlib.suppress(CallbackForged):
                believed.append(self.read(heard))
        return believed

    def read(self, heard: Heard) -> PaymentNews:
        return self.channel.read_callback(heard.headers, heard.raw, self.clock.machine_now())

    async def raw(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """An unsigned request, as anybody may send it."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(method, self.url + path, **asked)


@contextlib.asynccontextmanager
async def bankside(folder: Path, *, secret: str = SECRET, deliver_by_itself: bool = False) -> AsyncIterator[Bankside]:
    """A bank whose file lies in ``folder``. Its callbacks leave when told, unless ``deliver_by_itself``."""
    shop, clock = Shop(), SetClock(NOON)
    bank = Bank(
        folder / "sandbox.sqlite3",
        secret=secret,
        public_url="http://cashier.test",
        clock=clock,
        ids=SeededIds(9),
        deliver_by_itself=deliver_by_itself,
    )
    async with listening(shop) as shop.url, listening(bank, lifespan="on") as url:
        channel = SandboxChannel(url, secret, clock, SeededIds(2), answer_seconds_max=10.0)
        try:
            yield Bankside(bank, channel, shop, clock, url)
        finally:
            channel.close_connections()
