"""A shop's orders: what is to ship, shipping it, its parcels and their news, and the address, written down when read.

Who gave a gift is not the shop's to know, and where it goes only while it is on its way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post, put
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
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
from renqing.journeys.track_a_parcel import CorrectParcel, TrackParcel, correct_a_parcel, track_a_parcel
from renqing.trade.aftersales import AftersaleOpen
from renqing.trade.orders import QUANTITY_MAX, OrderNotReady, OrderUnknown
from renqing.trade.shipping import (
    CarrierUnknown,
    NewsNotValid,
    Parcel,
    ParcelLinesNotValid,
    ParcelNotFound,
    ParcelState,
    ParcelUnderway,
    TooManyParcels,
    TrackingNumberNotValid,
    TrackingNumberTaken,
)
from renqing.views.market import CursorNotValid
from renqing.views.shop_orders import PAGE, PAGE_MAX, OrderRow, Shelf, ShopOrder, shop_order, shop_orders
from renqing.views.shop_parcels import shop_parcels
from renqing.views.shop_things import order_of_shop, parcel_of_shop

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/orders",
    "GET /v1/shops/{shop_id:str}/orders/{order_id:str}",
    "POST /v1/shops/{shop_id:str}/orders/{order_id:str}/parcels",
    "POST /v1/shops/{shop_id:str}/orders/{order_id:str}/address-readings",
    "GET /v1/shops/{shop_id:str}/parcels",
    "PUT /v1/shops/{shop_id:str}/parcels/{parcel_id:str}/label",
    "POST /v1/shops/{shop_id:str}/parcels/{parcel_id:str}/news",
)

TAG = "merchants: orders"
LINES_MAX = 1000
Limit = Annotated[int, Parameter(ge=1, le=PAGE_MAX, required=False)]
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
    """A line of an order. ``blocked``: pieces that an open after-sale asks for, which stay."""

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
    """Where the order's money is: what came in, went back, went to the platform and to you."""

    total: MoneyOut
    refunded: MoneyOut
    fee: MoneyOut
    shop: MoneyOut
    settled: bool


class ShopOrderOut(msgspec.Struct, frozen=True):
    """One order for its shop. ``region`` is province and city; the address is read, and written down, apart."""

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


class ParcelRowOut(msgspec.Struct, frozen=True):
    """A parcel in your list with the carrier's latest news."""

    id: str
    order_id: str
    carrier: str
    tracking_number: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    pieces: int
    title_zh: str
    title_en: str
    place: str
    heard_at: datetime


class ParcelsOut(msgspec.Struct, frozen=True):
    """Your parcels, the newest first."""

    parcels: list[ParcelRowOut]
    next_cursor: str | None


class LabelIn(Body, frozen=True, kw_only=True):
    """The carrier and number that are really on the label."""

    carrier: Carrier
    tracking_number: TrackingNumber


class NewsIn(Body, frozen=True, kw_only=True):
    """What the carrier said. ``happened_at`` none: now."""

    state: Literal["shipped", "in_transit", "out_for_delivery", "delivered"]
    place: Annotated[str, msgspec.Meta(max_length=400)] = ""
    happened_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ParcelTracked(msgspec.Struct, frozen=True):
    """Where the parcel is, and whether this news moved it."""

    parcel_id: str
    state: str
    moved: bool


@get("/v1/shops/{shop_id:str}/orders", tags=[TAG], refuses=(ShopUnknown, CursorNotValid))
async def list_shop_orders(
    request: AnyRequest, shop_id: str, shelf: Shelf = "to_ship", cursor: Cursor = None, limit: Limit = PAGE
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
async def read_shop_order(request: AnyRequest, shop_id: str, order_id: str) -> ShopOrderOut:
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
            settled=money.settled,
        ),
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
        CarrierUnknown,
        TrackingNumberNotValid,
        TrackingNumberTaken,
        ParcelLinesNotValid,
        TooManyParcels,
    ),
)
async def ship(request: AnyRequest, shop_id: str, order_id: str, data: ParcelIn) -> ShippedOut:
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
async def read_address(request: AnyRequest, shop_id: str, order_id: str, data: AddressReadingIn) -> AddressRead:
    """Open the address of an order that you have to send. Every reading is written down, with who and why."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await order_of_shop(ground, reader, id_in(shop_id), id_in(order_id))
    await bind_key(request, data)
    to = await read_an_address(ground, ReadAddress(reader, id_in(order_id), data.why))
    return AddressRead(to.region, to.name, to.phone, to.detail)


@get("/v1/shops/{shop_id:str}/parcels", tags=[TAG], refuses=(ShopUnknown, CursorNotValid))
async def list_parcels(request: AnyRequest, shop_id: str, cursor: Cursor = None, limit: Limit = PAGE) -> ParcelsOut:
    """Your parcels, the newest first."""
    page = await shop_parcels(
        house_of(request).ground, reader_of(request).person_id, id_in(shop_id), cursor_in(cursor), limit
    )
    parcels = [
        ParcelRowOut(
            id=str(row.parcel_id),
            order_id=str(row.order_id),
            carrier=row.carrier,
            tracking_number=row.tracking_number,
            state=row.state,
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            pieces=row.pieces,
            title_zh=row.title_zh,
            title_en=row.title_en,
            place=row.place,
            heard_at=row.heard_at,
        )
        for row in page.rows
    ]
    return ParcelsOut(parcels, cursor_out(page.next_after))


@put(
    "/v1/shops/{shop_id:str}/parcels/{parcel_id:str}/label",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        ParcelNotFound,
        ParcelUnderway,
        CarrierUnknown,
        TrackingNumberNotValid,
        TrackingNumberTaken,
    ),
)
async def correct_label(request: AnyRequest, shop_id: str, parcel_id: str, data: LabelIn) -> ParcelTracked:
    """Mend a mistyped carrier or number, before the carrier has said anything."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await parcel_of_shop(ground, reader, id_in(shop_id), id_in(parcel_id))
    ask = CorrectParcel(reader, id_in(parcel_id), data.carrier, data.tracking_number)
    done = await correct_a_parcel(ground, ask, once_of(request, data))
    return ParcelTracked(str(done.parcel_id), done.state.value, done.moved)


@post(
    "/v1/shops/{shop_id:str}/parcels/{parcel_id:str}/news",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, ParcelNotFound, NewsNotValid),
)
async def track(request: AnyRequest, shop_id: str, parcel_id: str, data: NewsIn) -> ParcelTracked:
    """Pass on what the carrier said. The same news twice is one; a parcel never moves backwards."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await parcel_of_shop(ground, reader, id_in(shop_id), id_in(parcel_id))
    ask = TrackParcel(reader, id_in(parcel_id), ParcelState(data.state), data.place, data.happened_at)
    done = await track_a_parcel(ground, ask, once_of(request, data))
    return ParcelTracked(str(done.parcel_id), done.state.value, done.moved)


routes = [list_shop_orders, read_shop_order, ship, read_address, list_parcels, correct_label, track]
