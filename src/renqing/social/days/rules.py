"""Which days there are, which come soon, and when somebody's morning is. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line
from renqing.social.days.calendars import next_dates
from renqing.social.days.model import (
    BEFORE_MAX,
    CALENDARS,
    NAME_CHARACTERS_MAX,
    NOTES_MAX,
    ComingDay,
    Day,
    DaysFull,
    KnownDay,
)

MORNING = time(9)
_LEAP_YEAR = 2024
_MOONS_DAYS_MAX = 30
_MONTHS = range(1, 13)
_LEAP_MONTHS = range(2, 12)  # neither the first month nor the last is ever doubled before the year 2262


def check_day(day: Day) -> Day:
    """A day that some year has. Raises FieldNotValid."""
    if day.calendar not in CALENDARS:
        raise FieldNotValid(field="calendar", reason="unknown")
    if day.month not in _MONTHS:
        raise FieldNotValid(field="month", reason="out_of_range", min=1, max=12)
    most = _MOONS_DAYS_MAX if day.calendar == "lunar" else monthrange(_LEAP_YEAR, day.month)[1]
    if not 1 <= day.day <= most:
        raise FieldNotValid(field="day", reason="out_of_range", min=1, max=most)
    if day.is_leap and (day.calendar == "solar" or day.month not in _LEAP_MONTHS):
        raise FieldNotValid(field="is_leap", reason="never")
    return day


def check_name(name: str) -> str:
    """What a noted day is. Raises FieldNotValid."""
    return line(name, field="name", most=NAME_CHARACTERS_MAX)


def check_room(notes: int) -> None:
    """Raises DaysFull where somebody has noted as much as they may."""
    if notes >= NOTES_MAX:
        raise DaysFull(max=NOTES_MAX)


def check_before(days_before: int) -> int:
    """How long before a day somebody is reminded. Raises FieldNotValid."""
    if not 0 <= days_before <= BEFORE_MAX:
        raise FieldNotValid(field="days_before", reason="out_of_range", min=0, max=BEFORE_MAX)
    return days_before


def coming(known: Sequence[KnownDay], today: date, within: int) -> list[ComingDay]:
    """Those that come within so many days, today's first."""
    nexts = [ComingDay(one, *next_dates(one.day, today, 1)[0]) for one in known]
    soon = [one for one in nexts if one.on <= today + timedelta(days=within)]
    return sorted(soon, key=lambda one: (one.on, one.known.who_id, one.known.note_id or 0))


def looks_next(time_zone: str, now: datetime) -> datetime:
    """The next morning on somebody's wall."""
    here = now.astimezone(ZoneInfo(time_zone))
    morning = datetime.combine(here.date(), MORNING, here.tzinfo)
    if morning <= here:
        morning = datetime.combine(here.date() + timedelta(days=1), MORNING, here.tzinfo)
    return morning.astimezone(UTC)
