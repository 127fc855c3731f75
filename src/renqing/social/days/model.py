"""What a day of the year is, whose it may be, and what can stop somebody from keeping one."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

NOTES_MAX = 300
NAME_CHARACTERS_MAX = 40
COMING_DAYS = 30
BEFORE_MAX = 14
LOOK_AT_DAYS = "look_at_days"  # deadline: the next morning of somebody who is reminded

Calendar = Literal["solar", "lunar"]
CALENDARS: tuple[Calendar, ...] = get_args(Calendar)


class DayUnknown(NotFound):
    """There is no such day, or it is somebody else's."""

    code = "day_unknown"


class DaysFull(NotNow):
    """As many days are noted as there may be. Facts: ``max``."""

    code = "days_full"


class Day(msgspec.Struct, frozen=True):
    """A day of every year. ``is_leap``: of the leap month of this number, which few of the moon's years have."""

    calendar: Calendar
    month: int
    day: int
    is_leap: bool = False


class Birthday(msgspec.Struct, frozen=True):
    """Somebody's own. ``is_shown``: to their friends, and to nobody else."""

    person_id: int
    day: Day
    is_shown: bool


class NewNote(msgspec.Struct, frozen=True):
    """A day about a friend, with what it is: an anniversary, or a birthday that one knows."""

    owner_id: int
    friend_id: int
    name: str
    day: Day


class NotedDay(msgspec.Struct, frozen=True):
    """The same as it is kept."""

    id: int
    owner_id: int
    friend_id: int
    name: str
    day: Day


class KnownDay(msgspec.Struct, frozen=True):
    """A day that somebody may know of: a friend's birthday (``note_id`` None), or one that they noted."""

    who_id: int
    note_id: int | None
    name: str
    day: Day


class ComingDay(msgspec.Struct, frozen=True):
    """A known day as it comes next: ``year`` of its own calendar, ``on`` of everybody's."""

    known: KnownDay
    year: int
    on: date


class DayComes(Fact, frozen=True, kw_only=True):
    """Somebody asked to be reminded of such days, and one of a friend's is near. Nobody else may know."""

    kind: ClassVar[str] = "DayComes"
    told_id: int
    who_id: int
    is_birthday: bool
