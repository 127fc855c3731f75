"""Coming days: whose day is near, what one noted, one's own birthday, and whether one is reminded."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from renqing.books import people
from renqing.books.people import Person
from renqing.foundation.ground import Ground
from renqing.social import days, peace
from renqing.social.days import Birthday, ComingDay, Day


class DayHere(msgspec.Struct, frozen=True):
    """A day that comes. ``name`` is what its reader noted, empty for a birthday that a friend shows."""

    who: Person
    day_id: int | None
    name: str
    day: Day
    on: date
    in_days: int


class NoteHere(msgspec.Struct, frozen=True):
    """A day that its reader noted, and when it comes next; whether whose it is is still a friend."""

    day_id: int
    who: Person
    name: str
    day: Day
    on: date
    is_friend: bool


class ComingDays(msgspec.Struct, frozen=True):
    """``days_before`` None: the reader is not reminded. ``friends``: about whom a day can be noted."""

    coming: list[DayHere]
    notes: list[NoteHere]
    birthday: Birthday | None
    days_before: int | None
    friends: list[Person]


async def coming_days(ground: Ground, reader_id: int) -> ComingDays:
    """As the reader may see them today, by the clock on their wall."""
    today = await today_of(ground, reader_id)
    friend_ids = await people.friends_of(ground.db, reader_id)
    known = await days.known_to(ground.db, reader_id, friend_ids)
    noted = await days.notes_of(ground.db, reader_id)
    who = await people.get_people(ground.db, sorted({*friend_ids, *(one.friend_id for one in noted)}))
    return ComingDays(
        coming=[
            DayHere(
                who[one.known.who_id],
                one.known.note_id,
                one.known.name,
                one.known.day,
                one.on,
                (one.on - today).days,
            )
            for one in days.coming(known, today, days.COMING_DAYS)
        ],
        notes=[
            NoteHere(
                one.id,
                who[one.friend_id],
                one.name,
                one.day,
                days.next_dates(one.day, today, 1)[0][1],
                one.friend_id in friend_ids,
            )
            for one in noted
        ],
        birthday=await days.birthday_of(ground.db, reader_id),
        days_before=await days.watch_of(ground.db, reader_id),
        friends=sorted((who[one] for one in friend_ids), key=lambda one: (one.name, one.id)),
    )


async def today_of(ground: Ground, person_id: int) -> date:
    """Which day it is where somebody is."""
    zone = (await peace.rule_of(ground.db, person_id)).time_zone
    return ground.clock.now().astimezone(ZoneInfo(zone)).date()


async def coming_with(ground: Ground, reader_id: int, friend_id: int) -> list[ComingDay]:
    """The coming days of a friend that the reader knows of. Raises PersonUnknown where they are none."""
    if friend_id not in await people.friends_of(ground.db, reader_id):
        raise people.PersonUnknown
    known = await days.known_to(ground.db, reader_id, [friend_id])
    return days.coming(known, await today_of(ground, reader_id), days.COMING_DAYS)
