"""A shop's orders: what is to ship, shipping it, its parcels and their news, and the address, written down when read.

Who gave a gift the shop knows by a name of its own alone, and where it goes only while it is on its way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.engravings import CustomInfoOut, custom_info
from renqing.doors.api.people.gift_parts import GreetingCardOut, card_out
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    MoneyOut,
    bind_key,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    once_of,
    reader_of,
)
from renqing.journeys.read_an_address import AddressClosed, ReadAddress, read_an_address
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.trade.aftersales import AftersaleOpen
from renqing.trade.orders import QUANTITY_MAX, OrderNotReady, OrderUnknown
from renqing.trade.shipping import (
    CarrierUnknown,
    Parcel,
    ParcelLinesNotValid,
    TooManyParcels,
    TrackingNumberNotValid,
    TrackingNumberTaken,
)
from renqing.trade.swaps import SwapWaits
from renqing.views.market import CursorNotValid
from renqing.views.shop_orders import PAGE, PAGE_MAX, OrderRow, Shelf, ShopOrder, shop_order, shop_orders
from renqing.views.shop_present import PresentInfo
from renqing.views.shop_things import order_of_shop

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/orders",
    "GET /v1/shops/{shop_id:str}/orders/{order_id:str}",
    "POST /v1/shops/{shop_id:str}/orders/{order_id:str}/parcels",
    "POST /v1/shops/{shop_id:str}/orders/{order_id:str}/address-readings",
)

TAG = "merchants: orders"
LINES_MAX = 1000
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)]
Carrier = Annotated[str, msgspec.Meta(max_length=40, description="SF, JD, YTO, ZTO, STO, YUNDA or EMS")]
TrackingNumber = Annotated[str, msgspec.Meta(max_length=80)]


class ShopOrderRow(msgspec.Struct, frozen=True):
    """An order in your list, by its first line. ``late``: it should have left by now."""

    id: str
    state: int
    purpose: str
    placed_at: datetime
    ship_from: datetime | None
    late: bool
    title_zh: str
    title_en: str
    specs: list[str]
    pieces: int
    to_ship: int
    parcels: int
    cases_open: int
    total: MoneyOut
    refunded: MoneyOut
    note: str


class ShopOrdersOut(msgspec.Struct, frozen=True):
    """Your orders: what is to ship oldest first, anything else newest first."""

    orders: list[ShopOrderRow]
    next_cursor: str | None


class ShopLine(msgspec.Struct, frozen=True):
    """A line of an order. ``blocked``: pieces that an open after-sale asks for, which stay.

    ``custom_word``: what to make on each piece of what somebody bought for themselves.
    """

    n: int
    product_id: str
    sku_id: str
    title_zh: str
    title_en: str
    specs: list[str]
    quantity: int
    to_ship: int
    shipped: int
    refunded: int
    blocked: int
    unit_price: MoneyOut
    custom_word: str


class ParcelNewsOut(msgspec.Struct, frozen=True):
    """What the carrier said, by its own clock."""

    state: str
    place: str
    happened_at: datetime


class ShopParcel(msgspec.Struct, frozen=True):
    """A parcel with its lines (line n, pieces) and the carrier's news, oldest first."""

    id: str
    carrier: str
    tracking_number: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    lines: list[tuple[int, int]]
    news: list[ParcelNewsOut]


class ShopCase(msgspec.Struct, frozen=True):
    """An after-sale of the order."""

    id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    amount: MoneyOut


class ShopMoney(msgspec.Struct, frozen=True):
    """Where the order's money is: what came in, went back, went to the platform and to you.

    ``fee_ppm`` is the platform's fee in parts per million of what the payer did not get back.
    """

    total: MoneyOut
    refunded: MoneyOut
    fee: MoneyOut
    shop: MoneyOut
    fee_ppm: int
    settled: bool


class PresentInfoOut(msgspec.Struct, frozen=True):
    """The gift that an order is, as WeChat's order carries it. ``giver`` and ``recipient`` are your shop's own names.

    They are the ones of your programs' events; null for who gives without a name, or is nobody any more.
    ``present_note`` is the greeting where the gift's policy lets you read it, once it is claimed. ``send_type``: chat,
    group, link or code; ``present_send_type`` is WeChat's number for it, null where it has none. ``order_ids``: your
    orders of the same gift, ``orders`` of them, up to 1,000 named. ``paid_at``: when all of the gift was paid.
    """

    gift_id: str | None
    present_note: str
    giver: str | None
    recipient: str | None
    send_type: str
    present_send_type: int | None
    mode: str
    order_ids: list[str]
    orders: int
    paid_at: datetime | None
    is_b2c_free_present: bool
    activity_id: str | None


