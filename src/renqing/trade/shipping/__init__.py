"""Shipping: what delivery costs, what left in which parcel, and where it is.

Promises:
1. The rate of the closest region decides freight: street before county before city before province before everywhere;
   a shop that has said nothing about a place delivers there for free.
2. A shop that does not deliver to a region says so before money or goods move.
3. A carrier and tracking number name one parcel.
4. A parcel never moves backwards; the same news twice, or news that comes late, changes nothing but its history.
5. Deadlines count from our clock; a carrier's clock is shown and decides nothing.
"""

from renqing.trade.shipping.actions import correct, hear, quote, quotes, remove_rate, set_rate, ship
from renqing.trade.shipping.model import (
    CARRIERS,
    EVERYWHERE,
    CarrierUnknown,
    News,
    NewsNotValid,
    NotDeliverable,
    OrderShipped,
    Parcel,
    ParcelCorrected,
    ParcelDelivered,
    ParcelLine,
    ParcelLinesNotValid,
    ParcelNotFound,
    ParcelState,
    ParcelUnderway,
    Quote,
    QuoteAsk,
    Rate,
    RateNotValid,
    RateSet,
    TooManyParcels,
    TrackingNumberNotValid,
    TrackingNumberTaken,
)
from renqing.trade.shipping.rules import carrier_and_number, check_parcel_lines
from renqing.trade.shipping.store import find, forget, get, of_orders, rates_of

__all__ = [
    "CARRIERS",
    "EVERYWHERE",
    "CarrierUnknown",
    "News",
    "NewsNotValid",
    "NotDeliverable",
    "OrderShipped",
    "Parcel",
    "ParcelCorrected",
    "ParcelDelivered",
    "ParcelLine",
    "ParcelLinesNotValid",
    "ParcelNotFound",
    "ParcelState",
    "ParcelUnderway",
    "Quote",
    "QuoteAsk",
    "Rate",
    "RateNotValid",
    "RateSet",
    "TooManyParcels",
    "TrackingNumberNotValid",
    "TrackingNumberTaken",
    "carrier_and_number",
    "check_parcel_lines",
    "correct",
    "find",
    "forget",
    "get",
    "hear",
    "of_orders",
    "quote",
    "quotes",
    "rates_of",
    "remove_rate",
    "set_rate",
    "ship",
]
