"""The demo's clock is moved on, for every process of the house: deadlines that this passes fall due at once.

One transaction moves the one row that all follow, so a repeated request moves it once. Outside demo mode there is no
such deed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.demo_clock import follow_demo_clock, move_in
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once


class Moved(msgspec.Struct, frozen=True):
    """How far the house's clock is ahead of the machine's now."""

    offset_seconds: int


class HouseTime(msgspec.Struct, frozen=True):
    """The house's time, and how far it is ahead of the machine's."""

    now: datetime
    offset_seconds: int


async def move_the_demo_clock(ground: Ground, by_seconds: int, once: Once) -> HouseTime:
    """Move it. Raises NotFound outside demo mode, FieldNotValid."""
    if not ground.settings.is_demo:
        raise NotFound

    async def story(tx: Tx) -> Moved:
        return Moved(await move_in(tx, by_seconds))

    moved = await run_once(ground.db, once, Moved, story)
    await follow_demo_clock(ground)
    return HouseTime(ground.clock.machine_now() + timedelta(seconds=moved.offset_seconds), moved.offset_seconds)