class ShopOrderOut(msgspec.Struct, frozen=True):
    """One order for its shop. ``region`` is province and city; the address is read, and written down, apart.

    ``greeting_card_info`` of a claimed gift: the card that you write for its giver and lay into the parcel;
    ``custom_info`` what you make on the goods. ``order_present_info``: of a gift, and of what you give away.
    """

    id: str
    state: int
    purpose: str
    why_closed: str
    note: str
    region: str
    address_opens: bool
    placed_at: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    late: bool
    received_at: datetime | None
    settled_at: datetime | None
    receive_by: datetime | None
    lines: list[ShopLine]
    parcels: list[ShopParcel]
    cases: list[ShopCase]
    money: ShopMoney
    greeting_card_info: GreetingCardOut | None
    custom_info: CustomInfoOut | None
    order_present_info: PresentInfoOut | None


class ParcelLineIn(Body, frozen=True, kw_only=True):
    """Pieces of one order line."""

    n: Annotated[int, msgspec.Meta(ge=1, le=LINES_MAX)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]


class ParcelIn(Body, frozen=True, kw_only=True):
    """What leaves and with whom. Without ``lines`` everything that is left to ship."""

    carrier: Carrier
    tracking_number: TrackingNumber
    lines: Annotated[list[ParcelLineIn], msgspec.Meta(min_length=1, max_length=LINES_MAX)] | None = None


class ShippedOut(msgspec.Struct, frozen=True):
    """The parcel that left, and the order's state: 21 with a rest to ship, 30 without."""

    parcel_id: str
    order_id: str
    state: int


class AddressReadingIn(Body, frozen=True, kw_only=True):
    """Why you read the address."""

    why: Literal["ship", "help"] = "ship"


class AddressRead(msgspec.Struct, frozen=True):
    """Where the order goes. Reading it was written down."""

    region: str
    name: str
    phone: str
    detail: str


