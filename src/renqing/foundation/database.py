"""PostgreSQL: the pool, transactions, and the only commits of the house.

A journey opens one transaction with ``Database.run``, which repeats it a bounded number of times when
PostgreSQL breaks a deadlock, and lets a lost connection surface as ``DatabaseAway``. The pool's reset is a
no-op (a reset costs a round trip a release), so nothing may leave session state behind: ``SET LOCAL`` only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import asyncpg
import msgspec

from renqing.foundation import crash
from renqing.foundation.clock import Clock
from renqing.foundation.errors import NotNow, NotValid
from renqing.foundation.ids import Ids
from renqing.foundation.secrets import Keys

T = TypeVar("T")
Row = asyncpg.Record

RETRIES_MAX = 5
CONNECT_SECONDS_MAX = 5  # a server that takes a connection and says nothing is away, not slow
COMMAND_SECONDS_MAX = 30
TURN_SECONDS_MAX = 2
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('turn:' || $1, 18))"
SNAPSHOT_WORK_MEM = "128MB"  # a snapshot adds up whole tables: it should not spill to disk at a million rows
NOBODY = 0  # the actor of what the house does by itself
_DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke half way and has not noticed yet
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # its disk is full, it has no memory or no connection left: later
    ConnectionError,
    OSError,
)
_NOT_KEPT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_WORTH_REPEATING = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class DatabaseAway(NotNow):
    """PostgreSQL does not answer. Whether a write in flight was kept is unknown: repeat it with its key."""

    code = "database_away"


class TooBusy(NotNow):
    """PostgreSQL broke this journey's deadlock more often than we repeat it."""

    code = "too_busy"


class TextNotKept(NotValid):
    """A text holds a character that PostgreSQL does not keep: NUL, or half a surrogate pair. Nothing was written."""

    code = "text_not_kept"


@contextmanager
def _told_apart() -> Iterator[None]:
    """PostgreSQL is away, or a text cannot be kept; any other argument that does not fit is our own fault."""
    try:
        yield
    except _DATABASE_AWAY as away:
        raise DatabaseAway from away
    except asyncpg.DataError as unfit:
        if isinstance(unfit, _NOT_KEPT) or isinstance(unfit.__cause__, UnicodeEncodeError):
            raise TextNotKept from unfit
        raise


@dataclass(slots=True)
class Tx:
    """One open transaction: what actions and stores are given first. ``now`` is read once a journey."""

    conn: asyncpg.pool.PoolConnectionProxy
    now: datetime
    ids: Ids
    keys: Keys
    actor: int = NOBODY

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        if crash.weather is not None:
            await crash.weather.before(self.conn, sql)
        return await self.conn.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Row | None:
        if crash.weather is not None:
            await crash.weather.before(self.conn, sql)
        return await self.conn.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        if crash.weather is not None:
            await crash.weather.before(self.conn, sql)
        return await self.conn.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        if crash.weather is not None:
            await crash.weather.before(self.conn, sql)
        return await self.conn.execute(sql, *values)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if crash.weather is not None:
            await crash.weather.before(self.conn, sql)
        await self.conn.executemany(sql, rows)


@dataclass(slots=True)
class Snapshot:
    """Everything as it stood at one instant, for long readings. Nothing can be written through it."""

    conn: asyncpg.pool.PoolConnectionProxy
    seconds_max: float

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        return await self.conn.fetch(sql, *values, timeout=self.seconds_max)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        return await self.conn.fetchval(sql, *values, timeout=self.seconds_max)


