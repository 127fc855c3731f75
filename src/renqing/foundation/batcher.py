"""Concurrent calls made into one set-based statement, without a timer.

A leader takes what waits while the former batch is in flight and runs it as one; an idle system waits for
nothing. A call that breaks its batch is run again alone, so it hurts nobody else. Two calls with the same
``key`` never share a batch: the second goes with the next and meets the first one's answer.

Where those who wait would only wait again inside their batch, for another process's, ``turn`` waits first: whoever
comes meanwhile goes with them (``foundation/turns.py``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import islice
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


class BatcherFull(Exception):
    """More calls wait than ``waiting_max``: the caller is told to come back later."""


class Batcher(Generic[Ask, Answer]):
    """Runs ``work(asks) -> answers``, one answer an ask in order; an answer that is an exception is raised."""

    def __init__(
        self,
        work: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer | Exception]]],
        *,
        key: Callable[[Ask], Hashable | None] = lambda _ask: None,
        batch_max: int = 512,
        waiting_max: int = 20_000,
        in_flight_max: int = 1,
        turn: Callable[[Sequence[Ask]], AbstractAsyncContextManager[None]] = lambda _waiting: nullcontext(),
    ) -> None:
        self._work = work
        self._key = key
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._in_flight_max = in_flight_max
        self._turn = turn
        self._in_flight = 0
        self._waiting: deque[tuple[Ask, asyncio.Future[Answer]]] = deque()
        self._leaders: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many calls wait for the next batch."""
        return len(self._waiting)

    async def ask(self, ask: Ask) -> Answer:
        """The answer to this ask. A caller that goes away does not take the ask back: a repeat meets its answer."""
        if len(self._waiting) >= self._waiting_max:
            raise BatcherFull
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, future))
        if self._in_flight < self._in_flight_max:
            self._in_flight += 1
            leader = asyncio.create_task(self._lead())
            self._leaders.add(leader)
            leader.add_done_callback(self._leaders.discard)
        return await future

    async def _lead(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # one turn of the loop lets the calls of this tick join
                async with self._turn([ask for ask, _ in islice(self._waiting, self._batch_max)]):
                    batch = self._take()
                    if batch:
                        await self._run(batch)
        finally:
            self._in_flight -= 1

    def _take(self) -> list[tuple[Ask, asyncio.Future[Answer]]]:
        batch: list[tuple[Ask, asyncio.Future[Answer]]] = []
        later: list[tuple[Ask, asyncio.Future[Answer]]] = []
        keys: set[Hashable] = set()
        while self._waiting and len(batch) < self._batch_max:
            item = self._waiting.popleft()
            key = self._key(item[0])
            if key is not None and key in keys:
                later.append(item)
                continue
            keys.add(key)
            batch.append(item)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _run(self, batch: list[tuple[Ask, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([ask for ask, _ in batch])
            assert len(answers) == len(batch), "one answer an ask"
        except Exception as failure:  # noqa: BLE001 - whatever broke the batch reaches the caller it belongs to
            if len(batch) == 1:
                _settle(batch[0][1], failure)
                return
            for item in batch:
                await self._run([item])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            _settle(future, answer)


def each_once(
    answer: Callable[[Ask], Awaitable[Answer]],
) -> Callable[[Sequence[Ask]], Awaitable[list[Answer | Exception]]]:
    """Work for a batcher of readings: equal asks are answered by one reading, different ones are read side by side.

    Nobody is answered from a reading that began before they asked, so what a person just wrote is there.
    """

    async def work(asks: Sequence[Ask]) -> list[Answer | Exception]:
        different = list(dict.fromkeys(asks))
        read = await asyncio.gather(*map(answer, different), return_exceptions=True)
        answers = dict(zip(different, read, strict=True))
        return [_no_worse(answers[ask]) for ask in asks]

    return work


def _no_worse(answer: Answer | BaseException) -> Answer | Exception:
    if isinstance(answer, BaseException) and not isinstance(answer, Exception):
        raise answer
    return answer


def _settle(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
