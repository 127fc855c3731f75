"""A gift that is paid comes to its recipient at a moment that its giver chose, and may still be moved until then.

When it is wrapped the moment is looked up on a wall clock: the recipient's, the giver's where nobody is named, or of
another zone. It must lie ahead, within what the house allows. Once it is paid its deadline runs; when that falls due,
under the locks of order and gift, the gift can be claimed as any other: its own time begins then, and not before. A
payment that comes after the moment sends it at once. Moving it, sending it now, calling it off (``end_a_gift``) and the
deadline race to one winner under the same locks, and a house that was down sends what is overdue as soon as it is back.

A draw's own time is fixed with its commitment before it comes, so its gift is moved only where that time still fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.foundation.database import Database, Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import draws, gifts, peace, schedules
from renqing.trade import orders


class MoveASchedule(msgspec.Struct, frozen=True):
    """Whose gift comes at another moment; None: now."""

    giver_id: int
    gift_id: int
    moment: schedules.Moment | None


class ScheduleMoved(msgspec.Struct, frozen=True):
    """The gift comes then."""

    gift_id: int
    deliver_at: datetime
    time_zone: str


async def schedule_for(
    ground: Ground, tx: Tx, gift_id: int, giver_id: int, recipient_id: int | None, moment: schedules.Moment
) -> schedules.Schedule:
    """When a gift comes that is wrapped now. Raises FieldNotValid."""
    zone = await zone_of(tx, giver_id, recipient_id)
    at = schedules.moment_of(moment, zone, tx.now, ground.policy.gift_schedule_days_max)
    return schedules.Schedule(gift_id, giver_id, at, moment.time_zone or zone)


async def zone_of(db: Database | Tx, giver_id: int, recipient_id: int | None) -> str:
    """Whose clock is meant where no zone is said: the recipient's, or the giver's where nobody is named."""
    return (await peace.rule_of(db, recipient_id or giver_id)).time_zone


async def move_a_schedule(ground: Ground, ask: MoveASchedule, once: Once) -> ScheduleMoved:
    """Raises GiftNotAvailable for a foreign or ended gift, GiftAlreadySent, FieldNotValid."""
    return await run_once(ground.db, once, ScheduleMoved, lambda tx: _move(ground, tx, ask))


async def _move(ground: Ground, tx: Tx, ask: MoveASchedule) -> ScheduleMoved:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id or gift.state not in (gifts.GiftState.SCHEDULED, gifts.GiftState.CLAIMABLE):
        raise gifts.GiftNotAvailable
    schedule = await schedules.of_gift(tx, gift.id)
    if gift.state is not gifts.GiftState.SCHEDULED or schedule is None:
        raise schedules.GiftAlreadySent
    if ask.moment is None:
        await _check_draw(ground, tx, gift, tx.now)
        moved = await schedules.move(tx, schedule, tx.now.replace(second=0, microsecond=0), schedule.time_zone)
        await _send(tx, [gift])
    else:
        new = await schedule_for(ground, tx, gift.id, gift.giver_id, gift.recipient_id, ask.moment)
        await _check_draw(ground, tx, gift, new.deliver_at)
        moved = await schedules.move(tx, schedule, new.deliver_at, new.time_zone)
    return ScheduleMoved(gift.id, moved.deliver_at, moved.time_zone)


async def _check_draw(ground: Ground, tx: Tx, gift: gifts.Gift, comes_at: datetime) -> None:
    """What a draw promised stays as it is, so its gift comes when that fits. Raises FieldNotValid."""
    for draw in (await draws.of_gifts(tx, [gift.id])).values() if gift.mode == "draw" else ():
        draws.check_coming(draw.draw_at, comes_at, timedelta(seconds=gift.open_for_seconds), ground.policy)


async def deliver_gifts(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many gifts at once; one that was called off or moved meanwhile does not come now."""
    order_ids = await gifts.order_ids_of(tx, [timer.key for timer in timers])
    await orders.lock_many(tx, order_ids)
    waiting = [gift for gift in await gifts.lock_of_orders(tx, order_ids) if gift.state is gifts.GiftState.SCHEDULED]
    due = schedules.past_their_moment(await schedules.of_gifts(tx, [gift.id for gift in waiting]), tx.now)
    await _send(tx, [gift for gift in waiting if gift.id in due])


async def _send(tx: Tx, locked: Sequence[gifts.Gift]) -> None:
    await gifts.make_claimable(tx, locked)
    drawn_for = [gift for gift in locked if gift.mode == "draw"]
    of_groups = {gift.id for gift in drawn_for if gift.group_id is not None}
    await draws.open_for_entries(tx, [gift.id for gift in drawn_for], of_groups)
    await schedules.drop(tx, [gift.id for gift in locked])