class Database:
    """A pool on one PostgreSQL database, and the way journeys write to it."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, ids: Ids, keys: Keys) -> None:
        self.pool = pool
        self._clock = clock
        self._ids = ids
        self._keys = keys

    @asynccontextmanager
    async def transaction(self, actor: int = NOBODY) -> AsyncIterator[Tx]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        async with self.pool.acquire() as conn:
            async with conn.transaction():
                yield Tx(conn, self._clock.now(), self._ids, self._keys, actor)
                crash.point("before_commit")
                if crash.weather is not None:
                    await crash.weather.before(conn, crash.COMMIT)
            crash.point("after_commit")
            if crash.weather is not None:
                await crash.weather.before(conn, crash.COMMITTED)

    async def run(self, story: Callable[[Tx], Awaitable[T]], *, actor: int = NOBODY) -> T:
        """Run one transaction and return its answer after the commit. Repeats it after a deadlock, bounded."""
        for attempt in range(RETRIES_MAX):
            try:
                with _told_apart():
                    async with self.transaction(actor) as tx:
                        return await story(tx)
            except _WORTH_REPEATING:
                await asyncio.sleep(0.005 * 2**attempt)
        raise TooBusy

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait until nobody, in whatever process, has the turn of this name any more; it is ours until the block ends.

        A courtesy, not a lock: who waited ``TURN_SECONDS_MAX`` goes on without it, and so does everybody while the
        database is away. Nothing may be true because of a turn.
        """
        async with AsyncExitStack() as ours:
            try:
                conn = await ours.enter_async_context(self.pool.acquire())
                await ours.enter_async_context(conn.transaction())
                await conn.execute(_TURN, name, timeout=TURN_SECONDS_MAX)
            except (*_DATABASE_AWAY, TimeoutError):
                await _leave(ours)
            try:
                yield
            finally:
                await _leave(ours)

    @asynccontextmanager
    async def snapshot(self, *, seconds_max: float) -> AsyncIterator[Snapshot]:
        """One unmoving picture of everything while others write on; each reading may take ``seconds_max``."""
        try:
            async with (
                self.pool.acquire() as conn,
                conn.transaction(isolation="repeatable_read", readonly=True),
            ):
                await conn.execute(f"SET LOCAL work_mem = '{SNAPSHOT_WORK_MEM}'")
                yield Snapshot(conn, seconds_max)
        except _DATABASE_AWAY as away:
            raise DatabaseAway from away

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """Read rows outside a transaction: views."""
        with _told_apart():
            return await self.pool.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Row | None:
        """Read one row outside a transaction: views."""
        with _told_apart():
            return await self.pool.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """Read one value outside a transaction: views."""
        with _told_apart():
            return await self.pool.fetchval(sql, *values)


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _leave(held: AsyncExitStack) -> None:
    """Give back what is held; what the database lost it has given back already."""
    with suppress(*_DATABASE_AWAY):
        await held.aclose()


async def _no_reset(_conn: Any) -> None:
    """Leave a released connection as it is."""


_BUILT_IN_BELOW = 16_384  # FirstNormalObjectId: types below have the same number in every database


class _Connection(asyncpg.Connection):
    """Asks what PostgreSQL's own arrays are once a process, and not once a connection, at 10 ms of the server each."""

    _told: ClassVar[dict[tuple[int, ...], Any]] = {}

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:  # noqa: ASYNC109
        asked = tuple(sorted(typeoids))
        told = self._told.get(asked)
        if told is None:
            told = await super()._introspect_types(asked, timeout)  # type: ignore[misc]
            if all(oid < _BUILT_IN_BELOW for oid in asked):
                self._told[asked] = told
        return told


# Each array is asked for when a connection first meets it: all at once here, so that they are one question. It is run,
# since a statement that is only prepared leaves the connection in a transaction that nobody began.
_ARRAYS = "SELECT $1::bigint[], $2::int[], $3::smallint[], $4::bool[], $5::bytea[], $6::timestamptz[]"


async def _prepare_connection(conn: asyncpg.Connection) -> None:
    await conn.set_type_codec(
        "jsonb", encoder=_encode_json, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )
    await conn.fetchrow(_ARRAYS, [], [], [], [], [], [])


# A server asks some 310 different statements in all tours, a worker 100. What is asked stays prepared: with asyncpg's
# 100 for five minutes, 18 % of a tour's statements were prepared and planned anew; with these 8 %, each connection's
# first time. A connection that has met 300 takes 17 MB of PostgreSQL, one with 100 takes 12.
STATEMENTS_MAX = 400


async def open_pool(dsn: str, *, size: int) -> asyncpg.Pool:
    """A pool of up to ``size`` connections to ``dsn``, opened as they are needed."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        reset=_no_reset,
        init=_prepare_connection,
        connection_class=_Connection,
        timeout=CONNECT_SECONDS_MAX,
        command_timeout=COMMAND_SECONDS_MAX,
        max_inactive_connection_lifetime=0,
        statement_cache_size=STATEMENTS_MAX,
        max_cached_statement_lifetime=0,
        server_settings={"timezone": "UTC", "idle_in_transaction_session_timeout": "60000", "jit": "off"},
    )


async def next_node(pool: asyncpg.Pool) -> int:
    """A number for this process's ids that no other living process of this database has."""
    return int(await pool.fetchval("SELECT nextval('foundation_node')"))
