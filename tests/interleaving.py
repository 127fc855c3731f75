"""Races made exact on real locks and without a sleep: one side is held until the other is seen to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from renqing.foundation.database import Database, Tx

T = TypeVar("T")
LOOKS_MAX = 20_000

_WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"""


async def until_blocked(db: Database, waiting: int = 1) -> None:
    """Return once this many transactions of the database wait for a lock of another."""
    for _ in range(LOOKS_MAX):
        if await db.fetchval(_WAITING) >= waiting:
            return
    raise AssertionError(f"nobody waits: fewer than {waiting} transactions are blocked")


@asynccontextmanager
async def holding(db: Database, sql: str, *values: Any) -> AsyncIterator[None]:
    """What this statement locks is locked for as long as the block lasts; then it is let go."""
    async with db.pool.acquire() as conn, conn.transaction():
        await conn.execute(sql, *values)
        yield


async def one_after_the_other(
    db: Database, lock: tuple[str, Any], first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[T]]
) -> list[T | BaseException]:
    """Both wait for one row, ``first`` in front; then the row is let go and both finish. Answers or what was raised.

    PostgreSQL lets those who wait for a row in one by one, in the order in which they came.
    """
    sql, value = lock
    async with holding(db, sql, value):
        one = asyncio.ensure_future(first())
        await until_blocked(db, 1)
        other = asyncio.ensure_future(second())
        await until_blocked(db, 2)
    return await asyncio.gather(one, other, return_exceptions=True)


class Paused:
    """A transaction that stops before its commit until it is told to go on."""

    def __init__(self, db: Database, story: Callable[[Tx], Coroutine[Any, Any, Any]]) -> None:
        self._told = asyncio.Event()
        self._go = asyncio.Event()
        self._done = asyncio.create_task(self._run(db, story))

    async def _run(self, db: Database, story: Callable[[Tx], Coroutine[Any, Any, Any]]) -> Any:
        async def paused(tx: Tx) -> Any:
            answer = await story(tx)
            self._told.set()
            await self._go.wait()
            return answer

        return await db.run(paused)

    async def before_commit(self) -> None:
        """Return once everything is written and nothing is committed."""
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait({told, self._done}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if self._done.done():
            self._done.result()

    async def commit(self) -> Any:
        """Go on, and answer what the story answered."""
        self._go.set()
        return await self._done
