"""What a stretch of work cost: CPU time of servers and PostgreSQL, bytes of WAL, and rows written, table by table.

Nothing here is believed: rows are PostgreSQL's own counts of inserts, updates and deletes, bytes the way its log went
meanwhile (full pages after a checkpoint included).
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg

from renqing.doors.cli.benching.stage import Spent, Stage

# A session that goes idle tells its counts after this long (PGSTAT_IDLE_INTERVAL, and a little).
COUNTS_SECONDS = 10.5
WRITTEN_MIN = 0.005  # rows an operation, below which a table is not named

_ROWS = """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS written FROM pg_stat_user_tables
            WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"""
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


@dataclass(slots=True)
class Meter:
    """Filled when the stretch ends."""

    spent: Spent = field(default_factory=lambda: Spent(0, 0, 0))
    load_seconds: float = 0.0
    wal_bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def per(self, operations: int) -> dict[str, Any]:
        """All of it for one operation."""
        count = max(1, operations)
        each = {table: round(rows / count, 2) for table, rows in sorted(self.rows.items())}
        return {
            "app_cpu_us": round(self.spent.app_seconds / count * 1e6, 1),
            "pg_cpu_us": round(self.spent.pg_seconds / count * 1e6, 1),
            "worker_cpu_us": round(self.spent.worker_seconds / count * 1e6, 1),
            "load_cpu_us": round(self.load_seconds / count * 1e6, 1),
            "written_rows": round(sum(self.rows.values()) / count, 2),
            "written_bytes": round(self.wal_bytes / count, 1),
            "written": {table: rows for table, rows in each.items() if rows > WRITTEN_MIN},
        }


@contextmanager
def metered(stage: Stage, *, writes: bool = True, in_process: bool = False) -> Iterator[Meter]:
    """Meter the block. One that ``writes`` waits afterwards until every session has told what it wrote.

    ``in_process``: the application is this very process, not the servers.
    """
    meter = Meter()
    rows, wal = _written(stage)
    before, own_before, load_before = stage.spent(), _own_seconds(), _own_seconds(resource.RUSAGE_CHILDREN)
    yield meter
    meter.spent, own = stage.spent().since(before), _own_seconds() - own_before
    meter.load_seconds = _own_seconds(resource.RUSAGE_CHILDREN) - load_before
    if in_process:
        meter.spent = replace(meter.spent, app_seconds=own)
    wal_after = _ask(stage, _WAL)[0][0]
    if writes:
        time.sleep(COUNTS_SECONDS)
    rows_after, _ = _written(stage)
    meter.wal_bytes = wal_after - wal
    meter.rows = {table: count - rows.get(table, 0) for table, count in rows_after.items()}


def _own_seconds(whose: int = resource.RUSAGE_SELF) -> float:
    """CPU seconds of this process, or of those it began that have ended: the load generators."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _written(stage: Stage) -> tuple[dict[str, int], int]:
    return {row["relname"]: row["written"] for row in _ask(stage, _ROWS)}, _ask(stage, _WAL)[0][0]


def _ask(stage: Stage, sql: str) -> list[asyncpg.Record]:
    """Ask over a connection of its own, also from within a running event loop."""

    async def ask() -> list[asyncpg.Record]:
        conn = await asyncpg.connect(stage.dsn)
        try:
            return await conn.fetch(sql)
        finally:
            await conn.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()
