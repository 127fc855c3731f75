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
    """Three index probes."""
    row = await db.fetchrow(
        """SELECT EXISTS (SELECT 1 FROM outbox_fact
                          WHERE told_at IS NULL AND set_aside_at IS NULL AND next_at <= $1),
                  EXISTS (SELECT 1 FROM timer WHERE due_at <= $1 AND NOT errand AND set_aside_at IS NULL),
                  EXISTS (SELECT 1 FROM timer WHERE due_at <= $1 AND errand AND set_aside_at IS NULL)""",
        now,
    )
    assert row is not None, "a row of three answers"
    return Due(*row.values())


async def ping(db: Database, pings: Sequence[str]) -> None:
    """Wake open streams, after a commit and in one statement: NOTIFY takes a lock of the whole database at commit."""
    if pings:
        await db.fetchval("SELECT count(pg_notify($1, p)) FROM unnest($2::text[]) AS t(p)", LIVE_CHANNEL, pings)
