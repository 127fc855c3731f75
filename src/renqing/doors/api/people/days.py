"""Coming days among friends: birthdays that are shown, days that one noted, one's own birthday."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import NotFriends
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    PersonOut,
    house_of,
    id_in,
    once_of,
    once_without_body,
    person_out,
    reader_of,
)
from renqing.journeys.keep_days import (
    KeepMyBirthday,
    NoteADay,
    be_reminded,
    keep_my_birthday,
    note_a_day,
    note_a_day_no_more,
)
from renqing.social.days import BEFORE_MAX, NAME_CHARACTERS_MAX, Calendar, Day, DaysFull, DayUnknown
from renqing.views.coming_days import DayHere, NoteHere, coming_days

allow(
    Audience.PERSON,
    "GET /v1/days",
    "POST /v1/days",
    "DELETE /v1/days/{day_id:str}",
    "PUT /v1/days/reminding",
    "PUT /v1/me/birthday",
    "DELETE /v1/me/birthday",
)

Month = Annotated[int, msgspec.Meta(ge=1, le=12)]
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=31)]


class DayOfYear(msgspec.Struct, frozen=True):
    """A day of every year. ``calendar`` ``lunar``: the Chinese calendar of moon and sun; ``is_leap``: its leap month.

    29 February is the 28th in a common year; the 30th of a moon's month the 29th where it has no more; a leap month's
    day that of the month of the same number where a year has no such leap month.
    """

    calendar: Calendar
    month: int
    day: int
    is_leap: bool


class BirthdayIn(Body, frozen=True, kw_only=True):
    """Your birthday, without the year. Friends see it while ``is_shown``, and nobody else does."""

    calendar: Calendar = "solar"
    month: Month
    day: DayOfMonth
    is_leap: bool = False
    is_shown: bool = False


class NoteIn(Body, frozen=True, kw_only=True):
    """A day about a friend, for you alone."""

    person_id: Id
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
    calendar: Calendar = "solar"
    month: Month
    day: DayOfMonth
    is_leap: bool = False


class RemindingIn(Body, frozen=True, kw_only=True):
    """So many days before a day you are reminded, in the morning, by your quiet hours; null: not at all."""

    days_before: Annotated[int, msgspec.Meta(ge=0, le=BEFORE_MAX)] | None


class BirthdayOut(msgspec.Struct, frozen=True):
    """Your birthday, and whether your friends see it."""

    day: DayOfYear
    is_shown: bool


class ComingOut(msgspec.Struct, frozen=True):
    """A day that comes within 30 days. ``day_id`` null: a birthday that your friend shows; else one that you noted."""

    person: PersonOut
    day_id: str | None
    name: str
    day: DayOfYear
    on: date
    in_days: int


class NoteOut(msgspec.Struct, frozen=True):
    """A day that you noted, and when it comes next. Of who is a friend no more nothing comes."""

    id: str
    person: PersonOut
    name: str
    day: DayOfYear
    on: date
    is_friend: bool


class DaysOut(msgspec.Struct, frozen=True):
    """The days of your friends that come, the nearest first; all that you noted; your own birthday."""

    coming: list[ComingOut]
    notes: list[NoteOut]
    birthday: BirthdayOut | None
    days_before: int | None


class BirthdayKeptOut(msgspec.Struct, frozen=True):
    """Whether your friends see it."""

    is_shown: bool


class DayKept(msgspec.Struct, frozen=True):
    """The day."""

    id: str


class RemindingOut(msgspec.Struct, frozen=True):
    """How it is now."""

    days_before: int | None


@get("/v1/days", tags=["days"])
async def list_days(request: AnyRequest) -> DaysOut:
    """What comes among your friends, and what you noted."""
    page = await coming_days(house_of(request).ground, reader_of(request).person_id)
    mine = page.birthday
    return DaysOut(
        [_coming(one) for one in page.coming],
        [_note(one) for one in page.notes],
        None if mine is None else BirthdayOut(_day(mine.day), mine.is_shown),
        page.days_before,
    )


@post("/v1/days", tags=["days"], refuses=(NotFriends, DaysFull))
async def make_note(request: AnyRequest, data: JSONBody[NoteIn]) -> DayKept:
    """Note a day about a friend. They hear nothing of it."""
    day = Day(data.calendar, data.month, data.day, data.is_leap)
    ask = NoteADay(reader_of(request).person_id, id_in(data.person_id), data.name, day)
    return DayKept(str((await note_a_day(house_of(request).ground, ask, once_of(request, data))).day_id))


@delete("/v1/days/{day_id:str}", tags=["days"], status_code=HTTP_200_OK, refuses=(DayUnknown,))
async def remove_note(request: AnyRequest, day_id: FromPath[str]) -> DayKept:
    """Note it no more."""
    person_id, once = reader_of(request).person_id, await once_without_body(request)
    return DayKept(str((await note_a_day_no_more(house_of(request).ground, person_id, id_in(day_id), once)).day_id))


@put("/v1/days/reminding", tags=["days"])
async def set_reminding(request: AnyRequest, data: JSONBody[RemindingIn]) -> RemindingOut:
    """Be reminded of days that come, or not: nobody is who did not ask for it."""
    ground, once = house_of(request).ground, once_of(request, data)
    return RemindingOut((await be_reminded(ground, reader_of(request).person_id, data.days_before, once)).days_before)


@put("/v1/me/birthday", tags=["days"])
async def set_birthday(request: AnyRequest, data: JSONBody[BirthdayIn]) -> BirthdayKeptOut:
    """Say when your birthday is, and whether your friends see it."""
    day = Day(data.calendar, data.month, data.day, data.is_leap)
    ask = KeepMyBirthday(reader_of(request).person_id, day, data.is_shown)
    return BirthdayKeptOut((await keep_my_birthday(house_of(request).ground, ask, once_of(request, data))).is_shown)


@delete("/v1/me/birthday", tags=["days"], status_code=HTTP_200_OK)
async def remove_birthday(request: AnyRequest) -> BirthdayKeptOut:
    """Let nothing of it be kept."""
    ask, once = KeepMyBirthday(reader_of(request).person_id, None), await once_without_body(request)
    return BirthdayKeptOut((await keep_my_birthday(house_of(request).ground, ask, once)).is_shown)


def _day(day: Day) -> DayOfYear:
    return DayOfYear(day.calendar, day.month, day.day, day.is_leap)


def _coming(one: DayHere) -> ComingOut:
    day_id = None if one.day_id is None else str(one.day_id)
    return ComingOut(person_out(one.who), day_id, one.name, _day(one.day), one.on, one.in_days)


def _note(one: NoteHere) -> NoteOut:
    return NoteOut(str(one.day_id), person_out(one.who), one.name, _day(one.day), one.on, one.is_friend)


routes = [list_days, make_note, remove_note, set_reminding, set_birthday, remove_birthday]
