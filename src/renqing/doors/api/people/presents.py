"""What shops give away: looking at it by its link, and taking one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import AddressUnknown, SignedIn
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, once_of, reader_of
from renqing.journeys.take_a_present import TakeAPresent
from renqing.social.activities import (
    PresentGone,
    PresentNotAvailable,
    PresentNotForYou,
    PresentNotYet,
    PresentPaused,
)
from renqing.social.gifts import CannotReceive, GiftUndeliverable
from renqing.views.present_page import PresentPage, Standing, present_page

allow(Audience.ANYONE, "GET /v1/presents/{present_code:str}")
allow(Audience.PERSON, "POST /v1/presents/{present_code:str}/taking")


class PresentOut(msgspec.Struct, frozen=True):
    """What a shop gives away, for you. ``state`` is WeChat's number of the activity; 3, paused, is ours.

    ``standing`` says what you can do: ``ready`` to take, ``yours`` with its order, or why not.
    """

    activity_id: str
    code: str
    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    product: ProductName
    cover: str
    greeting: str
    audience: Literal["link", "customers", "group", "chosen", "cards"]
    state: int
    why_over: str
    stock: int
    left: int
    starts_at: datetime
    ends_at: datetime
    standing: Standing
    order_id: str | None
    is_b2c_free_present: bool = True


class TakingIn(Body, frozen=True, kw_only=True):
    """Where to send it."""

    address_id: Id


class PresentTakenOut(msgspec.Struct, frozen=True):
    """It is yours; this is its order."""

    activity_id: str
    order_id: str


@get("/v1/presents/{present_code:str}", tags=["presents"], refuses=(PresentNotAvailable,))
async def read_present(request: AnyRequest, present_code: FromPath[str]) -> PresentOut:
    """What a shop gives away at this link, and whether one can be yours."""
    reader: SignedIn | None = request.state.reader
    page = await present_page(house_of(request).ground, None if reader is None else reader.person_id, present_code)
    return _present(page)


def _present(page: PresentPage) -> PresentOut:
    return PresentOut(
        activity_id=str(page.activity_id),
        code=page.code,
        shop_id=str(page.shop_id),
        shop_name_zh=page.shop_name_zh,
        shop_name_en=page.shop_name_en,
        product=ProductName(str(page.product_id), page.title_zh, page.title_en, page.specs, page.picture),
        cover=page.cover,
        greeting=page.greeting,
        audience=page.audience,
        state=page.state,
        why_over=page.why_over,
        stock=page.stock,
        left=page.left,
        starts_at=page.starts_at,
        ends_at=page.ends_at,
        standing=page.standing,
        order_id=None if page.order_id is None else str(page.order_id),
    )


@post(
    "/v1/presents/{present_code:str}/taking",
    tags=["presents"],
    status_code=HTTP_200_OK,
    refuses=(
        PresentNotAvailable,
        PresentNotForYou,
        PresentNotYet,
        PresentPaused,
        PresentGone,
        CannotReceive,
        AddressUnknown,
        GiftUndeliverable,
    ),
)
async def take_present(request: AnyRequest, present_code: FromPath[str], data: JSONBody[TakingIn]) -> PresentTakenOut:
    """Take one, free: one a person. Who asks again gets the same order."""
    ask = TakeAPresent(reader_of(request).person_id, present_code, id_in(data.address_id))
    taken = await house_of(request).presents.ask((ask, once_of(request, data)))
    return PresentTakenOut(str(taken.activity_id), str(taken.order_id))


routes = [read_present, take_present]
