"""News of a parcel: the shop passes on what its carrier says.

The same news twice is kept once, news that comes late joins the history, and a parcel never moves backwards. With the
first news of its delivery the owner and, on a gift, the giver are told. Nothing about money or receipt follows from a
carrier's word: the owner confirms receipt, or its days run out.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.outbox import leave
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import orders, shipping
from renqing.trade.shipping import News, Parcel, ParcelState


class TrackParcel(msgspec.Struct, frozen=True):
    """What the carrier said of which parcel. ``happened_at`` None: now."""

    staff_id: int
    parcel_id: int
    state: ParcelState
    place: str = ""
    happened_at: datetime | None = None


class CorrectParcel(msgspec.Struct, frozen=True):
    """The carrier and number that are really on the label."""

    staff_id: int
    parcel_id: int
    carrier: str
    tracking_number: str


class Tracked(msgspec.Struct, frozen=True):
    """Where the parcel is, and whether this news moved it."""

    parcel_id: int
    state: ParcelState
    moved: bool


async def track_a_parcel(ground: Ground, ask: TrackParcel, once: Once) -> Tracked:
    """Raises ParcelNotFound for others than the shop's staff, NewsNotValid."""
    return await run_once(ground.db, once, Tracked, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: TrackParcel) -> Tracked:
    await _parcel_of_staff(tx, ask.parcel_id, ask.staff_id)
    parcel, moved = await hear_news(tx, ask.parcel_id, News(ask.state, ask.place.strip(), ask.happened_at or tx.now))
    return Tracked(parcel.id, parcel.state, moved)


async def hear_news(tx: Tx, parcel_id: int, news: News) -> tuple[Parcel, bool]:
    """Keep the news and tell of a delivery, whoever brought it: a shop here, a carrier's callback one day."""
    parcel, moved = await shipping.hear(tx, parcel_id, news)
    if moved and parcel.state is ParcelState.DELIVERED:
        order = await orders.get(tx, parcel.order_id, lock=False)
        assert order.owner_id is not None, "what was shipped has an owner"
        await leave(
            tx,
            shipping.ParcelDelivered(
                subject_id=order.id,
                order_id=order.id,
                owner_id=order.owner_id,
                payer_id=order.payer_id,
                purpose=order.purpose,
                parcel_id=parcel.id,
            ),
        )
    return parcel, moved


async def correct_a_parcel(ground: Ground, ask: CorrectParcel, once: Once) -> Tracked:
    """A mistyped number is mended before the carrier has said anything.

    Raises ParcelNotFound for others than the shop's staff, ParcelUnderway, and what shipping refuses of a number.
    """
    return await run_once(ground.db, once, Tracked, lambda tx: _correct(tx, ask))


async def _correct(tx: Tx, ask: CorrectParcel) -> Tracked:
    await _parcel_of_staff(tx, ask.parcel_id, ask.staff_id)
    parcel = await shipping.correct(tx, ask.parcel_id, ask.carrier, ask.tracking_number)
    await leave(tx, shipping.ParcelCorrected(subject_id=parcel.order_id, order_id=parcel.order_id, parcel_id=parcel.id))
    return Tracked(parcel.id, parcel.state, moved=False)


async def _parcel_of_staff(tx: Tx, parcel_id: int, staff_id: int) -> None:
    parcel = await shipping.get(tx, parcel_id)
    if parcel is None:
        raise shipping.ParcelNotFound
    await check_staff(tx, parcel.shop_id, staff_id, otherwise=shipping.ParcelNotFound())
