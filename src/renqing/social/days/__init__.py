"""Days: birthdays that people show to their friends, and days about a friend that somebody keeps to themselves.

Promises:
1. A birthday is a month and a day, of the sun's calendar or the moon's (农历), without a year. Only friends see it, and
   only while its owner shows it; it is hidden until they do.
2. A day that somebody notes about a friend is theirs alone: nobody else finds it, and the friend hears nothing of it.
3. Every year has each day once: 29 February is the 28th in a common year, the 30th of a moon's month the 29th where it
   has no more, and a leap month's day that of the month before it where a year has no such leap month.
4. Who asked to be reminded hears of a day once a year, at most as many days before as they said.
5. Nothing is left of either side once it is erased.
"""

from renqing.social.days.actions import (
    forget,
    hear_of,
    keep_birthday,
    note,
    remove,
    take_birthday_back,
    tell_of,
    watch_next,
)
from renqing.social.days.calendars import date_in, next_dates
from renqing.social.days.model import (
    BEFORE_MAX,
    CALENDARS,
    COMING_DAYS,
    LOOK_AT_DAYS,
    NAME_CHARACTERS_MAX,
    Birthday,
    Calendar,
    ComingDay,
    Day,
    DaysFull,
    DayUnknown,
    KnownDay,
    NewNote,
    NotedDay,
)
from renqing.social.days.rules import check_day, coming, looks_next
from renqing.social.days.store import birthday_of, known_to, note_by_id, notes_of, shown_birthdays, watch_of

__all__ = [
    "BEFORE_MAX",
    "CALENDARS",
    "COMING_DAYS",
    "LOOK_AT_DAYS",
    "NAME_CHARACTERS_MAX",
    "Birthday",
    "Calendar",
    "ComingDay",
    "Day",
    "DayUnknown",
    "DaysFull",
    "KnownDay",
    "NewNote",
    "NotedDay",
    "birthday_of",
    "check_day",
    "coming",
    "date_in",
    "forget",
    "hear_of",
    "keep_birthday",
    "known_to",
    "looks_next",
    "next_dates",
    "note",
    "note_by_id",
    "notes_of",
    "remove",
    "shown_birthdays",
    "take_birthday_back",
    "tell_of",
    "watch_next",
    "watch_of",
]
