"""A real house under load whose processes are killed: no yes is lost, none is done twice, and it is soon back."""

from __future__ import annotations

import asyncio
import sys

import pytest
from patience import until

from renqing.command_line import run_worker, storm_bank
from renqing.doors.cli.benching.stage import Stage, own_stage
from renqing.doors.cli.roof import Roof
from renqing.doors.cli.storming.kills import VICTIMS, kill_and_count
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups

ROOF = Roof(
    postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups, files=FolderBackup, storm_bank=storm_bank
)
WRITES = 150
WHOLE_SECONDS_MAX = 30.0  # a process needs about three, on a machine that others use several times that
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc"),
]


def test_no_acknowledged_order_is_lost_or_doubled_and_orders_are_taken_within_five_seconds_of_postgresqls_return():
    with own_stage(ROOF, server_processes=2) as stage:
        toll = asyncio.run(kill_and_count(stage, len(VICTIMS), WRITES))
        until(lambda: is_whole(stage), seconds_max=WHOLE_SECONDS_MAX)  # every killed process came back
    assert len(toll.acknowledged) >= len(VICTIMS) * WRITES
    assert (toll.lost, toll.doubled) == (0, 0)
    assert sum(toll.kills.values()) == len(VICTIMS) and set(toll.kills) == set(VICTIMS)
    assert max(toll.back["postgres"]) < 5, "serving again within 5 s of PostgreSQL's return"


def is_whole(stage: Stage) -> bool:
    """Whether servers, worker and loader live. Orders are taken long before, by the server that was not killed."""
    return tuple(len(stage.pids_of(kind)) for kind in ("serve", "worker", "loader")) == (2, 1, 1)
