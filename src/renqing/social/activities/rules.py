"""Decisions about activities. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

import msgspec

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line, text
from renqing.social.activities.model import (
    AUDIENCES,
    DAYS_MAX,
    GREETING_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    STOCK_MAX,
    Activity,
    ActivityFull,
    ActivityOver,
    ActivityState,
    NewActivity,
    NotForCards,
    PresentGone,
    PresentNotYet,
    PresentPaused,
)

CODE_CHARACTERS_MAX = 64


def may_be_code(text: str) -> bool:
    """Whether a text could be an activity's code at all."""
    return 0 < len(text) <= CODE_CHARACTERS_MAX and text.isascii() and text.isprintable()


def check_new(new: NewActivity, now: datetime) -> NewActivity:
    """An activity as it may be kept; one that was to start before now starts now. Raises FieldNotValid."""
    if new.audience not in AUDIENCES:
        raise FieldNotValid(field="audience", reason="unknown")
    if (new.audience == "group") != (new.group_id is not None):
        raise FieldNotValid(field="group_id", reason="for_a_group")
    if not 1 <= new.stock <= STOCK_MAX:
        raise FieldNotValid(field="stock", reason="out_of_range", min=1, max=STOCK_MAX)
    starts_at = max(new.starts_at, now)
    if new.ends_at <= now:
        raise FieldNotValid(field="ends_at", reason="past")
    if new.ends_at <= starts_at:
        raise FieldNotValid(field="ends_at", reason="before_start")
    if new.ends_at > now + timedelta(days=DAYS_MAX):
        raise FieldNotValid(field="ends_at", reason="too_far", max=DAYS_MAX)
    return msgspec.structs.replace(
        new,
        name=line(new.name, field="name", most=NAME_CHARACTERS_MAX),
        greeting=text(new.greeting, field="greeting", most=GREETING_CHARACTERS_MAX),
        starts_at=starts_at,
    )


def state_of(activity: Activity, now: datetime) -> ActivityState:
    """How it stands at this moment: its end is our clock's, whether or not the worker has been there."""
    if activity.ended_how == "stopped":
        return ActivityState.VOID
    if activity.ended_at is not None or now >= activity.ends_at:
        return ActivityState.OVER
    if activity.paused_at is not None:
        return ActivityState.PAUSED
    return ActivityState.RUNNING if now >= activity.starts_at else ActivityState.NOT_STARTED


def judge_take(activity: Activity, now: datetime) -> None:
    """Whether a piece can be taken at this moment. Raises PresentGone, PresentNotYet, PresentPaused."""
    match state_of(activity, now):
        case ActivityState.VOID | ActivityState.OVER:
            raise PresentGone(reason=activity.ended_how or "time")
        case ActivityState.NOT_STARTED:
            raise PresentNotYet(starts_at=activity.starts_at)
        case ActivityState.PAUSED:
            raise PresentPaused
        case ActivityState.RUNNING:
            assert activity.left > 0, "what has nothing left is over"
        case never:
            assert_never(never)


def judge_cards(activity: Activity, issued: int, more: int, now: datetime) -> None:
    """Whether ``more`` cards may be printed beside those ``issued``: one a piece.

    Raises ActivityOver, NotForCards, ActivityFull.
    """
    if state_of(activity, now) in (ActivityState.OVER, ActivityState.VOID):
        raise ActivityOver
    if activity.audience != "cards":
        raise NotForCards
    if more > activity.stock - issued:
        raise ActivityFull(left=activity.stock - issued)


def after_take(activity: Activity, now: datetime) -> Activity:
    """The activity once another piece is taken: with the last it is over."""
    taken = activity.taken + 1
    if taken < activity.stock:
        return msgspec.structs.replace(activity, taken=taken)
    return msgspec.structs.replace(activity, taken=taken, ended_at=now, ended_how="all_taken")
