from __future__ import annotations

import asyncio

import asyncpg
import pytest
from interleaving import Paused, until_blocked

from renqing.foundation import database
from renqing.foundation.database import (
    RETRIES_MAX,
    STATEMENTS_MAX,
    Database,
    DatabaseAway,
    TooBusy,
    Tx,
    next_node,
    open_pool,
)
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground

COUNT = "SELECT offset_seconds FROM foundation_clock"
ADD = """INSERT INTO foundation_clock (offset_seconds) VALUES (1)
         ON CONFLICT (only_row) DO UPDATE SET offset_seconds = foundation_clock.offset_seconds + 1"""


async def test_a_transaction_is_kept_when_it_ends_and_gone_when_it_raises(ground: Ground):
    await ground.db.run(lambda tx: tx.execute(ADD))

    async def refuses(tx: Tx) -> None:
        await tx.execute(ADD)
        raise NotNow

    with pytest.raises(NotNow):
        await ground.db.run(refuses)
    assert await ground.db.fetchval(COUNT) == 1


async def test_the_time_and_the_actor_of_a_transaction_are_read_once(ground: Ground):
    async def story(tx: Tx) -> tuple[object, object, int]:
        before = tx.now
        ground.clock.move(ground.clock.now() - tx.now)  # type: ignore[attr-defined]
        return before, tx.now, tx.actor

    before, after, actor = await ground.db.run(story, actor=5)
    assert before == after
    assert actor == 5


async def test_a_deadlock_is_broken_and_the_story_told_again(ground: Ground):
    """Two stories lock two rows in opposite order: PostgreSQL breaks one, which is repeated, and both happen once."""
    await ground.db.pool.execute(
        "CREATE TABLE scratch (id int PRIMARY KEY, n int); INSERT INTO scratch VALUES (1, 0), (2, 0)"
    )
    tries: list[int] = []

    def story(first: int, second: int, other_is_in: asyncio.Event, in_: asyncio.Event):
        async def tell(tx: Tx) -> None:
            tries.append(first)
            await tx.execute("SET LOCAL deadlock_timeout = '10ms'")
            await tx.execute("UPDATE scratch SET n = n + 1 WHERE id = $1", first)
            in_.set()
            await other_is_in.wait()
            await tx.execute("UPDATE scratch SET n = n + 1 WHERE id = $1", second)

        return tell

    one, two = asyncio.Event(), asyncio.Event()
    await asyncio.gather(ground.db.run(story(1, 2, two, one)), ground.db.run(story(2, 1, one, two)))
    assert [tuple(row.values()) for row in await ground.db.fetch("SELECT * FROM scratch ORDER BY id")] == [
        (1, 2),
        (2, 2),
    ]
    assert len(tries) == 3


