"""Another style of a gift that you claimed, before it is shipped: asked once, decided by the shop."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.swap_a_style import (
    AskForAnotherStyle,
    SwapStands,
    TakeBackAsk,
    ask_for_another_style,
    take_back_the_ask,
)
from renqing.social.gifts import StyleNotOffered
from renqing.social.surprises import SurpriseWaits
from renqing.trade.orders import OrderUnknown
from renqing.trade.swaps import SwapNotAsked, SwapNotNow, SwapNotOffered
from renqing.views.swap_page import swap_of_order

allow(
    Audience.PERSON,
    "GET /v1/orders/{order_id:str}/swap",
    "POST /v1/orders/{order_id:str}/swap",
    "DELETE /v1/orders/{order_id:str}/swap",
)


class SwapIn(Body, frozen=True, kw_only=True):
    """Which style you would rather have."""

    sku_id: Id


class SwapChoiceOut(msgspec.Struct, frozen=True):
    """A style that can be asked for: it costs what was given."""

    sku_id: str
    specs: list[str]
    picture: str


class SwapHereOut(msgspec.Struct, frozen=True):
    """How another style stands. ``choices`` are what may be asked for, ``answer_by`` is the shop's deadline.

    ``state`` is WeChat Shop's number: 3 waiting, 4 approved, 5 rejected, 6 taken back, 7 not answered in time; 0: none
    was asked for.
    """

    state: int
    why: str
    wanted: list[str]
    answer_by: datetime | None
    choices: list[SwapChoiceOut]


class SwapStandsOut(msgspec.Struct, frozen=True):
    """How the wish stands: WeChat Shop's number, and why it was rejected: shop or stock."""

    order_id: str
    state: int
    why: str


@get("/v1/orders/{order_id:str}/swap", tags=["giving"], refuses=(OrderUnknown,))
async def read_swap(request: AnyRequest, order_id: FromPath[str]) -> SwapHereOut:
    """Which styles you may ask for instead, and how what you asked for stands."""
    here = await swap_of_order(house_of(request).ground, reader_of(request).person_id, id_in(order_id))
    choices = [SwapChoiceOut(str(one.sku_id), one.specs, one.picture) for one in here.choices]
    return SwapHereOut(here.state, here.why, here.wanted, here.answer_by, choices)


@post(
    "/v1/orders/{order_id:str}/swap",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown, SurpriseWaits, SwapNotOffered, StyleNotOffered, StockRanOut),
)
async def ask_swap(request: AnyRequest, order_id: FromPath[str], data: JSONBody[SwapIn]) -> SwapStandsOut:
    """Ask the shop for another style, once. It decides before its deadline; silence refuses."""
    ask = AskForAnotherStyle(reader_of(request).person_id, id_in(order_id), id_in(data.sku_id))
    return stands_out(await ask_for_another_style(house_of(request).ground, ask, once_of(request, data)))


@delete(
    "/v1/orders/{order_id:str}/swap",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown, SwapNotAsked, SwapNotNow),
)
async def take_back_swap(request: AnyRequest, order_id: FromPath[str]) -> SwapStandsOut:
    """Keep what was given after all."""
    ask = TakeBackAsk(reader_of(request).person_id, id_in(order_id))
    return stands_out(await take_back_the_ask(house_of(request).ground, ask, await once_without_body(request)))


def stands_out(stands: SwapStands) -> SwapStandsOut:
    """How it stands, in JSON."""
    return SwapStandsOut(str(stands.order_id), stands.state, stands.why)


routes = [read_swap, ask_swap, take_back_swap]
