"""The clock that can be moved, in demo mode alone: one row that every process of the house follows."""

from __future__ import annotations

from datetime import timedelta

from renqing.foundation.clock import SystemClock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground

MOVE_SECONDS_MAX = 366 * 24 * 3600


async def follow_demo_clock(ground: Ground) -> None:
    """Set this process's clock as the row says. Does nothing outside demo mode."""
    if ground.settings.is_demo and isinstance(ground.clock, SystemClock):
        seconds = await ground.db.fetchval("SELECT offset_seconds FROM foundation_clock")
        ground.clock.offset = timedelta(seconds=seconds or 0)


async def move_in(tx: Tx, by_seconds: int) -> int:
    """Move the house's clock forward for every process, with this transaction; how far it is moved in all.

    Raises FieldNotValid. Callers are in demo mode.
    """
    if not 0 <= by_seconds <= MOVE_SECONDS_MAX:
        raise FieldNotValid(field="seconds", reason="out_of_range", min=0, max=MOVE_SECONDS_MAX)
    return int(
        await tx.fetchval(
            """INSERT INTO foundation_clock (offset_seconds) VALUES ($1)
               ON CONFLICT (only_row) DO UPDATE SET offset_seconds = foundation_clock.offset_seconds + $1
               RETURNING offset_seconds""",
            by_seconds,
        )
    )
