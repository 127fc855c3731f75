"""Bring a database's schema to what this code needs, and fill the tables that every installation has alike.

Any number of processes may ask at once: an advisory lock on a connection of its own lets one through at a time,
and is gone with that connection whatever happens. Each step is one transaction, so a step is done or not begun.
"""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from renqing.foundation.schema import is_up_to_date, pending
from renqing.foundation.starting import CannotStart

__all__ = ["ServerTooOld", "migrate", "pending"]

FOLDER = Path(__file__).parent / "migrations"
REGIONS = FOLDER / "data" / "regions.csv.gz"
ONE_MIGRATOR = 7_201_984_113  # the advisory lock's number: only this file uses it
WAIT_FOR_MIGRATOR = "300s"
WAIT_FOR_TABLE = "5s"  # a step waits behind a long transaction no longer, since all who come later wait behind the step
OLDEST_SERVER = 150_000


class ServerTooOld(CannotStart):
    """The database is older than PostgreSQL 15."""


async def migrate(dsn: str) -> None:
    """Run the steps that are missing. A database that is up to date is left as it is. Raises ServerTooOld."""
    async with _one_at_a_time(dsn) as conn:
        if not await is_up_to_date(conn):
            await _run_steps(dsn)
            await _fill_regions(conn)


@asynccontextmanager
async def _one_at_a_time(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(dsn, server_settings={"lock_timeout": WAIT_FOR_MIGRATOR})
    try:
        server = int(await conn.fetchval("SHOW server_version_num"))
        if server < OLDEST_SERVER:
            raise ServerTooOld(
                f"this is PostgreSQL {server // 10_000}; Renqing needs {OLDEST_SERVER // 10_000} or newer"
            )
        await conn.execute("SELECT pg_advisory_lock($1)", ONE_MIGRATOR)
        yield conn
    finally:
        await conn.close()


async def _run_steps(dsn: str) -> None:
    async def connect(*_ignored: Any, **_also: Any) -> asyncpg.Connection:
        return await asyncpg.connect(dsn, server_settings={"lock_timeout": WAIT_FOR_TABLE, "timezone": "UTC"})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _fill_regions(conn: asyncpg.Connection) -> None:
    """The divisions of China down to the street, where the table is empty."""
    if await conn.fetchval("SELECT EXISTS (SELECT 1 FROM people_region)"):
        return
    lines = await asyncio.to_thread(lambda: gzip.decompress(REGIONS.read_bytes()))
    await conn.copy_to_table(
        "people_region", source=io.BytesIO(lines), columns=["code", "parent_code", "level", "name"], format="csv"
    )
