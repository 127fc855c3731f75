"""Who goes next: concurrent stories on real locks, one statement at a time, in an order that a seed replays.

A story asks for the baton before each statement and has it until it asks again. One that waits for a lock of another
is seen to wait (``pg_blocking_pids``) and the baton goes on; when it is let in, it is waited for before the next
choice. So PostgreSQL decides what it always decides, and the order in which it is asked is the seed's.

Where several wait at once, who is let in first is PostgreSQL's to decide: a row that changed while two waited for it
goes to the quicker of them. Such ``crowds_seen`` are counted, since a replay may go on another way after one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from renqing.foundation.ids import Chance

T = TypeVar("T")
LOOK_AFTER_SECONDS = 0.004
STUCK_LOOKS_MAX = 5_000


class Observer:
    """A connection of its own that looks at the others, one question at a time."""

    def __init__(self, conn: asyncpg.Connection) -> None:
        self._conn = conn
        self._lock = asyncio.Lock()

    async def ask(self, sql: str, *values: Any) -> Any:
        """The first value that the statement answers."""
        async with self._lock:
            return await self._conn.fetchval(sql, *values)


@dataclass(slots=True, eq=False)
class Player:
    """A story that takes turns. ``pid`` is the backend that it last asked."""

    name: str
    pid: int = 0


class Baton:
    """Conducts a few stories at once."""

    def __init__(self, observer: Observer, chance: Chance) -> None:
        self._observer = observer
        self._chance = chance
        self._waiting: list[tuple[Player, asyncio.Future[None]]] = []
        self._running: set[Player] = set()
        self._blocked: set[Player] = set()
        self._moved = asyncio.Event()
        self.waits_seen = 0
        self.crowds_seen = 0

    async def turn(self, player: Player, pid: int) -> None:
        """Give the baton back and wait to have it again."""
        player.pid = pid
        await self._queue(player)

    async def _queue(self, player: Player) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((player, granted))
        self._running.discard(player)
        self._moved.set()
        await granted

    async def conduct(self, stories: list[tuple[Player, Callable[[], Awaitable[T]]]]) -> list[T]:
        """Run the stories to their ends; what each answers, in their order."""
        tasks = [asyncio.create_task(self._play(player, story)) for player, story in stories]
        order = {player: n for n, (player, _) in enumerate(stories)}
        self._running = {player for player, _ in stories}
        while not all(task.done() for task in tasks):
            await self._until_still()
            if self._waiting:
                self._waiting.sort(key=lambda item: order[item[0]])
                player, granted = self._waiting.pop(self._chance.randrange(len(self._waiting)))
                self._running.add(player)
                granted.set_result(None)
        return [task.result() for task in tasks]

    async def _play(self, player: Player, story: Callable[[], Awaitable[T]]) -> T:
        try:
            await self._queue(player)
            return await story()
        finally:
            self._running.discard(player)
            self._moved.set()

    async def _until_still(self) -> None:
        """Return once everybody who had the baton has given it back, ended, or waits for a lock."""
        for look in range(STUCK_LOOKS_MAX):
            self._moved.clear()
            if not self._running:
                return
            seen_waiting = self._running <= self._blocked or look > 0
            if seen_waiting and await self._all_wait() and self._waiting:
                return
            if not self._moved.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AFTER_SECONDS):
                        await self._moved.wait()
        raise AssertionError(f"{[player.name for player in self._running]} neither end nor wait for a lock")

    async def _all_wait(self) -> bool:
        """Whether every running story waits for a lock of another."""
        pids = [player.pid for player in self._running]
        blocked = await self._observer.ask(
            "SELECT count(*) FROM unnest($1::int[]) AS t(pid) WHERE cardinality(pg_blocking_pids(pid)) > 0", pids
        )
        is_so = bool(pids) and blocked == len(pids)
        self._blocked = set(self._running) if is_so else set()
        self.waits_seen += is_so
        self.crowds_seen += is_so and len(pids) > 1
        return is_so
