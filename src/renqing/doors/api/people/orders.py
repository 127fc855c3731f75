"""What comes to me: orders that I bought and orders that I claimed from gifts, with parcels and after-sales.

Two shapes, one an audience: who bought sees what it cost; who was given it gets a shape in which no amount has a
place. The giver of a gift is sent to the gift's own page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Cursor,
    MoneyOut,
    PersonOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    person_out,
    reader_of,
    readings_of,
)
from renqing.trade.orders import Destination, OrderUnknown
from renqing.views.market import CursorNotValid
from renqing.views.my_orders import OrderCard, Shelf, my_orders
from renqing.views.order_page import CaseHere, FromShop, GivenAway, LineHere, OrderPage, ParcelHere, order_page
from renqing.views.veil import Hidden

WAIT_SECONDS_MAX: Final = 20  # less than proxies wait for an answer
_WAIT: Final = (
    "Answer when the payment is paid or over, at the latest after so many seconds: who would ask again and again "
    "asks once"
)

allow(
    Audience.PERSON,
    "GET /v1/orders",
    "GET /v1/orders/{order_id:str}",
    "GET /v1/orders/{order_id:str}/payment",
)


class ProductName(msgspec.Struct, frozen=True):
    """A product as it was bought: its title then, its style, its picture."""

    id: str
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str


class BoughtCard(msgspec.Struct, frozen=True, tag_field="kind", tag="bought"):
    """An order of yours in the list, by its first line. ``state`` is WeChat Shop's number."""

    id: str
    state: int
    why_closed: str
    shop_name_zh: str
    shop_name_en: str
    product: ProductName
    pieces: int
    total: MoneyOut
    placed_at: datetime
    pay_by: datetime


class ClaimedCard(msgspec.Struct, frozen=True, tag_field="kind", tag="gift"):
    """An order that you claimed from a gift, or that a shop gave you: without an amount."""

    id: str
    state: int
    why_closed: str
    shop_name_zh: str
    shop_name_en: str
    product: ProductName
    pieces: int
    giver_name: str


class OrdersOut(msgspec.Struct, frozen=True):
    """Orders that come to you, the newest first."""

    orders: list[BoughtCard | ClaimedCard]
    next_cursor: str | None


class NewsOut(msgspec.Struct, frozen=True):
    """What the carrier said: where the parcel was, by the carrier's clock."""

    state: str
    place: str
    happened_at: datetime


class ParcelOut(msgspec.Struct, frozen=True):
    """A parcel with the carrier's news, the newest first."""

    carrier: str
    tracking_number: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    news: list[NewsOut]


class DestinationOut(msgspec.Struct, frozen=True):
    """Where it goes."""

    region: str
    name: str
    phone: str
    detail: str


class ClaimedLine(msgspec.Struct, frozen=True):
    """A line of a gift's order. ``may_ask``: for how many pieces an after-sale can be opened."""

    n: int
    product: ProductName
    quantity: int
    shipped: int
    refunded: int
    may_ask: int


class BoughtLine(msgspec.Struct, frozen=True):
    """A line with what a piece cost. ``custom_word``: what is made on each."""

    n: int
    product: ProductName
    quantity: int
    shipped: int
    refunded: int
    may_ask: int
    unit_price: MoneyOut
    custom_word: str


class ClaimedCase(msgspec.Struct, frozen=True):
    """An after-sale of a gift: the money goes to its giver. ``state`` is WeChat Shop's name."""

    id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    changed_at: datetime


class BoughtCase(msgspec.Struct, frozen=True):
    """An after-sale with what it gives back."""

    id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    changed_at: datetime
    amount: MoneyOut


class PaidOut(msgspec.Struct, frozen=True):
    """What it cost, and what of that went back."""

    goods: MoneyOut
    freight: MoneyOut
    total: MoneyOut
    refunded: MoneyOut


class GiftOfOrder(msgspec.Struct, frozen=True):
    """The gift that an order came from."""

    id: str
    giver: PersonOut
    cover: str
    greeting: str


class BoughtOrder(msgspec.Struct, frozen=True, tag_field="kind", tag="bought"):
    """An order that you bought for yourself."""

    id: str
    state: int
    why_closed: str
    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    lines: list[BoughtLine]
    paid: PaidOut
    note: str
    destination: DestinationOut | None
    parcels: list[ParcelOut]
    cases: list[BoughtCase]
    placed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    received_at: datetime | None
    closed_at: datetime | None
    aftersales_until: datetime | None


