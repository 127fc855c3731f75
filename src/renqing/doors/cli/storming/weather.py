"""The faults of a storm: what befalls a story between two of its statements, and a count of what really happened.

A story that is torn is what ``kill -9`` leaves: its connection is gone, nobody hears an answer, and every other task
of it dies at its next statement. A fault that never fires proves nothing, so each is counted when it fires.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from renqing.doors.cli.storming.baton import Baton, Observer, Player
from renqing.foundation import crash
from renqing.foundation.database import DatabaseAway

BETWEEN = "torn_between_two_statements"
BEFORE_COMMIT = "torn_before_commit"
AFTER_COMMIT = "torn_after_commit"
REPLY_LOST = "reply_of_commit_lost"
BACKEND_KILLED = "backend_killed"
STRIKES = (BETWEEN, BEFORE_COMMIT, AFTER_COMMIT, REPLY_LOST, BACKEND_KILLED)
_AT = {BEFORE_COMMIT: crash.COMMIT, AFTER_COMMIT: crash.COMMITTED, REPLY_LOST: crash.COMMITTED}
GONE_LOOKS_MAX = 2_000


class Torn(BaseException):
    """The process that told this story is dead. No handler of ours may catch it, as none outlives ``kill -9``."""


class AnswerLost(Exception):
    """A story was torn, or its answer did not come: whether it happened nobody knows."""


@dataclass(slots=True, eq=False)
class Deed(Player):
    """One story in flight, and the fault that is to befall it at its ``at``-th chance.

    A dead process leaves a dropped connection, which costs a new one 30 ms; PostgreSQL does the same when it is asked
    to roll back, so only some of the dead drop theirs.
    """

    fault: str = ""
    at: int = 1
    drops: bool = True
    chances: int = 0
    is_dead: bool = False
    has_fired: bool = False
    lost_pids: list[int] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    died: asyncio.Event = field(default_factory=asyncio.Event)


deed_now: ContextVar[Deed | None] = ContextVar("deed_now", default=None)


class Sky:
    """The ``Weather`` of this process. ``observer`` is a connection of its own, outside any pool."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.baton: Baton | None = None
        self.fired: Counter[str] = Counter()

    async def tell(self, deed: Deed, story: Callable[[], Awaitable[Any]]) -> Any:
        """What a story answers under this sky. Raises AnswerLost where nobody hears it; then nothing of it goes on."""
        token = deed_now.set(deed)
        try:
            return await (_told_or_dead(deed, story) if deed.fault else story())
        except DatabaseAway as away:
            raise AnswerLost from away
        except BaseException:
            if deed.is_dead:
                raise AnswerLost from None
            raise
        finally:
            deed_now.reset(token)
            await self.bury(deed)

    async def before(self, conn: Any, sql: str) -> None:
        """A statement of a deed comes up: let others go first, or strike."""
        deed = deed_now.get()
        if deed is None:
            return
        task = asyncio.current_task()
        if task is not None:
            deed.tasks.add(task)
        if self.baton is not None and not deed.is_dead:
            await self.baton.turn(deed, conn.get_server_pid())
        if deed.is_dead:
            self._cut(deed, conn)
            raise Torn
        if deed.fault and not deed.has_fired and self._is_now(deed, sql):
            await self._strike(deed, conn)

    def _is_now(self, deed: Deed, sql: str) -> bool:
        wanted = _AT.get(deed.fault)
        if (sql != wanted) if wanted else (sql in (crash.COMMIT, crash.COMMITTED)):
            return False
        deed.chances += 1
        return deed.chances >= deed.at

    async def _strike(self, deed: Deed, conn: Any) -> None:
        deed.has_fired = True
        self.fired[deed.fault] += 1
        if deed.fault == BACKEND_KILLED:
            deed.lost_pids.append(conn.get_server_pid())
            await self._observer.ask("SELECT pg_terminate_backend($1)", conn.get_server_pid())
            await self.until_gone(deed)
            return
        self._cut(deed, conn)
        if deed.fault == REPLY_LOST:
            raise ConnectionResetError("the reply of COMMIT is lost")
        deed.is_dead = True
        deed.died.set()
        raise Torn

    def _cut(self, deed: Deed, conn: Any) -> None:
        if deed.drops and not conn.is_closed():
            deed.lost_pids.append(conn.get_server_pid())
            conn.terminate()

    async def bury(self, deed: Deed) -> None:
        """Nothing of a dead deed goes on, and PostgreSQL has let go of what it held."""
        if deed.is_dead:
            left = {task for task in deed.tasks if not task.done() and task is not asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for task in deed.tasks - left:
                if task.done() and not task.cancelled():
                    task.exception()  # it was torn as well: nobody else will look
        await self.until_gone(deed)

    async def until_gone(self, deed: Deed) -> None:
        """PostgreSQL has noticed that these connections are gone: their transactions are rolled back."""
        for _ in range(GONE_LOOKS_MAX):
            if not deed.lost_pids or not await self._observer.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)", deed.lost_pids
            ):
                deed.lost_pids.clear()
                return
        raise AssertionError(f"backends {deed.lost_pids} do not end")


async def _told_or_dead(deed: Deed, story: Callable[[], Awaitable[Any]]) -> Any:
    """What the story answers. One that waits for a task of its own that is dead dies with it, as a process does."""
    telling = asyncio.ensure_future(story())
    dying = asyncio.create_task(deed.died.wait())
    await asyncio.wait({telling, dying}, return_when=asyncio.FIRST_COMPLETED)
    dying.cancel()
    if deed.is_dead:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return await telling
