"""Coming days: whose day is near, with something to give; what one noted; one's own birthday; being reminded."""

from __future__ import annotations

from datetime import date

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.market import MEANT_COOKIE, MEANT_SECONDS
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.text import Language, say
from renqing.journeys.keep_days import (
    KeepMyBirthday,
    NoteADay,
    be_reminded,
    keep_my_birthday,
    note_a_day,
    note_a_day_no_more,
)
from renqing.social.days import CALENDARS, NAME_CHARACTERS_MAX, Calendar, Day
from renqing.views.coming_days import coming_days, coming_with, today_of

allow(
    Audience.PERSON,
    "GET /days",
    "POST /days",
    "POST /days/birthday",
    "POST /days/birthday/remove",
    "POST /days/reminding",
    "POST /days/{day_id:str}/remove",
    "GET /days/give/{person_id:str}",
)

DAY_COOKIE = "renqing_day"  # for whom a gift is looked for, and the day that it is for
BEFORE = (0, 1, 3, 7, 14)
MORNING = "09:00"


# how a day is said ---------------------------------------------------------------------------------------------------
def day_said(day: Day, language: Language) -> str:
    """A day of every year, in the words of its own calendar."""
    if day.calendar == "solar":
        return solar_said(day.month, day.day, language)
    moon = say("days.moon_months", language).split()[day.month - 1]
    return say(
        "days.moon.leap" if day.is_leap else "days.moon",
        language,
        month=moon,
        day=say("days.moon_days", language).split()[day.day - 1],
    )


def solar_said(month: int, day: int, language: Language) -> str:
    """A day of the sun's calendar."""
    return say("days.sun", language, month=say("days.months", language).split()[month - 1], day=day)


def date_said(on: date, language: Language) -> str:
    """The same of one year; which year, its reader knows."""
    return solar_said(on.month, on.day, language)


def choices(language: Language) -> dict[Calendar, list[str]]:
    """The months to choose from, by calendar."""
    return {"solar": say("days.months", language).split(), "lunar": say("days.moon_months", language).split()}


def day_in(form: Form) -> Day:
    """The day that a form says. Raises FieldNotValid."""
    calendar = next((one for one in CALENDARS if one == form.get("calendar", "solar")), None)
    if calendar is None:
        raise FieldNotValid(field="calendar", reason="unknown")
    month, day = whole(form, "month", least=1, most=12), whole(form, "day", least=1, most=31)
    return Day(calendar, month, day, form.get("is_leap") == "1" and calendar == "lunar")


# the page ------------------------------------------------------------------------------------------------------------
@get("/days")
async def days(request: AnyRequest) -> Response[str]:
    """Who has a day soon."""
    return await _page(request)


async def _page(request: AnyRequest, form: Form | None = None, problem: str = "", about: str = "") -> Response[str]:
    language = language_of(request)
    found = await coming_days(house_of(request).ground, my_id(request))
    return await page(
        request,
        "days.html",
        status=422 if problem else 200,
        tab="me",
        page=found,
        form=form or {},
        about=about,
        name_max=NAME_CHARACTERS_MAX,
        months=choices(language),
        moon_days=say("days.moon_days", language).split(),
        before=BEFORE,
        said=lambda day: day_said(day, language),
        date_said=lambda on: date_said(on, language),
        problem=problem,
    )


@post("/days")
async def note(request: AnyRequest) -> Response[str]:
    """Note a day about a friend."""
    form = await form_of(request)
    try:
        ask = NoteADay(my_id(request), id_in(form.get("friend", "")), form.get("name", ""), day_in(form))
        await note_a_day(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _page(request, form, words_of(refusal, language_of(request)), "note")
    return go(request, "/days", "day_noted")


@post("/days/{day_id:str}/remove")
async def note_no_more(request: AnyRequest, day_id: FromPath[str]) -> Response[str]:
    """It is noted no more."""
    form = await form_of(request)
    await note_a_day_no_more(house_of(request).ground, my_id(request), id_in(day_id), deed(request, form))
    return go(request, "/days", "day_gone")


@post("/days/birthday")
async def birthday(request: AnyRequest) -> Response[str]:
    """When mine is, and whether my friends see it."""
    form = await form_of(request)
    try:
        ask = KeepMyBirthday(my_id(request), day_in(form), form.get("is_shown") == "1")
        await keep_my_birthday(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _page(request, form, words_of(refusal, language_of(request)), "birthday")
    return go(request, "/days", "birthday_shown" if ask.is_shown else "birthday_kept")


@post("/days/birthday/remove")
async def birthday_gone(request: AnyRequest) -> Response[str]:
    """Nothing of it is kept."""
    form = await form_of(request)
    await keep_my_birthday(house_of(request).ground, KeepMyBirthday(my_id(request), None), deed(request, form))
    return go(request, "/days", "birthday_gone")


@post("/days/reminding")
async def reminding(request: AnyRequest) -> Response[str]:
    """How long before I am reminded, or that I am not."""
    form = await form_of(request)
    before = None if not form.get("days_before") else whole(form, "days_before")
    await be_reminded(house_of(request).ground, my_id(request), before, deed(request, form))
    return go(request, "/days", "reminding_kept")


@get("/days/give/{person_id:str}")
async def give(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Look for something for a friend's day: the wrapping desk will know for whom, and when it is to come."""
    ground, friend_id = house_of(request).ground, id_in(person_id)
    dates = [one.on for one in await coming_with(ground, my_id(request), friend_id)]
    asked = request.query_params.get("on", "")
    on = next((one for one in dates if one.isoformat() == asked), next(iter(dates), None))
    response = go(request, f"/?to={friend_id}")
    kept = {MEANT_COOKIE: str(friend_id)}
    if on is not None and on > await today_of(ground, my_id(request)):
        kept[DAY_COOKIE] = f"{friend_id}.{on.isoformat()}"
    for key, value in kept.items():
        response.cookies.append(Cookie(key=key, value=value, max_age=MEANT_SECONDS, httponly=True, samesite="lax"))
    return response


def day_meant(request: AnyRequest, to: str) -> Form:
    """What the wrapping desk begins with where a gift is looked for a day: it comes on that morning, where they are."""
    who, _, on = request.cookies.get(DAY_COOKIE, "").partition(".")
    if not who or who != to:
        return {}
    try:
        return {"when": "later", "deliver_at": f"{date.fromisoformat(on).isoformat()}T{MORNING}"}
    except ValueError:
        return {}


routes = [days, note, birthday, birthday_gone, reminding, note_no_more, give]
