"""Hurry a late shop: one tap of who paid for the order, or of who gets its goods."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in, once_without_body, reader_of
from renqing.journeys.hurry_a_shop import HurryAShop, hurry_a_shop
from renqing.trade.hurries import HurryNotNow
from renqing.trade.orders import OrderUnknown
from renqing.views.hurries import hurry_of

allow(Audience.PERSON, "GET /v1/orders/{order_id:str}/hurry", "POST /v1/orders/{order_id:str}/hurry")


class HurryOut(msgspec.Struct, frozen=True):
    """Whether you may hurry the shop now, or ``from_at`` on; how often it was hurried, and when last."""

    order_id: str
    may: bool
    from_at: datetime | None
    last_at: datetime | None
    times: int


class HurriedOut(msgspec.Struct, frozen=True):
    """The shop was told, for the ``times``-th time."""

    order_id: str
    times: int


@get("/v1/orders/{order_id:str}/hurry", tags=["buying"], refuses=(OrderUnknown,))
async def read_hurry(request: AnyRequest, order_id: FromPath[str]) -> HurryOut:
    """Whether the shop of an order that you paid for, or get, can be hurried."""
    seen = await hurry_of(house_of(request).ground, reader_of(request).person_id, id_in(order_id))
    return HurryOut(str(seen.order_id), seen.may, seen.from_at, seen.last_at, seen.times)


@post(
    "/v1/orders/{order_id:str}/hurry",
    tags=["buying"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown, HurryNotNow),
)
async def hurry(request: AnyRequest, order_id: FromPath[str]) -> HurriedOut:
    """Remind the shop of an order that should have left by now, once a day."""
    ask = HurryAShop(reader_of(request).person_id, id_in(order_id))
    done = await hurry_a_shop(house_of(request).ground, ask, await once_without_body(request))
    return HurriedOut(str(done.hurried_order_id), done.times)


routes = [read_hurry, hurry]
