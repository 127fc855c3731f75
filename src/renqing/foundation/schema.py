"""Whether a database has the schema that this code needs: asked at every start, without what it takes to mend it."""

from __future__ import annotations

from pathlib import Path

import asyncpg

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest_step() -> str:
    """The number of the last step: steps are files that begin with their number, each after the one before."""
    return max(file.name.split("_", 1)[0] for file in VERSIONS.glob("[0-9]*_*.py"))


async def is_up_to_date(conn: asyncpg.Connection) -> bool:
    """Whether the last step was run here, and what every installation has alike is there."""
    if await conn.fetchval("SELECT to_regclass('alembic_version')") is None:
        return False
    done = [row["version_num"] for row in await conn.fetch("SELECT version_num FROM alembic_version")]
    return done == [newest_step()] and bool(await conn.fetchval("SELECT EXISTS (SELECT 1 FROM people_region)"))


async def pending(dsn: str) -> bool:
    """Whether ``migrate`` has something to do on this database."""
    conn = await asyncpg.connect(dsn)
    try:
        return not await is_up_to_date(conn)
    finally:
        await conn.close()


async def has_people(dsn: str) -> bool:
    """Whether anybody lives here whose sealed fields need the keys they were sealed with."""
    conn = await asyncpg.connect(dsn)
    try:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT 1 FROM people_person)"))
    finally:
        await conn.close()
