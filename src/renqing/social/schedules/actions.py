"""What can be done to schedules. Gifts are locked; nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.social.schedules import store
from renqing.social.schedules.model import DELIVER_GIFT, GiftRescheduled, GiftScheduled, Schedule


async def keep(tx: Tx, schedule: Schedule) -> None:
    """A gift that waits for its payment is to come later."""
    await store.put(tx, schedule)


async def start(tx: Tx, gift_ids: Sequence[int]) -> None:
    """Gifts are paid: they wait for their moments, which may have passed meanwhile. Leaves GiftScheduled."""
    schedules = await store.of_gifts(tx, gift_ids)
    assert len(schedules) == len(gift_ids), "a gift that is scheduled says when"
    await set_timers(tx, [Deadline(DELIVER_GIFT, one.gift_id, one.deliver_at) for one in schedules])
    await leave(tx, *(_fact(GiftScheduled, one) for one in schedules))


async def move(tx: Tx, schedule: Schedule, deliver_at: datetime, time_zone: str) -> Schedule:
    """A gift that waits for its moment comes at another one. Leaves GiftRescheduled."""
    moved = msgspec.structs.replace(schedule, deliver_at=deliver_at, time_zone=time_zone)
    await store.put(tx, moved)
    await set_timers(tx, [Deadline(DELIVER_GIFT, moved.gift_id, deliver_at)])
    await leave(tx, _fact(GiftRescheduled, moved))
    return moved


async def drop(tx: Tx, gift_ids: Sequence[int]) -> None:
    """Gifts came, or ended before: nothing is waited for any more."""
    if gift_ids:
        await store.delete(tx, gift_ids)
        await drop_timers(tx, DELIVER_GIFT, gift_ids)


async def forget(tx: Tx, person_id: int) -> None:
    """Nothing is left of where somebody thought of their gifts' moments."""
    await store.forget(tx, person_id)


def _fact(kind: type[GiftScheduled | GiftRescheduled], schedule: Schedule) -> GiftScheduled | GiftRescheduled:
    gift_id = schedule.gift_id
    return kind(subject_id=gift_id, gift_id=gift_id, giver_id=schedule.giver_id, deliver_at=schedule.deliver_at)
