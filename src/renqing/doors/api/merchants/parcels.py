"""A shop's parcels: the list, a mistyped label mended, and what carriers say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    once_of,
    reader_of,
)
from renqing.journeys.track_a_parcel import CorrectParcel, TrackParcel, correct_a_parcel, track_a_parcel
from renqing.trade.shipping import (
    CarrierUnknown,
    NewsNotValid,
    ParcelNotFound,
    ParcelState,
    ParcelUnderway,
    TrackingNumberNotValid,
    TrackingNumberTaken,
)
from renqing.views.market import CursorNotValid
from renqing.views.shop_orders import PAGE, PAGE_MAX
from renqing.views.shop_parcels import shop_parcels
from renqing.views.shop_things import parcel_of_shop

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/parcels",
    "PUT /v1/shops/{shop_id:str}/parcels/{parcel_id:str}/label",
    "POST /v1/shops/{shop_id:str}/parcels/{parcel_id:str}/news",
)

TAG = "merchants: orders"
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)]
Carrier = Annotated[str, msgspec.Meta(max_length=40, description="SF, JD, YTO, ZTO, STO, YUNDA or EMS")]
TrackingNumber = Annotated[str, msgspec.Meta(max_length=80)]


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


@get("/v1/shops/{shop_id:str}/parcels", tags=[TAG], refuses=(ShopUnknown, CursorNotValid))
async def list_parcels(
    request: AnyRequest, shop_id: FromPath[str], cursor: Cursor = None, limit: Limit = PAGE
) -> ParcelsOut:
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
async def correct_label(
    request: AnyRequest, shop_id: FromPath[str], parcel_id: FromPath[str], data: JSONBody[LabelIn]
) -> ParcelTracked:
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
async def track(
    request: AnyRequest, shop_id: FromPath[str], parcel_id: FromPath[str], data: JSONBody[NewsIn]
) -> ParcelTracked:
    """Pass on what the carrier said. The same news twice is one; a parcel never moves backwards."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await parcel_of_shop(ground, reader, id_in(shop_id), id_in(parcel_id))
    ask = TrackParcel(reader, id_in(parcel_id), ParcelState(data.state), data.place, data.happened_at)
    done = await track_a_parcel(ground, ask, once_of(request, data))
    return ParcelTracked(str(done.parcel_id), done.state.value, done.moved)


routes = [list_parcels, correct_label, track]
