"""Freight, parcels and carrier news. Fees are integer minor units of the order's currency.

A parcel only moves forward; a carrier may skip a state, and news that is older than what is known changes nothing:

| from             | may become                               |
|------------------|------------------------------------------|
| shipped          | in_transit, out_for_delivery, delivered  |
| in_transit       | out_for_delivery, delivered              |
| out_for_delivery | delivered                                |
| delivered        | (the end)                                |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotFound, NotNow, NotValid
from renqing.foundation.facts import Fact

EVERYWHERE = 0  # the region code of a rate that fits where no closer one does
RATES_A_SHOP_MAX = 500
EVENTS_A_PARCEL_MAX = 200
PARCELS_AN_ORDER_MAX = 50
PLACE_CHARACTERS_MAX = 120
AHEAD_MAX = timedelta(minutes=10)  # how far a carrier's clock may be ahead of ours


class ParcelState(StrEnum):
    """Where a parcel is."""

    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"


NEXT: dict[ParcelState, frozenset[ParcelState]] = {
    ParcelState.SHIPPED: frozenset({ParcelState.IN_TRANSIT, ParcelState.OUT_FOR_DELIVERY, ParcelState.DELIVERED}),
    ParcelState.IN_TRANSIT: frozenset({ParcelState.OUT_FOR_DELIVERY, ParcelState.DELIVERED}),
    ParcelState.OUT_FOR_DELIVERY: frozenset({ParcelState.DELIVERED}),
    ParcelState.DELIVERED: frozenset(),
}

# The carriers a shop can name; each one's name stands in the catalogue under ``carrier.<code>``.
CARRIERS: tuple[str, ...] = ("SF", "JD", "YTO", "ZTO", "STO", "YUNDA", "EMS")


class CarrierUnknown(NotValid):
    """There is no such carrier. Facts: ``carrier``, ``carriers``."""

    code = "carrier_unknown"


class TrackingNumberNotValid(NotValid):
    """A tracking number has 4 to 40 letters, digits and hyphens."""

    code = "tracking_number_not_valid"


class TrackingNumberTaken(NotNow):
    """Another parcel of this carrier has this number already."""

    code = "tracking_number_taken"


class NotDeliverable(NotNow):
    """The shop does not deliver to this region. Fact: ``region_code``."""

    code = "not_deliverable"


class ParcelUnderway(NotNow):
    """The carrier has said something about this parcel: what it carries there is what it is called."""

    code = "parcel_underway"


class RateNotValid(NotValid):
    """A freight rate is outside its limits. Facts: ``field``, ``reason``."""

    code = "rate_not_valid"


class ParcelLinesNotValid(NotValid):
    """A parcel names its lines once each, with one piece or more, and carries at least one."""

    code = "parcel_lines_not_valid"


class TooManyParcels(NotNow):
    """An order leaves in at most ``max`` parcels."""

    code = "too_many_parcels"


class NewsNotValid(NotValid):
    """Carrier news is malformed. Facts: ``field``, ``reason``."""

    code = "carrier_news_not_valid"


class ParcelNotFound(NotFound):
    """There is no such parcel, or it is none of the asker's."""

    code = "parcel_not_found"


class Rate(msgspec.Struct, frozen=True):
    """What a shop asks to deliver into a region: ``fee``, nothing from ``free_from`` of goods on, or not at all."""

    region_code: int
    fee: int = 0
    free_from: int | None = None
    delivers: bool = True


class QuoteAsk(msgspec.Struct, frozen=True):
    """One freight question. ``region_code`` None: where is not known yet, the shop's everywhere rate answers."""

    shop_id: int
    region_code: int | None
    goods_amount: int


class Quote(msgspec.Struct, frozen=True):
    """The freight of one order; ``fee`` is 0 where the shop does not deliver."""

    fee: int
    delivers: bool


class ParcelLine(msgspec.Struct, frozen=True):
    """Pieces of one order line in a parcel."""

    line_n: int
    quantity: int


class News(msgspec.Struct, frozen=True):
    """What a carrier says about a parcel. ``happened_at`` is the carrier's clock and decides nothing of ours."""

    state: ParcelState
    place: str
    happened_at: datetime


class Parcel(msgspec.Struct, frozen=True):
    """One parcel of an order, with its lines and the carrier's news, oldest first."""

    id: int
    order_id: int
    shop_id: int
    carrier: str
    tracking_number: str
    state: ParcelState
    shipped_at: datetime
    delivered_at: datetime | None
    lines: tuple[ParcelLine, ...] = ()
    events: tuple[News, ...] = ()


class OrderShipped(Fact, frozen=True, kw_only=True):
    """A parcel of an order has left the shop. ``complete``: nothing of the order is left to ship."""

    kind: ClassVar[str] = "OrderShipped"
    order_id: int
    owner_id: int
    payer_id: int
    purpose: str
    parcel_id: int
    complete: bool


class ParcelDelivered(Fact, frozen=True, kw_only=True):
    """A carrier has delivered a parcel."""

    kind: ClassVar[str] = "ParcelDelivered"
    order_id: int
    owner_id: int
    payer_id: int
    purpose: str
    parcel_id: int


class ParcelCorrected(Fact, frozen=True, kw_only=True):
    """A shop mended the carrier or number of a parcel that had no news yet."""

    kind: ClassVar[str] = "ParcelCorrected"
    order_id: int
    parcel_id: int


class RateSet(Fact, frozen=True, kw_only=True):
    """A shop changed what it asks for delivery into a region, or took the rate back."""

    kind: ClassVar[str] = "RateSet"
    shop_id: int
    region_code: int
    removed: bool
