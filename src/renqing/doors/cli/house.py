"""What every command needs of an installation: its database, its keys, and a ground to stand on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import msgspec

from renqing.doors.cli.plain import ending, keys_or_end, words
from renqing.doors.cli.roof import Roof
from renqing.doors.cli.terminal import refuse
from renqing.foundation.clock import SystemClock
from renqing.foundation.database import Database, next_node, open_pool
from renqing.foundation.demo_clock import follow_demo_clock
from renqing.foundation.ground import Ground
from renqing.foundation.ids import NodeIds
from renqing.foundation.schema import pending
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import PREFIX, Settings
from renqing.foundation.starting import CannotStart

DATABASE = "renqing"
COMMAND_POOL_SIZE = 4


def known_keys(settings: Settings) -> Keys:
    """The keys of this installation; ends the command where they are missing or malformed."""
    return keys_or_end(settings, refuse)


@contextmanager
def database_of(settings: Settings, roof: Roof) -> Iterator[str]:
    """How to reach the database. An embedded server that nobody runs is run for as long as the block lasts."""
    if settings.database_url:
        yield settings.database_url
        return
    postgres = roof.postgres(settings.home_path)
    was_running = postgres.is_ready()
    postgres.start()
    try:
        postgres.ensure_database(DATABASE)
        yield postgres.dsn(DATABASE)
    finally:
        if not was_running:
            postgres.stop()


@asynccontextmanager
async def ground_on(dsn: str, settings: Settings, keys: Keys, *, only_reads: bool = False) -> AsyncIterator[Ground]:
    """A ground on this database, with the house's clock as the demo may have moved it.

    One that ``only_reads`` asks for no number of its own, so that a database that cannot be written to serves too;
    ids that it makes are not unique.
    """
    pool = await open_pool(dsn, size=COMMAND_POOL_SIZE)
    try:
        clock, ids = SystemClock(), NodeIds(0 if only_reads else await next_node(pool))
        ground = Ground(Database(pool, clock, ids, keys), clock, ids, keys, settings)
        await follow_demo_clock(ground)
        yield ground
    finally:
        await pool.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """These settings as the variables that ``read_settings`` reads: what children are started with."""
    fields = msgspec.structs.asdict(settings)
    policy = msgspec.structs.asdict(fields.pop("policy"))
    named = {**fields, **{f"policy_{name}": value for name, value in policy.items()}}
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in named.items()}


def run_missing_steps(settings: Settings, dsn: str) -> None:
    """Run the missing steps, in a process of their own: this one lives long and stays small. Raises CannotStart."""
    try:
        if not asyncio.run(pending(dsn)):
            return
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
        raise CannotStart(words("cli.database_away", why=away)) from away
    done = subprocess.run(
        [sys.executable, "-m", "renqing", "migrate"],
        env={**os.environ, **environment_of(settings), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        killed = words("cli.up.step_ended", step="renqing migrate", status=ending(done.returncode))
        raise CannotStart(done.stdout.strip() or killed)
