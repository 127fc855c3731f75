"""What waits for the worker, asked in one statement that costs nothing where nothing is due; and live pings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from renqing.foundation.database import Database

LIVE_CHANNEL = "renqing_live"


class Due(NamedTuple):
    """Which sorts of work are due now."""

    facts: bool
    deadlines: bool
    errands: bool


async def what_is_due(db: Database, now: datetime) -> Due:
    """Three index probes: the first of each index, compared outside, so that no plan is tempted to walk the table.

    (`EXISTS (… due_at <= $1)` was measured: its generic plan took a third of the rows for due and scanned them all,
    20 ms at 300,000 timers; this takes 0.1 ms.)
    """
    row = await db.fetchrow(
        """SELECT coalesce((SELECT next_at FROM outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL
                            ORDER BY next_at, id LIMIT 1) <= $1, false),
                  coalesce((SELECT due_at FROM timer WHERE NOT errand AND set_aside_at IS NULL
                            ORDER BY due_at, id LIMIT 1) <= $1, false),
                  coalesce((SELECT due_at FROM timer WHERE errand AND set_aside_at IS NULL
                            ORDER BY due_at, id LIMIT 1) <= $1, false)""",
        now,
    )
    assert row is not None, "a row of three answers"
    return Due(*row.values())


async def ping(db: Database, pings: Sequence[str]) -> None:
    """Wake open streams, after a commit and in one statement: NOTIFY takes a lock of the whole database at commit."""
    if pings:
        await db.fetchval("SELECT count(pg_notify($1, p)) FROM unnest($2::text[]) AS t(p)", LIVE_CHANNEL, pings)
