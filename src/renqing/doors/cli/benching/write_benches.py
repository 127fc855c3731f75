"""Hot writes in process, beside pgbench doing one transaction each with the same SQL; and a million timers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from renqing.books import ledger
from renqing.doors.cli.benching.contract import Ask, percentiles
from renqing.doors.cli.benching.in_process import ground_of
from renqing.doors.cli.benching.load import pgbench
from renqing.doors.cli.benching.stage import Stage
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.database import Tx
from renqing.foundation.due import what_is_due
from renqing.foundation.timers import BATCH_MAX, take_due

CALLERS = 256
PEOPLE = 2_000
TIMERS = 1_000_000
DUE = 100_000
PROBES = 2_000
_CURRENCY = "CNY"


def ledger_postings(stage: Stage, ask: Ask) -> dict[str, Any]:
    """Orders paid into one hot escrow account: the batcher with 256 callers, beside pgbench with one entry each."""
    return asyncio.run(_ledger_postings(stage, ask.seconds))


async def _ledger_postings(stage: Stage, seconds: int) -> dict[str, Any]:
    turns = count(1)
    async with ground_of(stage) as ground:

        async def run(asks: Sequence[ledger.Entry]) -> Sequence[ledger.Verdict]:
            return await ground.db.run(lambda tx: ledger.post(tx, asks))

        batcher: Batcher[ledger.Entry, ledger.Verdict] = Batcher(run, key=lambda entry: entry.key)
        await run([_entry(person, f"bench-open-{person}", 1) for person in range(1, PEOPLE + 1)])
        waits: list[float] = []
        before, began = stage.spent(), monotonic_seconds()
        until = began + seconds

        async def caller() -> None:
            while monotonic_seconds() < until:
                turn = next(turns)
                asked = monotonic_seconds()
                await batcher.ask(_entry(turn % PEOPLE + 1, f"bench-{turn}", 1))
                waits.append(monotonic_seconds() - asked)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        took, spent = monotonic_seconds() - began, stage.spent().since(before)
        wrong = await ground.db.fetchval(
            """SELECT count(*) FROM ledger_account a WHERE a.balance <>
                 (SELECT coalesce(sum(p.amount), 0) FROM ledger_posting p WHERE p.account_id = a.id)"""
        )
        booked = await ground.db.fetchval("SELECT count(*) FROM ledger_entry WHERE key LIKE 'bench-_%'")
        names = [ledger.clearing(1, _CURRENCY), ledger.escrow(_CURRENCY)]
        rows = await ground.db.fetch(
            """SELECT owner_kind, id FROM ledger_account
               WHERE (owner_kind, owner_id, kind) IN (($1, $2, $3), ($4, $5, $6))""",
            *(part for name in names for part in name[:3]),
        )
    ids = {row["owner_kind"]: row["id"] for row in rows}
    limit = await asyncio.to_thread(
        pgbench, stage, [_one_entry(ids["channel"], ids["platform"])], clients=32, seconds=seconds
    )
    rate = len(waits) / took
    return {
        "ops_per_second": round(rate, 1),
        **percentiles(waits),
        "pg_cpu_us": round(spent.pg_seconds / len(waits) * 1e6, 1),
        "limit_per_second": round(limit, 1),
        "ratio": round(rate / limit, 2),
        "exact": wrong == 0 and booked == len(waits) + PEOPLE,
    }


def _entry(person: int, key: str, amount: int) -> ledger.Entry:
    legs = (
        ledger.Leg(ledger.clearing(1, _CURRENCY), -amount),
        ledger.Leg(ledger.escrow(_CURRENCY), amount),
    )
    return ledger.Entry("bench", "bench", person, key, legs)


def _one_entry(clearing_id: int, escrow_id: int) -> str:
    return (
        "\\set i random(1, 9000000000000000)\n"
        "SELECT verdict FROM ledger_post(ARRAY[:i]::bigint[], ARRAY['bench'], ARRAY['bench'], ARRAY[1]::bigint[], "
        f"ARRAY['pgbench-' || :i::text], ARRAY[1,1]::int[], ARRAY[{clearing_id},{escrow_id}]::bigint[], "
        "ARRAY[-1,1]::bigint[], 0, now());\n"
    )


def timers(stage: Stage, ask: Ask) -> dict[str, Any]:  # noqa: ARG001 - its size is its length
    """A million deadlines waiting: what a look for due ones costs, and how fast due ones are drained in batches."""
    return asyncio.run(_timers(stage))


async def _timers(stage: Stage) -> dict[str, Any]:
    async with ground_of(stage) as ground:
        far = ground.clock.now() + timedelta(days=1)
        await ground.db.fetchval(
            """WITH made AS (INSERT INTO timer (id, kind, key, due_at, made_at)
                 SELECT 4000000000000000000 + g, 'bench', g, $1::timestamptz + g * interval '1 ms', $1
                 FROM generate_series(1, $2::bigint) AS g RETURNING 1) SELECT count(*) FROM made""",
            far,
            TIMERS,
        )
        await ground.db.pool.execute("VACUUM ANALYZE timer")
        looks: list[float] = []
        for _ in range(PROBES):
            asked = monotonic_seconds()
            await what_is_due(ground.db, ground.clock.now())
            looks.append(monotonic_seconds() - asked)
        await ground.db.pool.execute("CREATE TABLE bench_effect (key bigint PRIMARY KEY)")
        drained, began = 0, monotonic_seconds()
        due_at = far + timedelta(milliseconds=DUE)

        async def drain(tx: Tx) -> int:
            tx.now = due_at
            taken = await take_due(tx, BATCH_MAX)
            await tx.execute("INSERT INTO bench_effect SELECT unnest($1::bigint[])", [timer.key for timer in taken])
            return len(taken)

        while taken := await ground.db.run(drain):
            drained += taken
        took = monotonic_seconds() - began
        effects = await ground.db.fetchval("SELECT count(*) FROM bench_effect")
        await ground.db.pool.execute("DROP TABLE bench_effect")
        await ground.db.pool.execute("DELETE FROM timer WHERE kind = 'bench'")
    seen = percentiles(looks)
    return {
        "ops_per_second": round(drained / took, 1),
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
        "pending": TIMERS,
        "drained": drained,
        "exact": drained == effects == DUE,
    }
