"""Carries the bank's callbacks to the merchant: later, signed, again and again until a 2xx, many at a time.

The queue is in the bank's file, so a killed bank sends what it had not heard an answer to: at least once. A letter is
in the air at most once; an answer is written down before its letter may leave again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from renqing.foundation.logs import log
from renqing.providers.sandbox_channel.bank import actions, rules, store
from renqing.providers.sandbox_channel.bank.books import Books
from renqing.providers.sandbox_channel.bank.model import Letter
from renqing.providers.sandbox_channel.lean_http import Asks, NoAnswer
from renqing.providers.sandbox_channel.wire import (
    CALLBACK_ID,
    CALLBACK_SIGNATURE,
    CALLBACK_TIMESTAMP,
    sign_callback,
)

IN_THE_AIR_MAX = 64
ANSWER_SECONDS_MAX = 5.0  # as WeChat Pay waits for a merchant
REST_SECONDS_MAX = 30.0
BROKEN_REST_SECONDS = 1.0
_OTHER_SECRET = b"not the secret of this merchant"


class Postman:
    """Delivers what is due in ``store``, on its own (``run``) or when told (``deliver_due``)."""

    def __init__(self, books: Books, http: Asks, secrets: Sequence[bytes]) -> None:
        self._books = books
        self._http = http
        self._secret = secrets[0]
        self._in_the_air: dict[int, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something new to deliver."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver as letters come due, for ever."""
        while True:
            self._woken.clear()
            try:
                now_ms = self._books.now_ms()
                await self._end_refunds(now_ms)
                self._launch(now_ms)
                next_ms = store.next_due_ms(self._books.reader, now_ms)
                rest = REST_SECONDS_MAX if next_ms is None else min((next_ms - now_ms) / 1000, REST_SECONDS_MAX)
            except Exception:  # noqa: BLE001 - whatever broke, callbacks go on
                log.exception("sandbox_postman_broke")
                rest = BROKEN_REST_SECONDS
            try:
                async with asyncio.timeout(rest):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def deliver_due(self, until_ms: int) -> int:
        """Try everything that is due by ``until_ms``, each letter once, and what that sets free; how many tries."""
        await self._end_refunds(until_ms)
        tried: set[int] = set()
        while True:
            self._launch(until_ms, tried)
            if not self._in_the_air:
                return len(tried)
            tried.update(self._in_the_air)
            await asyncio.wait(self._in_the_air.values(), return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """Let go of what is in the air: it stays in the queue."""
        flying = list(self._in_the_air.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    async def _end_refunds(self, until_ms: int) -> None:
        if store.refunds_to_end(self._books.reader, until_ms):
            await self._books.write(partial(actions.end_refunds, until_ms=until_ms))

    def _launch(self, until_ms: int, tried: set[int] | None = None) -> None:
        room = IN_THE_AIR_MAX - len(self._in_the_air)
        if room <= 0:
            return
        passed_over = len(self._in_the_air) + len(tried or ())
        for letter in store.due_letters(self._books.reader, until_ms, room + passed_over):
            if letter.n in self._in_the_air or (tried and letter.n in tried):
                continue
            if len(self._in_the_air) == IN_THE_AIR_MAX:
                return
            self._in_the_air[letter.n] = asyncio.create_task(self._carry(letter))

    async def _carry(self, letter: Letter) -> None:
        try:
            answer = await self._send(letter)
            delivered = answer.startswith("2")
            due_at_ms = None
            if not delivered:
                due_at_ms = rules.next_try_at_ms(letter.tries + 1, letter.tries_max, self._books.now_ms())
            outcome = "delivered" if delivered else "waiting" if due_at_ms is not None else "given_up"
            ended = partial(store.end_try, letter=letter, answer=answer, due_at_ms=due_at_ms, outcome=outcome)
            await self._books.write(ended)
        except Exception:  # noqa: BLE001 - one letter's trouble is not the others'
            log.exception("sandbox_letter_broke", n=letter.n)
            await asyncio.sleep(BROKEN_REST_SECONDS)  # the books do not take the answer: not at once again
        finally:
            del self._in_the_air[letter.n]
            self.wake()

    async def _send(self, letter: Letter) -> str:
        """The status of the answer, or why there was none."""
        stamp = self._books.now_ms() // 1000 - (rules.STALE_SECONDS if letter.signing == "stale" else 0)
        secret = _OTHER_SECRET if letter.signing == "other_secret" else self._secret
        headers = {"content-type": "application/json", CALLBACK_ID: letter.event_id, CALLBACK_TIMESTAMP: str(stamp)}
        if letter.signing != "unsigned":
            headers[CALLBACK_SIGNATURE] = sign_callback(secret, letter.event_id, str(stamp), letter.body)
        body = letter.body + b" " if letter.signing == "altered" else letter.body
        try:
            answer = await self._http.ask("POST", letter.url, headers, body, seconds_max=ANSWER_SECONDS_MAX)
        except NoAnswer as none:
            return none.why
        return str(answer.status)
