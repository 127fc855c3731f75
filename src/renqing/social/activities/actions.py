"""What can be done to activities. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.social.activities import rules, store
from renqing.social.activities.model import (
    ACTIVITIES_MAX,
    END_ACTIVITY,
    ActivitiesFull,
    Activity,
    ActivityEnded,
    ActivityFull,
    ActivityOver,
    ActivityState,
    Ending,
    NewActivity,
    NotForChosen,
    Present,
    PresentGone,
    PresentOffered,
    PresentTaken,
)

_ENDED = (ActivityState.OVER, ActivityState.VOID)


async def make(tx: Tx, new: NewActivity) -> Activity:
    """An activity whose stock is held; ``rules.check_new`` has seen it. Raises ActivitiesFull."""
    if await store.lock_shop(tx, new.shop_id) >= ACTIVITIES_MAX:
        raise ActivitiesFull(max=ACTIVITIES_MAX)
    made = await store.insert_activity(tx, new)
    await set_timers(tx, [Deadline(END_ACTIVITY, made.id, made.ends_at)])
    return made


async def invite(tx: Tx, activity: Activity, guest_ids: Sequence[int]) -> list[int]:
    """Choose people for a locked activity; answers who was not chosen before. Leaves PresentOffered.

    Raises ActivityOver, NotForChosen, and ActivityFull where there is no piece for each.
    """
    _check_not_over(tx, activity)
    if activity.audience != "chosen":
        raise NotForChosen
    known = await store.guests_among(tx, [(activity.id, guest) for guest in guest_ids])
    new = [guest for guest in dict.fromkeys(guest_ids) if (activity.id, guest) not in known]
    left = activity.stock - await store.count_kept(tx, activity.id)
    if len(new) > left:
        raise ActivityFull(left=left)
    if new:
        await store.insert_guests(tx, activity.id, new)
        fact = PresentOffered(
            subject_id=activity.id,
            activity_id=activity.id,
            shop_id=activity.shop_id,
            code=activity.code,
            guest_ids=new,
        )
        await leave(tx, fact)
    return new


async def admit(tx: Tx, activity: Activity, person_id: int) -> None:
    """Somebody with a card of a locked activity may take a piece. Raises PresentGone where it is over."""
    if rules.state_of(activity, tx.now) in _ENDED:
        raise PresentGone(reason=activity.ended_how or "time")
    assert activity.audience == "cards", "cards are of activities that go by cards"
    await store.insert_guests(tx, activity.id, [person_id])


async def pause(tx: Tx, activity: Activity) -> None:
    """Nobody takes of a locked activity until it goes on. Raises ActivityOver."""
    _check_not_over(tx, activity)
    if activity.paused_at is None:
        await store.set_paused(tx, activity.id, paused=True)


async def resume(tx: Tx, activity: Activity) -> None:
    """A locked activity goes on. Raises ActivityOver."""
    _check_not_over(tx, activity)
    if activity.paused_at is not None:
        await store.set_paused(tx, activity.id, paused=False)


def _check_not_over(tx: Tx, activity: Activity) -> None:
    if rules.state_of(activity, tx.now) in _ENDED:
        raise ActivityOver


async def end(tx: Tx, activities: Sequence[Activity], how: Ending) -> list[Activity]:
    """Locked activities are over, those that were not already: answers them. Leaves ActivityEnded for each."""
    ending = [activity for activity in activities if activity.ended_at is None]
    if ending:
        await store.set_ended(tx, [activity.id for activity in ending], how)
        await _tell_ended(tx, ending, how)
    return ending


async def take(tx: Tx, presents: Sequence[Present], after: Sequence[Activity]) -> None:
    """Pieces of locked activities are taken; ``after`` is how those stand then. Leaves PresentTaken for each."""
    if not presents:
        return
    await store.write_presents(tx, presents, after)
    activity_of = {activity.id: activity for activity in after}
    await leave(
        tx,
        *(
            PresentTaken(
                subject_id=present.order_id,
                activity_id=present.activity_id,
                order_id=present.order_id,
                shop_id=activity_of[present.activity_id].shop_id,
                taken_by=present.person_id,
                left=activity_of[present.activity_id].stock - present.n,
            )
            for present in presents
        ),
    )
    await _tell_ended(tx, [activity for activity in after if activity.ended_at is not None], "all_taken")


async def _tell_ended(tx: Tx, ended: Sequence[Activity], how: Ending) -> None:
    await drop_timers(tx, END_ACTIVITY, [activity.id for activity in ended])
    await leave(
        tx,
        *(
            ActivityEnded(
                subject_id=activity.id,
                activity_id=activity.id,
                shop_id=activity.shop_id,
                made_by=activity.made_by,
                how=how,
                taken=activity.taken,
                left=activity.left,
            )
            for activity in ended
        ),
    )
