"""What a shop gives away: activities are made, listed, paused and stopped, and customers chosen for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import GroupUnknown, ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    Id,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    id_of,
    once_of,
    reader_of,
)
from renqing.journeys.check_out import OfferOver
from renqing.journeys.keep_activities import (
    ChoosePeople,
    MakeAnActivity,
    MoveAnActivity,
    choose_people,
    make_an_activity,
    move_an_activity,
)
from renqing.social.activities import (
    GUESTS_MAX,
    NAME_CHARACTERS_MAX,
    STOCK_MAX,
    ActivitiesFull,
    ActivityFull,
    ActivityOver,
    ActivityUnknown,
    NotForChosen,
    StockShort,
)
from renqing.social.gifts import COVERS, GiftNotAllowed
from renqing.social.holds import OnHold
from renqing.trade.vouchers import VouchersApart
from renqing.views.market import CursorNotValid
from renqing.views.shop_activities import ActivityRow, shop_activities, shop_activity

TAG = "merchants: activities"
_ONE = "/v1/shops/{shop_id:str}/activities/{activity_id:str}"
allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/activities",
    "POST /v1/shops/{shop_id:str}/activities",
    f"GET {_ONE}",
    f"POST {_ONE}/steps",
    f"POST {_ONE}/guests",
)

For = Literal["link", "customers", "group", "chosen", "cards"]


class ActivityIn(Body, frozen=True, kw_only=True):
    """So many pieces of one style, set aside from now on, for whom, from when (none: now) to when.

    ``audience``: whoever has the ``link``; your ``customers``; a ``group`` of yours; people you have
    ``chosen``; or who uses one of the ``cards`` that you print.
    """

    name: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS_MAX * 4)]
    sku_id: Id
    stock: Annotated[int, msgspec.Meta(ge=1, le=STOCK_MAX)]
    audience: For = "link"
    group_id: Id | None = None
    cover: Annotated[str, msgspec.Meta(max_length=40)] = COVERS[0]
    greeting: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)]


class StepIn(Body, frozen=True, kw_only=True):
    """``pause`` it, ``resume`` it, or ``stop`` it for good: what nobody took is free again."""

    step: Literal["pause", "resume", "stop"]


class GuestsIn(Body, frozen=True, kw_only=True):
    """Whom to choose: the people to whom these orders of yours came."""

    order_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=GUESTS_MAX)]


class ActivityMadeOut(msgspec.Struct, frozen=True):
    """It is there; ``url`` is its public link, for a note, a message or a printed code."""

    id: str
    code: str
    url: str


class ActivityOut(msgspec.Struct, frozen=True):
    """An activity. ``state``: 1 not started, 2 running, 3 paused, 4 over, 5 stopped (WeChat's, but for 3).

    ``guests`` were chosen for it; ``to_ship`` of those taken wait for you.
    """

    id: str
    name: str
    code: str
    url: str
    state: int
    why_over: str
    sku_id: str
    product: ProductName
    audience: For
    group_name: str
    cover: str
    greeting: str
    stock: int
    taken: int
    left: int
    guests: int
    to_ship: int
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


class ActivitiesOut(msgspec.Struct, frozen=True):
    """Your shop's activities, the newest first."""

    activities: list[ActivityOut]
    next_cursor: str | None


class ActivityStandsOut(msgspec.Struct, frozen=True):
    """How it stands now."""

    id: str
    state: int


class GuestsOut(msgspec.Struct, frozen=True):
    """The orders whose people are chosen, and told. Those of the others are not reached, and nobody says why."""

    id: str
    chosen: list[str]
    not_reached: list[str]


def _url(request: AnyRequest, code: str) -> str:
    return f"{house_of(request).own_url}/p/{code}"


def _activity(request: AnyRequest, row: ActivityRow) -> ActivityOut:
    return ActivityOut(
        id=str(row.activity_id),
        name=row.name,
        code=row.code,
        url=_url(request, row.code),
        state=row.state,
        why_over=row.why_over,
        sku_id=str(row.sku_id),
        product=ProductName(str(row.product_id), row.title_zh, row.title_en, row.specs, row.picture),
        audience=row.audience,
        group_name=row.group_name,
        cover=row.cover,
        greeting=row.greeting,
        stock=row.stock,
        taken=row.taken,
        left=row.left,
        guests=row.guests,
        to_ship=row.to_ship,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        made_at=row.made_at,
    )


@get("/v1/shops/{shop_id:str}/activities", tags=[TAG], refuses=(ShopUnknown, CursorNotValid))
async def list_activities(request: AnyRequest, shop_id: FromPath[str], cursor: Cursor = None) -> ActivitiesOut:
    """Your shop's activities, the newest first."""
    reader = reader_of(request).person_id
    seen = await shop_activities(house_of(request).ground, reader, id_in(shop_id), cursor_in(cursor))
    return ActivitiesOut([_activity(request, row) for row in seen.rows], cursor_out(seen.before))


@post(
    "/v1/shops/{shop_id:str}/activities",
    tags=[TAG],
    refuses=(ShopUnknown, OfferOver, GiftNotAllowed, GroupUnknown, StockShort, ActivitiesFull, OnHold, VouchersApart),
)
async def make_activity(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[ActivityIn]) -> ActivityMadeOut:
    """Set goods of yours aside to give them away. Nobody pays; you ship what is taken."""
    ask = MakeAnActivity(
        staff_id=reader_of(request).person_id,
        shop_id=id_in(shop_id),
        name=data.name,
        sku_id=id_in(data.sku_id),
        stock=data.stock,
        audience=data.audience,
        group_id=id_of(data.group_id),
        cover=data.cover,
        greeting=data.greeting,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
    )
    made = await make_an_activity(house_of(request).ground, ask, once_of(request, data), house_of(request).moderator)
    return ActivityMadeOut(str(made.activity_id), made.code, _url(request, made.code))


@get(_ONE, tags=[TAG], refuses=(ShopUnknown, ActivityUnknown))
async def read_activity(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> ActivityOut:
    """One activity, with how many are taken."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    _, row = await shop_activity(ground, reader, id_in(shop_id), id_in(activity_id))
    return _activity(request, row)


@post(f"{_ONE}/steps", tags=[TAG], status_code=HTTP_200_OK, refuses=(ShopUnknown, ActivityUnknown, ActivityOver))
async def move_activity(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], data: JSONBody[StepIn]
) -> ActivityStandsOut:
    """Pause an activity, let it go on, or stop it for good."""
    ask = MoveAnActivity(reader_of(request).person_id, id_in(shop_id), id_in(activity_id), data.step)
    stands = await move_an_activity(house_of(request).ground, ask, once_of(request, data))
    return ActivityStandsOut(str(stands.activity_id), stands.state)


@post(
    f"{_ONE}/guests",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, ActivityUnknown, ActivityOver, NotForChosen, ActivityFull, OnHold),
)
async def choose_guests(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], data: JSONBody[GuestsIn]
) -> GuestsOut:
    """Choose customers of yours by their orders: a piece is kept for each, and each is told."""
    named = tuple(map(id_in, data.order_ids))
    ask = ChoosePeople(reader_of(request).person_id, id_in(shop_id), id_in(activity_id), named)
    chosen = await choose_people(house_of(request).ground, ask, once_of(request, data))
    return GuestsOut(str(chosen.activity_id), list(map(str, chosen.chosen)), list(map(str, chosen.not_reached)))


routes = [list_activities, make_activity, read_activity, move_activity, choose_guests]
