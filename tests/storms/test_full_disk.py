"""A disk that is full: writes are refused as the database being away, reads go on, and no restart is needed after."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from conftest import NOON, TEST_KEYS, _make_template
from town import Town, build_town, place

from renqing.books import stock
from renqing.foundation.clock import SetClock
from renqing.foundation.database import Database, DatabaseAway, open_pool
from renqing.foundation.ground import Ground
from renqing.foundation.ids import SeededIds
from renqing.foundation.settings import Settings
from renqing.providers.postgres import EmbeddedPostgres
from renqing.views.check import check

DISK = "300m"
WRITES_MAX = 4_000
WHY_NOT = "a disk of its own is a tmpfs, and mounting one takes root on Linux"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason=WHY_NOT),
]


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small file system of the server's own."""
    home = Path(tempfile.mkdtemp(prefix="renqing-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(home)], capture_output=True, check=False
    )
    if mounted.returncode:
        home.rmdir()
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    home.chmod(0o755)
    try:
        yield home
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)
        home.rmdir()


@pytest.fixture
async def ground(disk: Path) -> AsyncIterator[Ground]:
    # Its log is as long as it will be from the start, as on a disk that somebody looks after.
    server = EmbeddedPostgres(disk, settings={"min_wal_size": "'64MB'", "max_wal_size": "'64MB'"})
    server.start()
    try:
        server.ensure_database("full")
        await _make_template(server.dsn("full"))
        pool = await open_pool(server.dsn("full"), size=4)
        clock, ids = SetClock(NOON), SeededIds()
        settings = Settings(mode="test", database_url=server.dsn("full"))
        yield Ground(Database(pool, clock, ids, TEST_KEYS), clock, ids, TEST_KEYS, settings)
        pool.terminate()
    finally:
        server.remove()


def fill(disk: Path) -> Path:
    """Not a byte is left for anybody."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (1 << 20, 4_096, 1):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError:
                continue
    return filler


async def place_for_ever(town: Town, kept: list[int]) -> None:
    """Until something stops it; a page of the database may have room for a while."""
    for _ in range(WRITES_MAX):
        placed = await place(town, town.an, town.red)
        kept.append(placed.order_id)


async def test_a_full_disk_refuses_writes_and_serves_reads_and_is_used_again_when_there_is_room(
    ground: Ground, disk: Path
):
    town = await build_town(ground)
    await ground.db.run(lambda tx: stock.receive(tx, [(town.red, WRITES_MAX)], "test", 2))
    kept = [(await place(town, town.an, town.red)).order_id]
    filler = fill(disk)
    with pytest.raises(DatabaseAway):
        await place_for_ever(town, kept)
    found = await ground.db.fetch("SELECT id FROM order_order ORDER BY id")
    assert [row["id"] for row in found] == sorted(kept), "what was acknowledged is there, and is read"
    filler.unlink()
    kept.append((await place(town, town.an, town.red)).order_id)
    assert await ground.db.fetchval("SELECT count(*) FROM order_order") == len(kept)
    wrong = {one.id: one.shown for one in (await check(ground)).findings if not one.holds}
    assert wrong == {}
