"""What a check of the house found, and the last outcomes, kept for the operator's desk.

The invariants themselves are a view (``renqing.views.check``): they read every room's tables. Here is only what an
outcome is, and the one table that remembers the latest.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Database, Tx

RUNS_KEPT_MAX = 50
SHOWN_MAX = 20


class Difference(msgspec.Struct, frozen=True):
    """One row that is not as it should be: what it is about, what it says, and what first records say instead."""

    about: str
    has: str
    should: str


class Finding(msgspec.Struct, frozen=True):
    """What one invariant's query found. ``shown`` are the first ``SHOWN_MAX`` of ``differences``."""

    id: str
    differences: int
    shown: list[Difference]
    looked_at: int
    milliseconds: int

    @property
    def holds(self) -> bool:
        return self.differences == 0


class CheckRun(msgspec.Struct, frozen=True):
    """One run: when it began by the machine's clock, how long it took, and what each invariant's query found."""

    began_at: datetime
    milliseconds: int
    findings: list[Finding]

    @property
    def is_clean(self) -> bool:
        return all(finding.holds for finding in self.findings)


async def keep(tx: Tx, run: CheckRun) -> int:
    """Keep a run for the operator's desk, by the transaction's actor; the oldest beyond ``RUNS_KEPT_MAX`` go."""
    run_id = tx.ids.new()
    await tx.execute(
        "INSERT INTO check_run (id, began_at, milliseconds, by_id, findings) VALUES ($1, $2, $3, $4, $5::text::jsonb)",
        run_id,
        run.began_at,
        run.milliseconds,
        tx.actor,
        msgspec.json.encode(run.findings).decode(),
    )
    await tx.execute(
        "DELETE FROM check_run WHERE id IN (SELECT id FROM check_run ORDER BY began_at DESC, id DESC OFFSET $1)",
        RUNS_KEPT_MAX,
    )
    return run_id


async def last(db: Database | Tx) -> CheckRun | None:
    """The latest run that was kept, None where the house was never checked."""
    row = await db.fetchrow(
        "SELECT began_at, milliseconds, findings FROM check_run ORDER BY began_at DESC, id DESC LIMIT 1"
    )
    if row is None:
        return None
    return CheckRun(row["began_at"], row["milliseconds"], msgspec.convert(row["findings"], list[Finding]))
