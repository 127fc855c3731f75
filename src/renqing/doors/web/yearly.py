"""Every year: rules that propose a gift for a friend's day, looked through before they begin, and a yes to it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.buying import to_cashier
from renqing.doors.web.days import date_said, day_said
from renqing.doors.web.desk_forms import amount_in, amount_out
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.doors.web.wrapping import today
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.choose_yearly_gift import Choice
from renqing.journeys.keep_yearly_gifts import MakeARule, MoveARule, look_ahead, make_a_rule, move_a_rule
from renqing.journeys.propose_yearly_gifts import SayYes, say_yes
from renqing.social.gifts import COVERS, by_season
from renqing.social.yearly import NewRule, Proposal
from renqing.views.yearly_rules import rule_desk, yearly_rule, yearly_rules

allow(
    Audience.PERSON,
    "GET /yearly",
    "POST /yearly",
    "GET /yearly/new/{person_id:str}",
    "GET /yearly/{rule_id:str}",
    "POST /yearly/{rule_id:str}/activate",
    "POST /yearly/{rule_id:str}/pause",
    "POST /yearly/{rule_id:str}/end",
    "POST /yearly/{rule_id:str}/give",
)

BIRTHDAY = "birthday"
OF_A_LIST = "list-"
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?")


@get("/yearly")
async def rules(request: AnyRequest) -> Response[str]:
    """What I mean to give every year."""
    found = await yearly_rules(house_of(request).ground, my_id(request))
    language = language_of(request)
    return await page(request, "yearly.html", tab="gift", rules=found, said=lambda day: day_said(day, language))


@get("/yearly/new/{person_id:str}")
async def new(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """What a rule for a friend is made of; ``sku`` names a style that is meant already."""
    return await _desk(request, id_in(person_id), {"sku": request.query_params.get("sku", "")})


async def _desk(request: AnyRequest, friend_id: int, form: Form, problem: str = "") -> Response[str]:
    ground, language = house_of(request).ground, language_of(request)
    desk = await rule_desk(ground, my_id(request), friend_id, parse_id(form.get("sku", "")))
    usual = amount_out(desk.total, ground.policy.currency) if desk.total else ""
    return await page(
        request,
        "yearly_new.html",
        status=422 if problem else 200,
        tab="gift",
        page=desk,
        form={"sum": usual, "at": "09:00", "greeting": "", "day": "", "what": "", "cover": BIRTHDAY} | form,
        covers=by_season(COVERS, today(request)),
        greeting_max=ground.policy.greeting_characters_max,
        said=lambda day: day_said(day, language),
        problem=problem,
    )


@post("/yearly")
async def make(request: AnyRequest) -> Response[str]:
    """Make it, paused."""
    form, ground = await form_of(request), house_of(request).ground
    friend_id = id_in(form.get("friend", ""))
    what, day = form.get("what", ""), form.get("day", "")
    try:
        rule = NewRule(
            giver_id=my_id(request),
            friend_id=friend_id,
            note_id=None if day == BIRTHDAY else id_in(day),
            sku_id=None if what.startswith(OF_A_LIST) else id_in(form.get("sku", "")),
            list_id=id_in(what.removeprefix(OF_A_LIST)) if what.startswith(OF_A_LIST) else None,
            total_max=amount_in(form.get("sum", ""), ground.policy.currency),
            currency=ground.policy.currency,
            cover=form.get("cover", ""),
            greeting=form.get("greeting", ""),
            comes_at=_minute(form.get("at", "")),
        )
        made = await make_a_rule(ground, MakeARule(rule), deed(request, form))
    except Refusal as refusal:
        return await _desk(request, friend_id, form, words_of(refusal, language_of(request)))
    return go(request, f"/yearly/{made.rule_id}", "yearly_made")


def _minute(said: str) -> int:
    found = _CLOCK.fullmatch(said.strip())
    if found is None:
        raise FieldNotValid(field="at", reason="clock")
    return int(found[1]) * 60 + int(found[2])


@get("/yearly/{rule_id:str}")
async def one(request: AnyRequest, rule_id: FromPath[str]) -> Response[str]:
    """What it would do, and what it proposes this year."""
    return await _rule(request, id_in(rule_id))


async def _rule(request: AnyRequest, rule_id: int, problem: str = "") -> Response[str]:
    ground, language = house_of(request).ground, language_of(request)
    ahead = await look_ahead(ground, my_id(request), rule_id)
    return await page(
        request,
        "yearly_rule.html",
        status=409 if problem else 200,
        tab="gift",
        page=await yearly_rule(ground, my_id(request), rule_id),
        ahead=ahead,
        waiting=ahead.proposed if isinstance(ahead.proposed, Choice) else None,
        waiting_why=ahead.proposed,
        waits=_waits(request, ahead.last),
        at=f"{ahead.rule.comes_at // 60:02d}:{ahead.rule.comes_at % 60:02d}",
        said=lambda day: day_said(day, language),
        date_said=lambda on: date_said(on, language),
        asked=lambda time: date_said(time.proposed_at.astimezone(ZoneInfo(time.time_zone)).date(), language),
        problem=problem,
    )


def _waits(request: AnyRequest, last: Proposal | None) -> bool:
    """Whether this year's gift can still be given."""
    now = house_of(request).ground.clock.now()
    return last is not None and last.state in ("waiting", "given") and last.comes_at > now


@post("/yearly/{rule_id:str}/activate")
async def activate(request: AnyRequest, rule_id: FromPath[str]) -> Response[str]:
    """Every year like this."""
    return await _move(request, MoveARule(my_id(request), id_in(rule_id), "activate"))


@post("/yearly/{rule_id:str}/pause")
async def pause(request: AnyRequest, rule_id: FromPath[str]) -> Response[str]:
    """Not for now."""
    return await _move(request, MoveARule(my_id(request), id_in(rule_id), "pause"))


@post("/yearly/{rule_id:str}/end")
async def end(request: AnyRequest, rule_id: FromPath[str]) -> Response[str]:
    """No more."""
    return await _move(request, MoveARule(my_id(request), id_in(rule_id), "end"))


async def _move(request: AnyRequest, ask: MoveARule) -> Response[str]:
    form = await form_of(request)
    try:
        await move_a_rule(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _rule(request, ask.rule_id, words_of(refusal, language_of(request)))
    return go(request, "/yearly" if ask.verb == "end" else f"/yearly/{ask.rule_id}", f"yearly_{ask.verb}")


@post("/yearly/{rule_id:str}/give")
async def give(request: AnyRequest, rule_id: FromPath[str]) -> Response[str]:
    """Yes: wrap this year's and go to the cashier."""
    form, house, number = await form_of(request), house_of(request), id_in(rule_id)
    try:
        ask = SayYes(my_id(request), number, whole(form, "expected_total"), house.channel_named(None))
        said = await say_yes(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        return await _rule(request, number, words_of(refusal, language_of(request)))
    return await to_cashier(request, said.order_id)


routes = [rules, new, make, one, activate, pause, end, give]
