"""Yearly gifts: rules that propose a gift for a friend's day every year, and the yes that gives it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from renqing.books.people import NotFriends
from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.days import DayOfYear
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    PersonOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    person_out,
    reader_of,
)
from renqing.doors.house import ChannelUnknown
from renqing.journeys.check_out import OfferOver, TotalChanged
from renqing.journeys.keep_yearly_gifts import Ahead, MakeARule, MoveARule, look_ahead, make_a_rule, move_a_rule
from renqing.journeys.propose_yearly_gifts import SayYes, say_yes
from renqing.social.days import DayUnknown
from renqing.social.gifts import GiftNotAllowed, RecipientNotReachable
from renqing.social.holds import OnHold
from renqing.social.peace import GiftTooDear
from renqing.social.wishes import WishListUnknown
from renqing.social.yearly import (
    NewRule,
    NextTime,
    Proposal,
    ProposalState,
    RuleOver,
    RulesFull,
    RuleState,
    RuleUnknown,
    Why,
    YearlyNotPossible,
)
from renqing.views.yearly_rules import RuleHere, yearly_rule, yearly_rules

_RULE = "/v1/yearly-gifts/{rule_id:str}"
allow(
    Audience.PERSON,
    "GET /v1/yearly-gifts",
    "POST /v1/yearly-gifts",
    f"GET {_RULE}",
    f"POST {_RULE}/activation",
    f"POST {_RULE}/pause",
    f"POST {_RULE}/end",
    f"POST {_RULE}/giving",
)


class YearlyIn(Body, frozen=True, kw_only=True):
    """What to give a friend every year, on a day that you noted (``day_id``) or the birthday that they show.

    A style (``sku_id``), or what has waited longest on a wish list of theirs that you see (``list_id``), for up to
    ``total_max`` with freight. ``comes_at``: minute of the day, where they are.
    """

    person_id: Id
    day_id: Id | None = None
    sku_id: Id | None = None
    list_id: Id | None = None
    total_max: Amount
    cover: Annotated[str, msgspec.Meta(max_length=40)] = "birthday"
    greeting: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    comes_at: Annotated[int, msgspec.Meta(ge=0, le=1439)] = 540


class YearlyGivingIn(Body, frozen=True, kw_only=True):
    """Your yes to what is proposed, at the total that you saw."""

    expected_total: Amount
    channel: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class YearlyKept(msgspec.Struct, frozen=True):
    """The rule, and how it stands. A new one is paused."""

    id: str
    state: RuleState


class ProposalOut(msgspec.Struct, frozen=True):
    """What the rule came to last. ``waiting``: say yes before ``comes_at``; ``given``: pay ``order_id``, or it is paid.

    ``lapsed``: nobody said yes, and nothing was charged; ``failed``: nothing could be given, with ``why``.
    """

    state: ProposalState
    why: Why | None
    on: date
    comes_at: datetime
    total: MoneyOut | None
    order_id: str | None


class YearlyLine(msgspec.Struct, frozen=True):
    """A rule among others. ``day`` null: it is not to be seen at present."""

    id: str
    state: RuleState
    person: PersonOut
    day_id: str | None
    day: DayOfYear | None
    sku_id: str | None
    list_id: str | None
    total_max: MoneyOut
    cover: str
    greeting: str
    comes_at: int
    proposal: ProposalOut | None


class YearlyLines(msgspec.Struct, frozen=True):
    """Your rules, but for those that ended."""

    rules: list[YearlyLine]


class YearlyTime(msgspec.Struct, frozen=True):
    """A time that it gives: on this date where your friend is; you are asked from ``asked_from`` on."""

    on: date
    time_zone: str
    comes_at: datetime
    asked_from: datetime


class YearlyChoice(msgspec.Struct, frozen=True):
    """What it would give as things stand, with freight."""

    sku_id: str
    product_id: str
    title_zh: str
    title_en: str
    total: MoneyOut


class YearlyPreview(msgspec.Struct, frozen=True):
    """A rule looked through: what it would give as things stand, or ``why`` nothing; the next three times."""

    rule: YearlyLine
    choice: YearlyChoice | None
    why: Why | None
    times: list[YearlyTime]


class YearlyGiven(msgspec.Struct, frozen=True):
    """The gift waits for its payment: pay ``order_id``. It comes at its minute."""

    gift_id: str
    order_id: str


@get("/v1/yearly-gifts", tags=["yearly"])
async def list_yearly_gifts(request: AnyRequest) -> YearlyLines:
    """What you mean to give every year. Nobody but you knows."""
    return YearlyLines(
        [_line(one) for one in await yearly_rules(house_of(request).ground, reader_of(request).person_id)]
    )


@post("/v1/yearly-gifts", tags=["yearly"], refuses=(NotFriends, DayUnknown, OfferOver, WishListUnknown, RulesFull))
async def make_yearly_gift(request: AnyRequest, data: JSONBody[YearlyIn]) -> YearlyKept:
    """Make a rule. It starts paused: read what it would do, then activate it."""
    ground = house_of(request).ground
    new = NewRule(
        giver_id=reader_of(request).person_id,
        friend_id=id_in(data.person_id),
        note_id=id_of(data.day_id),
        sku_id=id_of(data.sku_id),
        list_id=id_of(data.list_id),
        total_max=data.total_max,
        currency=ground.policy.currency,
        cover=data.cover,
        greeting=data.greeting,
        comes_at=data.comes_at,
    )
    made = await make_a_rule(ground, MakeARule(new), once_of(request, data))
    return YearlyKept(str(made.rule_id), made.state)


@get(_RULE, tags=["yearly"], refuses=(RuleUnknown,))
async def preview_yearly_gift(request: AnyRequest, rule_id: FromPath[str]) -> YearlyPreview:
    """What a rule of yours would do as things stand. Nothing is bought or held."""
    ground, giver_id = house_of(request).ground, reader_of(request).person_id
    ahead = await look_ahead(ground, giver_id, id_in(rule_id))
    return YearlyPreview(
        _line(await yearly_rule(ground, giver_id, ahead.rule.id)),
        _choice(ahead),
        ahead.why,
        [_time(one) for one in ahead.times],
    )


@post(f"{_RULE}/activation", tags=["yearly"], refuses=(RuleUnknown, RuleOver, YearlyNotPossible))
async def activate_yearly_gift(request: AnyRequest, rule_id: FromPath[str]) -> YearlyKept:
    """Let it propose a gift every year, a week before the day. You are asked each time, and pay each time."""
    return await _move(request, MoveARule(reader_of(request).person_id, id_in(rule_id), "activate"))


@post(f"{_RULE}/pause", tags=["yearly"], refuses=(RuleUnknown, RuleOver))
async def pause_yearly_gift(request: AnyRequest, rule_id: FromPath[str]) -> YearlyKept:
    """Let it propose nothing until you activate it again."""
    return await _move(request, MoveARule(reader_of(request).person_id, id_in(rule_id), "pause"))


@post(f"{_RULE}/end", tags=["yearly"], refuses=(RuleUnknown, RuleOver))
async def end_yearly_gift(request: AnyRequest, rule_id: FromPath[str]) -> YearlyKept:
    """End it for good, and what it proposed with it."""
    return await _move(request, MoveARule(reader_of(request).person_id, id_in(rule_id), "end"))


@post(
    f"{_RULE}/giving",
    tags=["yearly"],
    refuses=(
        RuleUnknown,
        RuleOver,
        YearlyNotPossible,
        TotalChanged,
        OfferOver,
        StockRanOut,
        GiftNotAllowed,
        RecipientNotReachable,
        GiftTooDear,
        OnHold,
        ChannelUnknown,
    ),
)
async def give_yearly_gift(request: AnyRequest, rule_id: FromPath[str], data: JSONBody[YearlyGivingIn]) -> YearlyGiven:
    """Say yes to what it proposes this year: the gift is wrapped, and you pay its order as any other."""
    house = house_of(request)
    channel = house.channel_named(data.channel)
    ask = SayYes(reader_of(request).person_id, id_in(rule_id), data.expected_total, channel)
    said = await say_yes(house.ground, ask, once_of(request, data), house.moderator)
    return YearlyGiven(str(said.gift_id), str(said.order_id))


async def _move(request: AnyRequest, ask: MoveARule) -> YearlyKept:
    moved = await move_a_rule(house_of(request).ground, ask, await once_without_body(request))
    return YearlyKept(str(moved.rule_id), moved.state)


def _line(one: RuleHere) -> YearlyLine:
    rule, day = one.rule, one.day
    return YearlyLine(
        id=str(rule.id),
        state=rule.state,
        person=person_out(one.friend),
        day_id=_out(rule.note_id),
        day=None if day is None else DayOfYear(day.calendar, day.month, day.day, day.is_leap),
        sku_id=_out(rule.sku_id),
        list_id=_out(rule.list_id),
        total_max=MoneyOut(rule.total_max, rule.currency),
        cover=rule.cover,
        greeting=rule.greeting,
        comes_at=rule.comes_at,
        proposal=None if one.last is None else _proposal(one.last, rule.currency),
    )


def _proposal(one: Proposal, currency: str) -> ProposalOut:
    total = None if one.total is None else MoneyOut(one.total, currency)
    return ProposalOut(one.state, one.why, one.on, one.comes_at, total, _out(one.order_id))


def _choice(ahead: Ahead) -> YearlyChoice | None:
    one = ahead.choice
    if one is None:
        return None
    return YearlyChoice(
        str(one.sku_id), str(one.product_id), one.title_zh, one.title_en, MoneyOut(one.total, one.currency)
    )


def _time(one: NextTime) -> YearlyTime:
    return YearlyTime(one.on, one.time_zone, one.comes_at, one.proposed_at)


def _out(number: int | None) -> str | None:
    return None if number is None else str(number)


routes = [
    list_yearly_gifts,
    make_yearly_gift,
    preview_yearly_gift,
    activate_yearly_gift,
    pause_yearly_gift,
    end_yearly_gift,
    give_yearly_gift,
]
