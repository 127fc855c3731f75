"""When a gift comes: on the wrapping desk, and on the page of one that is still to come."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.text import Language, knows, say
from renqing.journeys.send_a_gift_later import MoveASchedule, move_a_schedule, zone_of
from renqing.social.draws import coming_between
from renqing.social.gifts import GiftNotAvailable
from renqing.social.schedules import Moment, Schedule, clock_of, moment_of
from renqing.views.gift_page import GiverPage, gift_page

allow(
    Audience.PERSON,
    "GET /gifts/{gift_id:str}/schedule",
    "POST /gifts/{gift_id:str}/schedule",
    "POST /gifts/{gift_id:str}/deliver",
)

# Where most people who give and are given to live; a program may name any other.
ZONES = (
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Singapore",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
MORNING = 9


class When(msgspec.Struct, frozen=True):
    """What stands in the form: whether it comes later, what the clock shows then, and where that clock hangs.

    ``least`` and ``most`` bound the calendar; ``zone`` is empty for the recipient's own.
    """

    later: bool
    at: str
    zone: str
    zones: list[tuple[str, str]]
    least: str
    most: str


def when_asked(form: Form) -> Moment | None:
    """The moment that the form asks for; None: as soon as it is paid."""
    if form.get("when") != "later":
        return None
    return Moment(form.get("deliver_at", "").strip(), form.get("deliver_zone") or None)


async def begins_at(ground: Ground, giver_id: int, form: Form) -> datetime:
    """When a gift that names nobody begins, by the form: at its moment, or now. Raises FieldNotValid."""
    moment, now = when_asked(form), ground.clock.now()
    if moment is None:
        return now
    return moment_of(moment, await zone_of(ground.db, giver_id, None), now, ground.policy.gift_schedule_days_max)


def when_on_desk(given: Form, ground: Ground, language: Language) -> When:
    """The desk as it stands, with what was written before a refusal; at first, tomorrow morning."""
    now = ground.clock.now()
    here = now.astimezone(ZoneInfo(ZONES[0]))
    morning = (here + timedelta(days=1)).replace(hour=MORNING, minute=0)
    return When(
        later=given.get("when", "") == "later",
        at=given.get("deliver_at", "") or wall(morning),
        zone=given.get("deliver_zone", ""),
        zones=zones_named(given.get("deliver_zone", ""), language),
        least=wall(now - timedelta(days=1)),  # wherever the chosen clock hangs
        most=wall(now + timedelta(days=ground.policy.gift_schedule_days_max)),
    )


def zones_named(also: str, language: Language) -> list[tuple[str, str]]:
    """The zones to choose from, with what a reader calls them."""
    return [(zone, zone_said(zone, language)) for zone in dict.fromkeys((*ZONES, also)) if zone]


def zone_said(zone: str, language: Language) -> str:
    """What a reader calls a zone: its city."""
    key = f"zone.{zone}"
    return say(key, language) if knows(key) else zone.rpartition("/")[2].replace("_", " ")


def wall(at: datetime) -> str:
    """What a clock shows, as a browser's calendar takes it."""
    return f"{at:%Y-%m-%dT%H:%M}"


class Coming(msgspec.Struct, frozen=True):
    """When a gift comes, as its giver thinks of it."""

    clock: datetime
    zone: str


def coming(schedule: Schedule, language: Language) -> Coming:
    """The day and the hour on the wall that its giver thinks of, and where that wall is."""
    return Coming(clock_of(schedule), zone_said(schedule.time_zone, language))


# a gift that is still to come ----------------------------------------------------------------------------------------
@get("/gifts/{gift_id:str}/schedule")
async def choose(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """At which other moment."""
    return await _choosing(request, id_in(gift_id), {})


async def _choosing(request: AnyRequest, gift_id: int, form: Form, problem: str = "") -> Response[str]:
    ground = house_of(request).ground
    found = await gift_page(ground, my_id(request), gift_id)
    if not isinstance(found, GiverPage):
        raise GiftNotAvailable
    if found.schedule is None:
        return go(request, f"/gifts/{gift_id}")
    theirs = await zone_of(ground.db, my_id(request), found.to.id if found.to else None)
    kept = {
        "deliver_at": wall(clock_of(found.schedule)),
        "deliver_zone": "" if found.schedule.time_zone == theirs else found.schedule.time_zone,
    }
    when = when_on_desk({**kept, **form}, ground, language_of(request))
    between = None
    if found.draw is not None:
        earliest, before = coming_between(found.draw.draw_at, timedelta(hours=found.hours), ground.policy)
        between = max(earliest, ground.clock.now()), before
    return await page(
        request,
        "gift_schedule.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        when=when,
        between=between,
        problem=problem,
    )


@post("/gifts/{gift_id:str}/schedule")
async def move(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Let it come then."""
    form, number = await form_of(request), id_in(gift_id)
    moment = Moment(form.get("deliver_at", "").strip(), form.get("deliver_zone") or None)
    return await _moved(request, MoveASchedule(my_id(request), number, moment), form, "gift_rescheduled")


@post("/gifts/{gift_id:str}/deliver")
async def deliver(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Send it now."""
    form = await form_of(request)
    return await _moved(request, MoveASchedule(my_id(request), id_in(gift_id), None), form, "gift_sent_now")


async def _moved(request: AnyRequest, ask: MoveASchedule, form: Form, told: str) -> Response[str]:
    try:
        await move_a_schedule(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _choosing(request, ask.gift_id, form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{ask.gift_id}", told)


routes = [choose, move, deliver]
