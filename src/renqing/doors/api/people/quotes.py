"""What an order or a gift would cost, before it is placed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import FromQuery, QueryParameter

from renqing.books.people import AddressUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    MoneyOut,
    PersonOut,
    house_of,
    id_in,
    id_of,
    person_out,
    reader_of,
)
from renqing.trade.orders import QUANTITY_MAX
from renqing.views.buying_page import NotForSale, buying_page, wrapping_desk

allow(
    Audience.PERSON,
    "GET /v1/quotes/order",
    "GET /v1/quotes/gift",
)


class OrderQuote(msgspec.Struct, frozen=True):
    """What an order would cost. ``delivers`` false: not to that address."""

    price: MoneyOut
    goods: MoneyOut
    freight: MoneyOut
    total: MoneyOut
    delivers: bool
    address_id: str | None


class GiftQuote(msgspec.Struct, frozen=True):
    """What a gift would cost. ``gift_refusal`` is empty where it may be one; ``near`` are who it could be for."""

    price: MoneyOut
    freight: MoneyOut
    total: MoneyOut
    gift_refusal: str
    near: list[PersonOut]


@get("/v1/quotes/order", tags=["buying"], refuses=(NotForSale, AddressUnknown))
async def quote_order(
    request: AnyRequest,
    sku_id: FromQuery[str],
    quantity: Annotated[int, QueryParameter(ge=1, le=QUANTITY_MAX, required=False)] = 1,
    address_id: FromQuery[str | None] = None,
) -> OrderQuote:
    """What so many pieces would cost, delivered to an address of yours (none: your default one)."""
    page = await buying_page(
        house_of(request).ground, reader_of(request).person_id, id_in(sku_id), quantity, id_of(address_id)
    )
    currency = page.wanted.currency
    return OrderQuote(
        price=MoneyOut(page.wanted.price, currency),
        goods=MoneyOut(page.total - page.freight, currency),
        freight=MoneyOut(page.freight, currency),
        total=MoneyOut(page.total, currency),
        delivers=page.delivers,
        address_id=None if page.chosen is None else str(page.chosen.id),
    )


@get("/v1/quotes/gift", tags=["giving"], refuses=(NotForSale,))
async def quote_gift(request: AnyRequest, sku_id: FromQuery[str]) -> GiftQuote:
    """What a gift would cost, whether it may be one, and whom you could give it to."""
    desk = await wrapping_desk(house_of(request).ground, reader_of(request).person_id, id_in(sku_id))
    currency = desk.wanted.currency
    return GiftQuote(
        price=MoneyOut(desk.wanted.price, currency),
        freight=MoneyOut(desk.freight, currency),
        total=MoneyOut(desk.total, currency),
        gift_refusal=desk.gift_refusal,
        near=[person_out(one.person) for one in desk.near],
    )


routes = [quote_order, quote_gift]
