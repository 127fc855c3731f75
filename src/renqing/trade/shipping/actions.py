"""What can be done about freight and parcels. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation import outbox
from renqing.foundation.database import Database, Tx
from renqing.trade.shipping import rules, store
from renqing.trade.shipping.model import (
    EVENTS_A_PARCEL_MAX,
    PARCELS_AN_ORDER_MAX,
    RATES_A_SHOP_MAX,
    News,
    NewsNotValid,
    Parcel,
    ParcelLine,
    ParcelNotFound,
    ParcelState,
    ParcelUnderway,
    Quote,
    QuoteAsk,
    Rate,
    RateNotValid,
    RateSet,
    TooManyParcels,
    TrackingNumberTaken,
)


async def quotes(db: Database | Tx, asks: Sequence[QuoteAsk]) -> list[Quote]:
    """The freight of many orders, one read; one answer an ask, in order."""
    rates = await store.rates_of(db, sorted({ask.shop_id for ask in asks}))
    return [rules.quote(rates.get(ask.shop_id, ()), ask) for ask in asks]


async def quote(db: Database | Tx, shop_id: int, region_code: int | None, goods_amount: int) -> Quote:
    """The freight of one order. ``region_code`` None: where is not known yet, the everywhere rate answers."""
    return (await quotes(db, [QuoteAsk(shop_id, region_code, goods_amount)]))[0]


async def set_rate(tx: Tx, shop_id: int, rate: Rate) -> None:
    """Set what a shop asks for a region; region 0 is everywhere. Raises RateNotValid."""
    rules.check_rate(rate)
    known = (await store.rates_of(tx, [shop_id])).get(shop_id, [])
    if len(known) >= RATES_A_SHOP_MAX and rate.region_code not in {one.region_code for one in known}:
        raise RateNotValid(field="region_code", reason="too many rates", max=RATES_A_SHOP_MAX)
    await store.write_rate(tx, shop_id, rate)
    await outbox.leave(tx, RateSet(subject_id=shop_id, shop_id=shop_id, region_code=rate.region_code, removed=False))


async def remove_rate(tx: Tx, shop_id: int, region_code: int) -> bool:
    """Take a rate back, so that the wider one decides. False where there was none."""
    removed = await store.remove_rate(tx, shop_id, region_code)
    if removed:
        await outbox.leave(tx, RateSet(subject_id=shop_id, shop_id=shop_id, region_code=region_code, removed=True))
    return removed


async def ship(
    tx: Tx, order_id: int, shop_id: int, carrier: str, tracking_number: str, lines: Sequence[ParcelLine]
) -> Parcel:
    """A parcel leaves the shop. Whether the order has these pieces to ship is judged where the order is known.

    Raises CarrierUnknown, TrackingNumberNotValid, TrackingNumberTaken, ParcelLinesNotValid, TooManyParcels.
    """
    code, number = rules.carrier_and_number(carrier, tracking_number)
    rules.check_parcel_lines(lines)
    if await store.count_parcels(tx, order_id) >= PARCELS_AN_ORDER_MAX:
        raise TooManyParcels(max=PARCELS_AN_ORDER_MAX)
    first_news = News(ParcelState.SHIPPED, "", tx.now)
    parcel = Parcel(
        tx.ids.new(),
        order_id,
        shop_id,
        code,
        number,
        ParcelState.SHIPPED,
        tx.now,
        None,
        tuple(sorted(lines, key=lambda line: line.line_n)),
        (first_news,),
    )
    if not await store.add_parcel(tx, parcel):
        raise TrackingNumberTaken(carrier=code)
    return parcel


async def hear(tx: Tx, parcel_id: int, news: News) -> tuple[Parcel, bool]:
    """Keep what a carrier says. Answers the parcel, and whether this news moved it on.

    The same news twice is kept once; news of a state that is behind the parcel joins its history and moves nothing.
    Raises ParcelNotFound, NewsNotValid.
    """
    rules.check_news(news, tx.now)
    parcel = await store.get(tx, parcel_id, lock=True)
    if parcel is None:
        raise ParcelNotFound
    if await store.count_events(tx, parcel_id) >= EVENTS_A_PARCEL_MAX and news not in parcel.events:
        raise NewsNotValid(field="state", reason="too much news", max=EVENTS_A_PARCEL_MAX)
    is_new = await store.add_event(tx, parcel_id, news)
    state = rules.state_after(parcel.state, news)
    moved = is_new and state is not parcel.state
    if moved:
        await store.move(tx, parcel_id, state)
    known = await store.get(tx, parcel_id)
    assert known is not None, f"parcel {parcel_id} is locked"
    return known, moved


async def correct(tx: Tx, parcel_id: int, carrier: str, tracking_number: str) -> Parcel:
    """Mend a mistyped carrier or number, as long as no carrier has said anything about the parcel.

    Raises ParcelNotFound, ParcelUnderway, CarrierUnknown, TrackingNumberNotValid, TrackingNumberTaken.
    """
    code, number = rules.carrier_and_number(carrier, tracking_number)
    parcel = await store.get(tx, parcel_id, lock=True)
    if parcel is None:
        raise ParcelNotFound
    if len(parcel.events) > 1:
        raise ParcelUnderway(state=parcel.state.value)
    if not await store.rename(tx, parcel_id, code, number):
        raise TrackingNumberTaken(carrier=code)
    known = await store.get(tx, parcel_id)
    assert known is not None, f"parcel {parcel_id} is locked"
    return known