async def test_a_story_that_deadlocks_for_ever_ends_with_too_busy(ground: Ground):
    tries = 0

    async def story(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'deadlock_detected'; END $$")

    with pytest.raises(TooBusy):
        await ground.db.run(story)
    assert tries == RETRIES_MAX


async def test_a_fault_of_ours_is_not_repeated(ground: Ground):
    tries = 0

    async def story(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await ground.db.run(story)
    assert tries == 1


async def test_a_backend_that_dies_in_a_story_is_the_database_being_away_and_nothing_is_kept(ground: Ground):
    async def story(tx: Tx) -> None:
        await tx.execute(ADD)
        await ground.db.pool.execute("SELECT pg_terminate_backend($1)", tx.conn.get_server_pid())
        await tx.execute(ADD)

    with pytest.raises(DatabaseAway):
        await ground.db.run(story)
    assert await ground.db.fetchval(COUNT) is None
    await ground.db.run(lambda tx: tx.execute(ADD))
    assert await ground.db.fetchval(COUNT) == 1


async def test_a_connection_that_broke_half_way_is_the_database_being_away(ground: Ground):
    """Found by killing PostgreSQL under load: the next story on such a connection was a fault of ours, and a 500."""

    async def story(tx: Tx) -> None:
        await tx.execute(ADD)
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    with pytest.raises(DatabaseAway):
        await ground.db.run(story)
    assert await ground.db.fetchval(COUNT) is None


async def test_a_database_that_is_not_there_is_away(ground: Ground):
    pool = asyncpg.create_pool("postgresql://127.0.0.1:1/none", min_size=0, timeout=2)
    away = Database(pool, ground.clock, ground.ids, ground.keys)
    async with pool:
        for ask in (away.fetch, away.fetchrow, away.fetchval):
            with pytest.raises(DatabaseAway):
                await ask("SELECT 1")
        with pytest.raises(DatabaseAway):
            await away.run(lambda tx: tx.execute(ADD))
        with pytest.raises(DatabaseAway):
            async with away.snapshot(seconds_max=1):
                pass


async def test_what_waits_for_a_lock_sees_what_was_committed_meanwhile(ground: Ground):
    await ground.db.run(lambda tx: tx.execute(ADD))
    first = Paused(ground.db, lambda tx: tx.execute(ADD))
    await first.before_commit()
    second = asyncio.ensure_future(ground.db.run(lambda tx: tx.execute(ADD)))
    await until_blocked(ground.db)
    await first.commit()
    await second
    assert await ground.db.fetchval(COUNT) == 3


async def test_no_session_state_survives_a_transaction(ground: Ground, database_url: str):
    pool = await open_pool(database_url, size=1)
    try:
        db = Database(pool, ground.clock, ground.ids, ground.keys)
        async with db.snapshot(seconds_max=5) as still:
            assert await still.fetchval("SHOW transaction_read_only") == "on"
        assert await db.fetchval("SHOW transaction_read_only") == "off"
        assert await db.fetchval("SHOW work_mem") != "128MB"
    finally:
        pool.terminate()


async def test_every_process_gets_a_number_of_its_own(ground: Ground):
    numbers = [await next_node(ground.db.pool) for _ in range(1_100)]
    assert len(set(numbers)) == 1_024
    assert numbers[1_024:] == numbers[:76], "they come round again when all were given"


async def test_a_new_connection_knows_the_arrays_that_statements_are_given(ground: Ground):
    said: list[str] = []
    async with ground.db.pool.acquire() as conn:
        with conn.query_logger(lambda record: said.append(record.query)):
            for kind in ("bigint", "int", "smallint", "bool", "bytea", "timestamptz", "text"):
                await conn.fetchval(f"SELECT $1::{kind}[] IS NULL", [])
    assert len(said) == 7, "nothing was looked up on the way"


async def test_only_the_first_connection_of_a_process_asks_what_arrays_are(
    ground: Ground, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    said: list[str] = []
    prepare = database._prepare_connection

    async def listened(conn: asyncpg.Connection) -> None:
        with conn.query_logger(lambda record: said.append(record.query)):
            await prepare(conn)

    monkeypatch.setattr(database, "_prepare_connection", listened)
    pool = await open_pool(database_url, size=1)
    try:
        assert [query for query in said if "pg_attribute" in query] == []
        assert await pool.fetchval("SELECT $1::bigint[]", [7, 8]) == [7, 8]
    finally:
        pool.terminate()
    assert said, "it was listened to"


async def test_what_a_house_asks_stays_prepared(ground: Ground, database_url: str):
    pool = await open_pool(database_url, size=1)
    try:
        async with pool.acquire() as conn:
            for number in range(STATEMENTS_MAX + 1):
                await conn.fetchval(f"SELECT {number}")
            kept = await conn.fetch("SELECT 1 FROM pg_prepared_statements WHERE statement ~ '^SELECT [0-9]+$'")
        assert len(kept) == STATEMENTS_MAX - 1, "this one counts too"
        assert pool._connect_kwargs["max_cached_statement_lifetime"] == 0, "for as long as the connection lives"
    finally:
        await pool.close()
