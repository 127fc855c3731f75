"""The desk where a shop gives goods away: activities, how many are taken, the link to hand out, and who is chosen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.desk_frame import ground_of, offset_of, shop_page
from renqing.doors.web.qr import qr_svg
from renqing.doors.web.shell import Form, deed, form_of, go, my_id, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.keep_activities import (
    ChoosePeople,
    MakeAnActivity,
    MoveAnActivity,
    Step,
    choose_people,
    make_an_activity,
    move_an_activity,
)
from renqing.journeys.keep_claim_cards import PrintCards, print_cards
from renqing.social.activities import (
    AUDIENCES,
    GREETING_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    STOCK_MAX,
    ActivityState,
)
from renqing.social.activities import (
    Audience as For,
)
from renqing.social.cards import CARDS_MAX
from renqing.social.gifts import COVERS, by_season
from renqing.views.shop_activities import activity_choices, shop_activities, shop_activity
from renqing.views.shop_cards import card_batches

_LIST = "/desk/shops/{shop_id:str}/activities"
_ONE = _LIST + "/{activity_id:str}"
allow(
    Audience.STAFF,
    f"GET {_LIST}",
    f"POST {_LIST}",
    f"GET {_ONE}",
    f"POST {_ONE}/step",
    f"POST {_ONE}/guests",
    f"POST {_ONE}/cards",
)

LASTS = timedelta(days=7)  # what the form proposes
STEPS: dict[str, Step] = {"pause": "pause", "resume": "resume", "stop": "stop"}
_LOCAL = "%Y-%m-%dT%H:%M"


async def _activities(
    request: AnyRequest, shop_id: int, form: Form | None = None, refusal: Refusal | None = None
) -> Response[str]:
    ground, reader = ground_of(request), my_id(request)
    before = parse_id(request.query_params.get("before", ""))
    seen = await shop_activities(ground, reader, shop_id, before)
    here = ground.clock.now() + offset_of(request)
    proposed = {"ends": (here + LASTS).strftime(_LOCAL)}
    return await shop_page(
        request,
        seen.shop,
        "desk/activities.html",
        "activities",
        refusal,
        page=seen,
        choices=await activity_choices(ground, reader, shop_id),
        form={**proposed, **(form or {})},
        covers=by_season(COVERS, here.date()),
        audiences=AUDIENCES,
        name_max=NAME_CHARACTERS_MAX,
        greeting_max=GREETING_CHARACTERS_MAX,
        stock_max=STOCK_MAX,
        zone=_zone(offset_of(request)),
    )


def _zone(offset: timedelta) -> str:
    """The clock that times in the form are of: ``UTC+8``, ``UTC-3:30``."""
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    return f"UTC{'-' if offset < timedelta() else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")


@get(_LIST)
async def activities_page(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Every activity, and the form for another."""
    return await _activities(request, id_in(shop_id))


@post(_LIST)
async def make(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """A new one, on to its page."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        ask = MakeAnActivity(
            staff_id=my_id(request),
            shop_id=shop,
            name=form.get("name", ""),
            sku_id=parse_id(form.get("sku", "")) or 0,
            stock=whole(form, "stock", least=1, most=STOCK_MAX),
            audience=_audience(form),
            group_id=parse_id(form.get("group", "")) if form.get("audience") == "group" else None,
            cover=form.get("cover", ""),
            greeting=form.get("greeting", ""),
            starts_at=_instant(request, form, "starts") if form.get("starts") else None,
            ends_at=_instant(request, form, "ends"),
        )
        made = await make_an_activity(ground_of(request), ask, deed(request, form), house_of(request).moderator)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _activities(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/activities/{made.activity_id}", "activity_made")


def _audience(form: Form) -> For:
    for audience in AUDIENCES:
        if form.get("audience") == audience:
            return audience
    raise FieldNotValid(field="audience", reason="unknown")


def _instant(request: AnyRequest, form: Form, name: str) -> datetime:
    """A time of the operator's clock as an instant. Raises FieldNotValid."""
    given = form.get(name, "")
    try:
        return datetime.strptime(given[:16], _LOCAL).replace(tzinfo=UTC) - offset_of(request)
    except (ValueError, OverflowError) as odd:
        raise FieldNotValid(field=f"{name}_at", reason="missing") from odd


@get(_ONE)
async def one(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> Response[str]:
    """How it goes, its link and its picture to scan."""
    return await _one(request, id_in(shop_id), id_in(activity_id))


async def _one(
    request: AnyRequest, shop_id: int, activity_id: int, form: Form | None = None, refusal: Refusal | None = None
) -> Response[str]:
    shop, row = await shop_activity(ground_of(request), my_id(request), shop_id, activity_id)
    link = f"{house_of(request).own_url}/p/{row.code}"
    return await shop_page(
        request,
        shop,
        "desk/activity.html",
        "activities",
        refusal,
        shop=shop,
        row=row,
        link=link,
        qr=qr_svg(link),
        form=form or {},
        batches=await card_batches(ground_of(request), my_id(request), shop_id, activity_id),
        cards_max=CARDS_MAX,
        is_over=row.state in (ActivityState.OVER, ActivityState.VOID),
    )


@post(f"{_ONE}/step")
async def move(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> Response[str]:
    """Pause, go on, or stop for good."""
    form, shop, activity = await form_of(request), id_in(shop_id), id_in(activity_id)
    step = STEPS.get(form.get("step", ""))
    try:
        if step is None:
            raise FieldNotValid(field="step", reason="unknown")
        ask = MoveAnActivity(my_id(request), shop, activity, step)
        await move_an_activity(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, shop, activity, form, refusal)
    return go(request, f"/desk/shops/{shop}/activities/{activity}", f"activity_{step}")


@post(f"{_ONE}/guests")
async def choose(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> Response[str]:
    """Choose customers by the numbers of their orders."""
    form, shop, activity = await form_of(request), id_in(shop_id), id_in(activity_id)
    named = [parse_id(number) for number in re.split(r"[\s,，、;；]+", form.get("order_ids", "").strip()) if number]
    try:
        if None in named:
            raise FieldNotValid(field="orders", reason="numbers")
        asked = tuple(number for number in named if number is not None)
        chosen = await choose_people(
            ground_of(request), ChoosePeople(my_id(request), shop, activity, asked), deed(request, form)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, shop, activity, form, refusal)
    told = "guests_chosen" if not chosen.not_reached else "guests_some_chosen"
    return go(request, f"/desk/shops/{shop}/activities/{activity}", told)


@post(f"{_ONE}/cards")
async def make_cards(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> Response[str]:
    """More claim cards; their files stand on the page."""
    form, shop, activity = await form_of(request), id_in(shop_id), id_in(activity_id)
    try:
        ask = PrintCards(my_id(request), shop, activity, whole(form, "cards", least=1, most=CARDS_MAX))
        await print_cards(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, shop, activity, form, refusal)
    return go(request, f"/desk/shops/{shop}/activities/{activity}", "cards_made")


routes = [activities_page, make, one, move, choose, make_cards]
