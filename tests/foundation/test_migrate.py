"""The schema's history, on databases that begin empty."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from renqing.foundation import migrate as migrating
from renqing.foundation.migrate import ServerTooOld, migrate, pending
from renqing.foundation.schema import newest_step
from renqing.providers.postgres import EmbeddedPostgres


@pytest_asyncio.fixture
async def empty(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"empty_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(postgres.dsn())
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        yield postgres.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def ask(dsn: str, sql: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(sql)
    finally:
        await conn.close()


async def test_four_migrators_at_once_do_it_once(empty: str):
    assert await pending(empty)
    await asyncio.gather(*(migrate(empty) for _ in range(4)))
    assert not await pending(empty)
    assert await ask(empty, "SELECT string_agg(version_num, ',') FROM alembic_version") == newest_step()
    await migrate(empty)
    assert await ask(empty, "SELECT count(*) FROM people_region WHERE level = 4") == 41_278


async def test_every_street_has_its_county_city_and_province(empty: str):
    await migrate(empty)
    broken = """SELECT count(*) FROM people_region r LEFT JOIN people_region p ON p.code = r.parent_code
                WHERE (r.level = 1) <> (r.parent_code IS NULL) OR p.level <> r.level - 1 OR r.name = ''"""
    assert await ask(empty, broken) == 0
    childless = """SELECT count(*) FROM people_region r
                   WHERE level < 4 AND NOT EXISTS (SELECT 1 FROM people_region c WHERE c.parent_code = r.code)"""
    assert await ask(empty, childless) == 0
    path = """SELECT concat_ws(' ', a.name, b.name, c.name, d.name) FROM people_region d
              JOIN people_region c ON c.code = d.parent_code JOIN people_region b ON b.code = c.parent_code
              JOIN people_region a ON a.code = b.parent_code WHERE d.code = 110101001"""
    assert await ask(empty, path) == "北京市 北京市 东城区 东华门街道"


async def test_a_step_that_breaks_leaves_nothing_and_can_be_run_again(empty: str):
    await ask(empty, "CREATE TABLE people_shop (planted int)")
    with pytest.raises(Exception, match="people_shop"):
        await migrate(empty)
    assert await ask(empty, "SELECT to_regclass('once_answer')::text") is None
    assert await pending(empty)
    await ask(empty, "DROP TABLE people_shop")
    await migrate(empty)
    assert not await pending(empty)


async def test_a_step_behind_a_long_transaction_gives_up_in_its_time_and_writers_go_on(
    empty: str, monkeypatch: pytest.MonkeyPatch
):
    await migrate(empty)
    # The step to come wants a table that a long transaction has read; whoever writes to it waits behind the step.
    await ask(empty, "UPDATE alembic_version SET version_num = 'before'")
    monkeypatch.setattr(migrating, "_upgrade", run_the_step)
    monkeypatch.setattr(migrating, "WAIT_FOR_TABLE", "500ms")
    long_one = await asyncpg.connect(empty)
    try:
        reading = long_one.transaction()
        await reading.start()
        await long_one.fetchval("SELECT count(*) FROM stock_item")
        step = asyncio.create_task(migrate(empty))
        await waits_for_a_lock(empty)
        writer = asyncio.create_task(ask(empty, "DELETE FROM stock_item WHERE sku_id = 1"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.wait_for(step, 20)
        await asyncio.wait_for(writer, 20)  # while the long one still reads
        assert await ask(empty, COLUMN) == 0
        await reading.rollback()
    finally:
        await long_one.close()
    await migrate(empty)
    assert await ask(empty, COLUMN) == 1


STEP = "ALTER TABLE stock_item ADD COLUMN of_the_next_release text"
COLUMN = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'of_the_next_release'"


def run_the_step(connection: Connection) -> None:
    connection.exec_driver_sql(STEP)
    connection.commit()


async def waits_for_a_lock(dsn: str) -> None:
    """Come back once the step waits: it asks for the whole table, and all who come later stand behind it."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    for _ in range(20_000):
        if await ask(dsn, waiting):
            return
        await asyncio.sleep(0)
    raise AssertionError("the step never waited")


async def test_regions_that_are_gone_are_filled_again(empty: str):
    await migrate(empty)
    await ask(empty, "TRUNCATE people_region CASCADE")
    assert await pending(empty)
    await migrate(empty)
    assert not await pending(empty)


async def test_a_server_that_is_too_old_is_refused(empty: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrating, "OLDEST_SERVER", 990_000)
    with pytest.raises(ServerTooOld, match="99 or newer"):
        await migrate(empty)
    assert await ask(empty, "SELECT to_regclass('alembic_version')::text") is None
