"""Buy for oneself: place, pay, cancel, confirm receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import AddressUnknown
from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.engravings import Words
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.doors.house import ChannelUnknown
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.check_out import LINES_MAX, CheckOut, NotDelivered, OfferOver, TotalChanged
from renqing.journeys.engrave_an_order import check_words_pass
from renqing.journeys.receive_an_order import ReceiveOrder, receive_an_order
from renqing.journeys.start_a_payment import StartPayment
from renqing.social.holds import OnHold
from renqing.trade.carts import CartChanged
from renqing.trade.orders import QUANTITY_MAX, OrderNotReady, OrderUnknown
from renqing.trade.payments import PaymentOver, PaymentUnknown
from renqing.trade.payments.ports import ChannelRefused, ChannelSilent
from renqing.trade.vouchers import VouchersApart

allow(
    Audience.PERSON,
    "POST /v1/orders",
    "POST /v1/orders/{order_id:str}/payments",
    "POST /v1/orders/{order_id:str}/cancellation",
    "POST /v1/orders/{order_id:str}/receipt",
)


class LineIn(Body, frozen=True, kw_only=True):
    """So many pieces of a SKU. ``custom_word``: words on each, of a product that takes them; made to order."""

    sku_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    custom_word: Words | None = None


class OrderIn(Body, frozen=True, kw_only=True):
    """An order for oneself: lines of one shop, to one of one's own addresses; vouchers need none.

    ``from_cart``: the lines are your cart's, piece for piece, and leave it with the order; words that are kept with a
    line of it are made too.
    """

    lines: Annotated[list[LineIn], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    address_id: Id | None = None
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""
    expected_total: Amount | None = None
    channel: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    from_cart: bool = False


class OrderPlaced(msgspec.Struct, frozen=True):
    """An order that waits for its payment."""

    order_id: str
    total: MoneyOut
    pay_by: datetime


class PaymentIn(Body, frozen=True, kw_only=True):
    """Where the payer returns to after the cashier; a path of this installation."""

    return_path: Annotated[str, msgspec.Meta(pattern="^/[A-Za-z0-9/_-]*$", max_length=200)] = "/"


class PaymentOut(msgspec.Struct, frozen=True):
    """Where the person pays."""

    payment_id: str
    cashier_url: str


class Cancellation(msgspec.Struct, frozen=True):
    """``closed`` false: a payment may be in flight, the channel is asked first."""

    closed: bool


class Receipt(msgspec.Struct, frozen=True):
    """The order is done."""

    order_id: str
    state: int


@post(
    "/v1/orders",
    tags=["buying"],
    refuses=(
        OfferOver,
        AddressUnknown,
        NotDelivered,
        StockRanOut,
        TotalChanged,
        CartChanged,
        ChannelUnknown,
        VouchersApart,
    ),
)
async def place_order(request: AnyRequest, data: JSONBody[OrderIn]) -> OrderPlaced:
    """Place an order for yourself. It waits for its payment and holds its stock until ``pay_by``."""
    house = house_of(request)
    words = {id_in(line.sku_id): line.custom_word for line in data.lines if line.custom_word is not None}
    await check_words_pass(house.ground, house.moderator, words.values())
    ask = CheckOut(
        buyer_id=reader_of(request).person_id,
        lines=tuple((id_in(line.sku_id), line.quantity) for line in data.lines),
        address_id=id_of(data.address_id),
        channel=channel_of(request, data.channel),
        note=data.note,
        expected_total=data.expected_total,
        from_cart=data.from_cart,
        words=tuple(words.items()),
    )
    placed = await house.check_outs.ask((ask, once_of(request, data)))
    return OrderPlaced(str(placed.order_id), MoneyOut(placed.total, placed.currency), placed.pay_by)


@post(
    "/v1/orders/{order_id:str}/payments",
    tags=["buying"],
    refuses=(PaymentUnknown, PaymentOver, OnHold, ChannelRefused, ChannelSilent),
)
async def start_payment(request: AnyRequest, order_id: FromPath[str], data: JSONBody[PaymentIn]) -> PaymentOut:
    """Go to the cashier for an order or a gift of yours. Asking again answers the same page."""
    house = house_of(request)
    ask = StartPayment(
        payer_id=reader_of(request).person_id,
        order_id=id_in(order_id),
        notify_url_of=house.notify_url,
        return_url=f"{house.own_url}{data.return_path}",
    )
    ready = await house.payment_starts.start(ask, once_of(request, data))
    return PaymentOut(str(ready.intent_id), ready.cashier_url)


@post(
    "/v1/orders/{order_id:str}/cancellation",
    tags=["buying"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown, OrderNotReady),
)
async def cancel_order(request: AnyRequest, order_id: FromPath[str]) -> Cancellation:
    """Cancel an order of yours that nobody has paid."""
    ask = CancelOrder(reader_of(request).person_id, id_in(order_id))
    done = await cancel_an_order(house_of(request).ground, ask, await once_without_body(request))
    return Cancellation(done.closed)


@post(
    "/v1/orders/{order_id:str}/receipt",
    tags=["buying"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown, OrderNotReady),
)
async def confirm_receipt(request: AnyRequest, order_id: FromPath[str]) -> Receipt:
    """Say that everything of an order of yours has arrived: the shop gets its money."""
    ask = ReceiveOrder(reader_of(request).person_id, id_in(order_id))
    done = await receive_an_order(house_of(request).ground, ask, await once_without_body(request))
    return Receipt(str(done.order_id), done.state)


def channel_of(request: AnyRequest, named: str | None) -> str:
    """The payment channel that was named, or the house's default. Raises ChannelUnknown."""
    return house_of(request).channel_named(named)


routes = [place_order, start_payment, cancel_order, confirm_receipt]
