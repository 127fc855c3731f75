"""On which date a day of the year falls: the sun's calendar, and the Chinese one of moon and sun (农历). Pure.

Each year has each day once, in the calendar of the day: a moon's year begins with its first month, so that two of its
days of one name may fall into one of the sun's years and none into the next.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import Any

from renqing.social.days.model import Day

_ALMANAC = "lunar_python"  # by name: its 7 MB are for a process that needs such a date, and from then on
_YEARS_KEPT = 512  # working one out takes milliseconds
_NEW_DAY = date(2000, 1, 1)
_NEW_DAY_JULIAN = 2451545


def date_in(day: Day, year: int) -> date:
    """When it is in a year of its own calendar; where the year has no such day, the last before it."""
    if day.calendar == "solar":
        return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
    months = _moons(year)
    first, days = months.get(-day.month if day.is_leap else day.month) or months[day.month]
    return first + timedelta(days=min(day.day, days) - 1)


@lru_cache(_YEARS_KEPT)
def _moons(year: int) -> dict[int, tuple[date, int]]:
    """The months of a moon's year, a leap month below zero: on which date each begins, and how many days it has."""
    return {int(one.getMonth()): (_date(one.getFirstJulianDay()), int(one.getDayCount())) for one in _months(year)}


def _months(year: int) -> list[Any]:
    made = import_module(_ALMANAC).LunarYear.fromYear(year)
    return [one for one in made.getMonths() if one.getYear() == year]


def _date(julian: float) -> date:
    return _NEW_DAY + timedelta(days=int(julian + 0.5) - _NEW_DAY_JULIAN)


def next_dates(day: Day, since: date, many: int) -> list[tuple[int, date]]:
    """Its next dates from ``since`` on, with the year of each in its own calendar."""
    return list(islice(_from(day, since), many))


def _from(day: Day, since: date) -> Iterator[tuple[int, date]]:
    year = since.year - 1  # of the moon's, the last one may still go on
    while True:
        on = date_in(day, year)
        if on >= since:
            yield year, on
        year += 1
