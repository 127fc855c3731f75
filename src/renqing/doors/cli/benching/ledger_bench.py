"""Ledger postings in process on hot accounts, beside pgbench with the same SQL, one transaction each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from renqing.books import ledger
from renqing.doors.cli.benching.contract import Ask, percentiles
from renqing.doors.cli.benching.in_process import ground_of
from renqing.doors.cli.benching.load import pgbench
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Stage
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import monotonic_seconds

CALLERS = 256
PEOPLE = 2_000
_CURRENCY = "CNY"


def ledger_postings(stage: Stage, ask: Ask) -> dict[str, Any]:
    """Orders paid into one hot escrow account: the batcher with 256 callers, beside pgbench with one entry each."""
    return asyncio.run(_ledger_postings(stage, ask.seconds))


async def _ledger_postings(stage: Stage, seconds: int) -> dict[str, Any]:
    turns = count(1)
    async with ground_of(stage) as ground:  # another's connections, gone before anything is counted
        opening = [_entry(person, f"bench-open-{person}", 1) for person in range(1, PEOPLE + 1)]
        await ground.db.run(lambda tx: ledger.post(tx, opening))
    async with ground_of(stage) as ground:

        async def run(asks: Sequence[ledger.Entry]) -> Sequence[ledger.Verdict]:
            return await ground.db.run(lambda tx: ledger.post(tx, asks))

        batcher: Batcher[ledger.Entry, ledger.Verdict] = Batcher(run, key=lambda entry: entry.key)
        waits: list[float] = []
        until = 0.0

        async def caller() -> None:
            while monotonic_seconds() < until:
                turn = next(turns)
                asked = monotonic_seconds()
                await batcher.ask(_entry(turn % PEOPLE + 1, f"bench-{turn}", 1))
                waits.append(monotonic_seconds() - asked)

        with metered(stage, in_process=True) as meter:
            began = monotonic_seconds()
            until = began + seconds
            await asyncio.gather(*(caller() for _ in range(CALLERS)))
            took = monotonic_seconds() - began
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
        **meter.per(len(waits)),
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
