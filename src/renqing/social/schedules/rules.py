"""When a wall clock shows what, and whether a gift may come then. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from renqing.foundation.errors import FieldNotValid
from renqing.social.schedules.model import Moment, Schedule

_WALL = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d)(?::00)?", re.ASCII)  # browsers say the seconds or leave them out


def moment_of(asked: Moment, time_zone: str, now: datetime, days_max: int) -> datetime:
    """The instant that somebody's wall clock means, in the zone they said or else in ``time_zone``.

    Raises FieldNotValid for no moment, no zone, one that is over, and one too far away.
    """
    zone = asked.time_zone or time_zone
    if zone not in available_timezones():
        raise FieldNotValid(field="deliver_zone", reason="unknown")
    said = _WALL.fullmatch(asked.at)
    if said is None:
        raise FieldNotValid(field="deliver_at", reason="moment")
    try:
        wall = datetime.fromisoformat(said[1])
    except ValueError as wrong:
        raise FieldNotValid(field="deliver_at", reason="moment") from wrong
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    if moment <= now:
        raise FieldNotValid(field="deliver_at", reason="past")
    if moment > now + timedelta(days=days_max):
        raise FieldNotValid(field="deliver_at", reason="too_far", days=days_max)
    return moment


def clock_of(schedule: Schedule) -> datetime:
    """What the wall clock shows when the gift comes."""
    return schedule.deliver_at.astimezone(ZoneInfo(schedule.time_zone))


def past_their_moment(schedules: Sequence[Schedule], now: datetime) -> set[int]:
    """The gifts whose moment is there."""
    return {schedule.gift_id for schedule in schedules if schedule.deliver_at <= now}
