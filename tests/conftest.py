"""What every test stands on: a real PostgreSQL of its own, cloned from a migrated template, and a clock that is set."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import uvloop
from floors import pytest_sessionfinish, pytest_terminal_summary

from renqing.foundation.clock import SetClock
from renqing.foundation.database import Database, open_pool
from renqing.foundation.ground import Ground
from renqing.foundation.ids import SeededIds
from renqing.foundation.migrate import migrate
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import Settings
from renqing.providers.postgres import EmbeddedPostgres

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]  # pytest calls them
TEMPLATE = "renqing_template"
KEPT_SERVER = "RENQING_TESTS_SERVER"
ROOM_BYTES_MIN = 4 * 1024**3
LONG_FILES = frozenset(
    {"test_histories.py", "test_rules.py", "test_access_swaps.py", "test_access.py", "test_pages.py"}
)
DEMO_DATA = Path(__file__).parents[1] / "src/renqing/journeys/demo"
_databases = count(1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TEST_KEYS = Keys({1: bytes(range(32))}, bytes(range(32, 64)))
# Durability is proven by its own tests on their own server; here a lost test database is no loss.
# A connection of a test is too young for plans by value to pay: without them a tenth less of the time of PostgreSQL.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "plan_cache_mode": "force_generic_plan",
}


# What takes long on a machine with neighbours is not wrong.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
if KEPT_SERVER in os.environ:  # whether a mutant fails is asked, not on which smallest example
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", phases=phases, deadline=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the house's own processes run on."""
    return {"uvloop": uvloop.new_event_loop}


def memory() -> Path | None:
    """Where files are kept in memory and there is room for a server: cloning a database takes a third of the time."""
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM_BYTES_MIN else None


def fixtures(item: pytest.Item) -> Collection[str]:
    """What a test asks for, itself or through others."""
    return getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that what runs beside them never waits for them at the end.

    A mutant is run until the first test that fails: those that need no database come first, those that make up
    examples last.
    """
    if KEPT_SERVER in os.environ:
        items.sort(key=lambda item: (hasattr(getattr(item, "obj", None), "hypothesis"), "postgres" in fixtures(item)))
    else:
        items.sort(key=lambda item: item.path.name not in LONG_FILES)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One server for the whole run, gone with it; or the one that tools/mutants keeps for its many short runs."""
    kept = os.environ.get(KEPT_SERVER)
    home = Path(kept or tempfile.mkdtemp(prefix="renqing-test-", dir=memory()))
    home.chmod(0o755)
    server = EmbeddedPostgres(home, settings=QUICK)
    server.start()
    try:
        asyncio.run(_ensure_template(server))
        yield server
    finally:
        if not kept:
            server.remove()
            shutil.rmtree(home, ignore_errors=True)


async def _ensure_template(server: EmbeddedPostgres) -> None:
    """A half-made template is never taken for a whole one: it is made beside and renamed."""
    admin = await asyncpg.connect(server.dsn())
    try:
        if await admin.fetchval("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", TEMPLATE):
            return
        await admin.execute("DROP DATABASE IF EXISTS half_made")
        await admin.execute("CREATE DATABASE half_made")
        await _make_template(server.dsn("half_made"))
        await admin.execute(f"ALTER DATABASE half_made RENAME TO {TEMPLATE}")
    finally:
        await admin.close()


async def _make_template(dsn: str) -> None:
    """Migrate, and keep only the counties whose streets tests and demo data name: 40,000 streets cost 0.4 s a clone."""
    await migrate(dsn)
    sources = [*Path(__file__).parent.rglob("*.py"), *DEMO_DATA.rglob("*.toml")]
    named = {
        int(code) // 1000 for file in sources for code in re.findall(r"\b[1-9][0-9]{8}\b", file.read_text("utf-8"))
    }
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("CREATE TABLE kept AS SELECT * FROM people_region WHERE level <= 3")
        await conn.execute(
            "INSERT INTO kept SELECT * FROM people_region WHERE level = 4 AND parent_code = ANY($1)", named
        )
        await conn.execute("TRUNCATE people_region CASCADE")
        await conn.execute("INSERT INTO people_region SELECT * FROM kept ORDER BY level, code")
        await conn.execute("DROP TABLE kept")
        await conn.execute("VACUUM FULL ANALYZE people_region")
    finally:
        await conn.close()


@asynccontextmanager
async def own_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database that nobody else has, gone after."""
    name = f"t{os.getpid()}_{next(_databases)}"
    admin = await asyncpg.connect(postgres.dsn())
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        yield postgres.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest_asyncio.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of this test alone."""
    async with own_database(postgres) as url:
        yield url


@asynccontextmanager
async def ground_on(database_url: str) -> AsyncIterator[Ground]:
    """The ground on a fresh database, at noon in Beijing on 23 November 2026."""
    pool = await open_pool(database_url, size=20)
    clock, ids = SetClock(NOON), SeededIds()
    settings = Settings(mode="test", database_url=database_url)
    try:
        yield Ground(db=Database(pool, clock, ids, TEST_KEYS), clock=clock, ids=ids, keys=TEST_KEYS, settings=settings)
    finally:
        pool.terminate()


@pytest_asyncio.fixture
async def ground(database_url: str) -> AsyncIterator[Ground]:
    """The ground of this test alone."""
    async with ground_on(database_url) as one:
        yield one
