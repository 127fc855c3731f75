"""Whether the shop of an order can be hurried, for who paid for it and who gets its goods."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.foundation.ground import Ground
from renqing.trade import hurries
from renqing.trade.orders import OrderUnknown


class HurrySeen(msgspec.Struct, frozen=True):
    """``may``: now. ``from_at``: from when on, where something still waits to be sent. ``times`` it was done."""

    order_id: int
    may: bool
    from_at: datetime | None
    last_at: datetime | None
    times: int


async def hurry_of(ground: Ground, reader_id: int, order_id: int) -> HurrySeen:
    """How it stands. Raises OrderUnknown for everybody else."""
    row = await ground.db.fetchrow(
        "SELECT state, ship_from FROM order_order WHERE id = $1 AND (payer_id = $2 OR owner_id = $2)",
        order_id,
        reader_id,
    )
    if row is None:
        raise OrderUnknown(order_id=order_id)
    last_at, times = await hurries.last_of(ground.db, order_id)
    ship_by = row["ship_from"] + timedelta(hours=ground.policy.ship_within_hours) if row["ship_from"] else None
    now = ground.clock.now()
    why = hurries.why_not(state=row["state"], ship_by=ship_by, last_at=last_at, now=now)
    from_at = None if why == "state" or ship_by is None else hurries.hurry_from(ship_by, last_at)
    return HurrySeen(order_id, not why, from_at, last_at, times)
