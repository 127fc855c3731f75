"""``renqing bench``: what it says, and that it says it on a house of its own."""

from __future__ import annotations

from typer.testing import CliRunner

from renqing.__main__ import run_worker
from renqing.doors.cli.app import app
from renqing.doors.cli.benching.benches import BENCHES
from renqing.doors.cli.benching.contract import KEYS, Ask, as_row, percentiles
from renqing.doors.cli.benching.meter import Meter
from renqing.doors.cli.benching.stage import Spent
from renqing.doors.cli.roof import Roof
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups

ROOF = Roof(postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups)


def test_a_row_has_every_key_and_then_what_else_was_measured():
    row = as_row("timers", Ask(ROOF, size=4), {"ops_per_second": 3.5, "exact": True, "pending": 7})
    assert tuple(row) == (*KEYS, "pending")
    assert (row["bench"], row["ops_per_second"], row["ratio"], row["size"]) == ("timers", 3.5, None, 4)


def test_percentiles_are_of_all_that_was_waited_for():
    assert percentiles([n / 1000 for n in range(1, 201)]) == {"p50_ms": 101, "p99_ms": 199}
    assert percentiles([0.25]) == {"p50_ms": 250, "p99_ms": 250}


def test_a_meter_shares_out_what_was_spent_and_written():
    meter = Meter(Spent(2, 1, 0.5), wal_bytes=5_000, rows={"order_order": 1_000, "order_line": 2_500, "gift_gift": 0})
    assert meter.per(1_000) == {
        "app_cpu_us": 2_000,
        "pg_cpu_us": 1_000,
        "worker_cpu_us": 500,
        "written_rows": 3.5,
        "written_bytes": 5,
        "written": {"order_line": 2.5, "order_order": 1},
    }


def test_a_bench_that_does_not_exist_is_refused_with_those_that_do():
    told = CliRunner().invoke(app, ["bench", "nothing"], obj=ROOF)
    assert told.exit_code == 2
    assert all(name in told.output for name in BENCHES)