class ClaimedOrder(msgspec.Struct, frozen=True, tag_field="kind", tag="gift"):
    """An order that you claimed from a gift. Nothing in it is an amount.

    ``surprise``: you may not know yet what it sends, nor from which shop; ids are 0, names say nothing.
    """

    id: str
    state: int
    why_closed: str
    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    lines: list[ClaimedLine]
    gift: GiftOfOrder
    destination: DestinationOut | None
    parcels: list[ParcelOut]
    cases: list[ClaimedCase]
    ship_by: datetime | None
    received_at: datetime | None
    closed_at: datetime | None
    aftersales_until: datetime | None
    surprise: Hidden


class PresentOfOrder(msgspec.Struct, frozen=True):
    """The activity of the shop that an order was taken from. Nobody paid: WeChat's ``is_b2c_free_present``."""

    activity_id: str
    code: str
    cover: str
    greeting: str
    is_b2c_free_present: bool = True


class PresentOrder(msgspec.Struct, frozen=True, tag_field="kind", tag="present"):
    """An order that a shop gave you. Nothing in it is an amount, and nothing can be refunded."""

    id: str
    state: int
    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    lines: list[ClaimedLine]
    present: PresentOfOrder
    destination: DestinationOut | None
    parcels: list[ParcelOut]
    ship_by: datetime | None
    received_at: datetime | None


class GivenOrder(msgspec.Struct, frozen=True, tag_field="kind", tag="given"):
    """An order that paid for a gift of yours: ``GET /v1/gifts/{gift_id}`` tells the rest."""

    gift_id: str


class PaymentState(msgspec.Struct, frozen=True):
    """A payment of yours. ``waiting`` until the channel has said that it is paid or over."""

    order_id: str
    purpose: Literal["self", "gift", "fund"]
    gift_id: str | None
    standing: Literal["waiting", "paid", "over"]
    total: MoneyOut
    pay_by: datetime


@get("/v1/orders", tags=["buying"], refuses=(CursorNotValid,))
async def list_orders(request: AnyRequest, shelf: FromQuery[Shelf] = "all", cursor: Cursor = None) -> OrdersOut:
    """Orders that come to you: bought by yourself or claimed from gifts."""
    page = await my_orders(house_of(request).ground, reader_of(request).person_id, shelf, cursor_in(cursor))
    return OrdersOut([_card(card) for card in page.orders], cursor_out(page.before))


def _card(card: OrderCard) -> BoughtCard | ClaimedCard:
    product = ProductName(str(card.product_id), card.title_zh, card.title_en, card.specs, card.picture)
    head = (str(card.order_id), card.state, card.why_closed, card.shop_name_zh, card.shop_name_en, product, card.pieces)
    if card.total is None:
        return ClaimedCard(*head, card.giver_name)
    return BoughtCard(*head, MoneyOut(card.total, card.currency), card.placed_at, card.pay_by)


@get("/v1/orders/{order_id:str}", tags=["buying"], refuses=(OrderUnknown,))
async def read_order(
    request: AnyRequest, order_id: FromPath[str]
) -> BoughtOrder | ClaimedOrder | PresentOrder | GivenOrder:
    """An order of yours: what comes, where it is, what can still be asked for."""
    page = await order_page(house_of(request).ground, reader_of(request).person_id, id_in(order_id))
    if isinstance(page, GivenAway):
        return GivenOrder(str(page.gift_id))
    if page.present is not None:
        return _presented(page, page.present)
    return _claimed(page) if page.paid is None else _bought(page)


def _bought(page: OrderPage) -> BoughtOrder:
    paid = page.paid
    assert paid is not None, "who bought sees what it cost"
    return BoughtOrder(
        id=str(page.order_id),
        state=page.state,
        why_closed=page.why_closed,
        shop_id=str(page.shop_id),
        shop_name_zh=page.shop_name_zh,
        shop_name_en=page.shop_name_en,
        lines=[
            BoughtLine(*_line(line), unit_price=MoneyOut(line.unit_price or 0, paid.currency), custom_word=line.words)
            for line in page.lines
        ],
        paid=PaidOut(
            MoneyOut(paid.goods, paid.currency),
            MoneyOut(paid.freight, paid.currency),
            MoneyOut(paid.total, paid.currency),
            MoneyOut(paid.refunded, paid.currency),
        ),
        note=page.note,
        destination=_destination(page.destination),
        parcels=[parcel_out(parcel) for parcel in page.parcels],
        cases=[BoughtCase(*_case(case), amount=MoneyOut(case.amount or 0, paid.currency)) for case in page.cases],
        placed_at=page.placed_at,
        pay_by=page.pay_by,
        paid_at=page.paid_at,
        ship_by=page.ship_by,
        received_at=page.received_at,
        closed_at=page.closed_at,
        aftersales_until=page.aftersales_until,
    )