@get("/v1/shops/{shop_id:str}/orders", tags=[TAG], refuses=(ShopUnknown, CursorNotValid))
async def list_shop_orders(
    request: AnyRequest,
    shop_id: FromPath[str],
    shelf: FromQuery[Shelf] = "to_ship",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> ShopOrdersOut:
    """Your orders: to ship, waiting to be claimed, on the way, done, ended."""
    page = await shop_orders(
        house_of(request).ground, reader_of(request).person_id, id_in(shop_id), shelf, cursor_in(cursor), limit=limit
    )
    return ShopOrdersOut([_row(row) for row in page.rows], cursor_out(page.next_after))


def _row(row: OrderRow) -> ShopOrderRow:
    return ShopOrderRow(
        id=str(row.order_id),
        state=row.state,
        purpose=row.purpose,
        placed_at=row.placed_at,
        ship_from=row.ship_from,
        late=row.late,
        title_zh=row.title_zh,
        title_en=row.title_en,
        specs=row.specs,
        pieces=row.pieces,
        to_ship=row.to_ship,
        parcels=row.parcels,
        cases_open=row.cases_open,
        total=MoneyOut(row.total, row.currency),
        refunded=MoneyOut(row.refunded, row.currency),
        note=row.note,
    )


@get("/v1/shops/{shop_id:str}/orders/{order_id:str}", tags=[TAG], refuses=(ShopUnknown, OrderUnknown))
async def read_shop_order(request: AnyRequest, shop_id: FromPath[str], order_id: FromPath[str]) -> ShopOrderOut:
    """One order of yours with its lines, parcels, after-sales and money."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await order_of_shop(ground, reader, id_in(shop_id), id_in(order_id))
    return _order(await shop_order(ground, reader, id_in(order_id)))


def _order(order: ShopOrder) -> ShopOrderOut:
    money = order.money
    currency = money.currency
    return ShopOrderOut(
        id=str(order.order_id),
        state=order.state,
        purpose=order.purpose,
        why_closed=order.why_closed,
        note=order.note,
        region=order.region,
        address_opens=order.address_opens,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        ship_by=order.ship_by,
        late=order.late,
        received_at=order.received_at,
        settled_at=order.settled_at,
        receive_by=order.receive_by,
        lines=[
            ShopLine(
                n=line.n,
                product_id=str(line.product_id),
                sku_id=str(line.sku_id),
                title_zh=line.title_zh,
                title_en=line.title_en,
                specs=line.specs,
                quantity=line.quantity,
                to_ship=line.to_ship,
                shipped=line.shipped,
                refunded=line.refunded,
                blocked=order.blocked.get(line.n, 0),
                unit_price=MoneyOut(line.unit_price, currency),
                custom_word=order.words.get(line.n, ""),
            )
            for line in order.lines
        ],
        parcels=[_parcel(parcel) for parcel in order.parcels],
        cases=[
            ShopCase(
                str(case.id),
                case.line_n,
                case.kind.value,
                case.state.value,
                case.quantity,
                MoneyOut(case.amount, currency),
            )
            for case in order.cases
        ],
        money=ShopMoney(
            total=MoneyOut(money.total, currency),
            refunded=MoneyOut(money.refunded, currency),
            fee=MoneyOut(money.fee, currency),
            shop=MoneyOut(money.shop, currency),
            fee_ppm=money.fee_ppm,
            settled=money.settled,
        ),
        greeting_card_info=card_out(order.card),
        custom_info=custom_info(order.engraving),
        order_present_info=_present(order.present),
    )


def _present(present: PresentInfo | None) -> PresentInfoOut | None:
    if present is None:
        return None
    return PresentInfoOut(
        gift_id=None if present.gift_id is None else str(present.gift_id),
        present_note=present.note,
        giver=present.giver,
        recipient=present.recipient,
        send_type=present.send_type,
        present_send_type=present.send_number,
        mode=present.mode,
        order_ids=[str(one) for one in present.order_ids],
        orders=present.orders,
        paid_at=present.paid_at,
        is_b2c_free_present=present.is_b2c_free_present,
        activity_id=None if present.activity_id is None else str(present.activity_id),
    )


def _parcel(parcel: Parcel) -> ShopParcel:
    return ShopParcel(
        id=str(parcel.id),
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        state=parcel.state.value,
        shipped_at=parcel.shipped_at,
        delivered_at=parcel.delivered_at,
        lines=[(line.line_n, line.quantity) for line in parcel.lines],
        news=[ParcelNewsOut(one.state.value, one.place, one.happened_at) for one in parcel.events],
    )


@post(
    "/v1/shops/{shop_id:str}/orders/{order_id:str}/parcels",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        OrderUnknown,
        OrderNotReady,
        AftersaleOpen,
        SwapWaits,
        CarrierUnknown,
        TrackingNumberNotValid,
        TrackingNumberTaken,
        ParcelLinesNotValid,
        TooManyParcels,
    ),
)
async def ship(
    request: AnyRequest, shop_id: FromPath[str], order_id: FromPath[str], data: JSONBody[ParcelIn]
) -> ShippedOut:
    """Ship an order, whole or a part of it."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await order_of_shop(ground, reader, id_in(shop_id), id_in(order_id))
    lines = None if data.lines is None else tuple((line.n, line.quantity) for line in data.lines)
    ask = ShipOrder(reader, id_in(order_id), data.carrier, data.tracking_number, lines)
    shipped = await ship_an_order(ground, ask, once_of(request, data))
    return ShippedOut(str(shipped.parcel_id), str(shipped.order_id), shipped.state)


@post(
    "/v1/shops/{shop_id:str}/orders/{order_id:str}/address-readings",
    tags=[TAG],
    refuses=(ShopUnknown, OrderUnknown, AddressClosed),
)
async def read_address(
    request: AnyRequest, shop_id: FromPath[str], order_id: FromPath[str], data: JSONBody[AddressReadingIn]
) -> AddressRead:
    """Open the address of an order that you have to send. Every reading is written down, with who and why."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await order_of_shop(ground, reader, id_in(shop_id), id_in(order_id))
    await bind_key(request, data)
    to = await read_an_address(ground, ReadAddress(reader, id_in(order_id), data.why))
    return AddressRead(to.region, to.name, to.phone, to.detail)


routes = [list_shop_orders, read_shop_order, ship, read_address]
