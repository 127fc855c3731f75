"""Wishes of recipients for another style of a claimed gift: your shop decides, and silence refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.swaps import SwapStandsOut, stands_out
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, reader_of
from renqing.journeys.swap_a_style import AnswerSwap, answer_a_swap
from renqing.trade.orders import OrderUnknown
from renqing.trade.swaps import SwapNotAsked, SwapNotNow
from renqing.views.shop_things import order_of_shop
from renqing.views.swap_page import shop_swaps

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/swaps",
    "POST /v1/shops/{shop_id:str}/orders/{order_id:str}/swap-answers",
)


class ShopSwapOut(msgspec.Struct, frozen=True):
    """A wish that waits for you: ``wanted`` instead of ``specs``; ``available`` pieces of it are free."""

    order_id: str
    product_id: str
    title_zh: str
    title_en: str
    specs: list[str]
    wanted: list[str]
    available: int
    asked_at: datetime
    answer_by: datetime


class SwapAnswerIn(Body, frozen=True, kw_only=True):
    """Your decision."""

    verdict: Literal["approve", "reject"]


@get("/v1/shops/{shop_id:str}/swaps", tags=["merchants: orders"], refuses=(ShopUnknown,))
async def list_swaps(request: AnyRequest, shop_id: FromPath[str]) -> list[ShopSwapOut]:
    """What waits for your answer, the first to fall due first."""
    page = await shop_swaps(house_of(request).ground, reader_of(request).person_id, id_in(shop_id))
    return [
        ShopSwapOut(
            order_id=str(one.order_id),
            product_id=str(one.product_id),
            title_zh=one.title_zh,
            title_en=one.title_en,
            specs=one.specs,
            wanted=one.wanted,
            available=one.available,
            asked_at=one.asked_at,
            answer_by=one.answer_by,
        )
        for one in page.swaps
    ]


@post(
    "/v1/shops/{shop_id:str}/orders/{order_id:str}/swap-answers",
    tags=["merchants: orders"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, OrderUnknown, SwapNotAsked, SwapNotNow),
)
async def answer_swap(
    request: AnyRequest, shop_id: FromPath[str], order_id: FromPath[str], data: JSONBody[SwapAnswerIn]
) -> SwapStandsOut:
    """Agree or refuse. What you agree to and has run out is refused instead: the answer says ``stock``."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await order_of_shop(ground, reader, id_in(shop_id), id_in(order_id))
    ask = AnswerSwap(reader, id_in(order_id), data.verdict)
    return stands_out(await answer_a_swap(ground, ask, once_of(request, data)))


routes = [list_swaps, answer_swap]