def _presented(page: OrderPage, given: FromShop) -> PresentOrder:
    return PresentOrder(
        id=str(page.order_id),
        state=page.state,
        shop_id=str(page.shop_id),
        shop_name_zh=page.shop_name_zh,
        shop_name_en=page.shop_name_en,
        lines=[ClaimedLine(*_line(line)) for line in page.lines],
        present=PresentOfOrder(str(given.activity_id), given.code, given.cover, given.greeting),
        destination=_destination(page.destination),
        parcels=[parcel_out(parcel) for parcel in page.parcels],
        ship_by=page.ship_by,
        received_at=page.received_at,
    )


def _claimed(page: OrderPage) -> ClaimedOrder:
    gift = page.gift
    assert gift is not None, "an order without an amount came from a gift"
    return ClaimedOrder(
        id=str(page.order_id),
        state=page.state,
        why_closed=page.why_closed,
        shop_id=str(page.shop_id),
        shop_name_zh=page.shop_name_zh,
        shop_name_en=page.shop_name_en,
        lines=[ClaimedLine(*_line(line)) for line in page.lines],
        gift=GiftOfOrder(str(gift.gift_id), person_out(gift.giver), gift.cover, gift.greeting),
        destination=_destination(page.destination),
        parcels=[parcel_out(parcel) for parcel in page.parcels],
        cases=[ClaimedCase(*_case(case)) for case in page.cases],
        ship_by=page.ship_by,
        received_at=page.received_at,
        closed_at=page.closed_at,
        aftersales_until=page.aftersales_until,
        surprise=page.surprise,
    )


def _line(line: LineHere) -> tuple[int, ProductName, int, int, int, int]:
    product = ProductName(str(line.product_id), line.title_zh, line.title_en, line.specs, line.picture)
    return line.n, product, line.quantity, line.shipped, line.refunded, line.may_ask


def _case(case: CaseHere) -> tuple[str, int, str, str, int, str, str, str, str, datetime]:
    return (
        str(case.case_id),
        case.line_n,
        case.kind,
        case.state,
        case.quantity,
        case.reason,
        case.answer,
        case.return_carrier,
        case.return_tracking_number,
        case.changed_at,
    )


def parcel_out(parcel: ParcelHere) -> ParcelOut:
    """A parcel for whoever it comes to."""
    return ParcelOut(
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        state=parcel.state,
        shipped_at=parcel.shipped_at,
        delivered_at=parcel.delivered_at,
        news=[NewsOut(one.state.value, one.place, one.happened_at) for one in parcel.news],
    )


def _destination(to: Destination | None) -> DestinationOut | None:
    return None if to is None else DestinationOut(to.region, to.name, to.phone, to.detail)


@get("/v1/orders/{order_id:str}/payment", tags=["buying"], refuses=(OrderUnknown,))
async def read_payment(
    request: AnyRequest,
    order_id: FromPath[str],
    wait_seconds: Annotated[int, QueryParameter(ge=0, le=WAIT_SECONDS_MAX, required=False, description=_WAIT)] = 0,
) -> PaymentState:
    """Whether the money of an order or gift of yours has arrived."""
    payer_id, asked = reader_of(request).person_id, id_in(order_id)
    page = await house_of(request).hub.once(
        payer_id,
        lambda: readings_of(request).payments.ask((payer_id, asked)),
        lambda page: page.standing != "waiting",
        wait_seconds,
    )
    return PaymentState(
        order_id=str(page.order_id),
        purpose=page.purpose,
        gift_id=None if page.gift_id is None else str(page.gift_id),
        standing=page.standing,
        total=MoneyOut(page.total, page.currency),
        pay_by=page.pay_by,
    )


routes = [list_orders, read_order, read_payment]
