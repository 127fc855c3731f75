"""News of a parcel: kept once, never backwards, told when it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from counter import books_are_right, buy, gift_to, ship
from town import Town, build_town

from renqing.foundation.ground import Ground
from renqing.journeys.track_a_parcel import (
    CorrectParcel,
    Tracked,
    TrackParcel,
    correct_a_parcel,
    track_a_parcel,
)
from renqing.trade import shipping
from renqing.trade.shipping import ParcelState


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def _say(town: Town, parcel_id: int, state: ParcelState, staff_id: int | None = None) -> Tracked:
    staff = staff_id or town.owner_id
    return await track_a_parcel(town.ground, TrackParcel(staff, parcel_id, state, "杭州"), town.key(staff))


async def _facts(town: Town) -> list[dict[str, object]]:
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'ParcelDelivered'")
    return [row["payload"] for row in rows]


async def test_a_delivery_is_told_once_to_owner_and_giver(town: Town) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    parcel = await ship(town, order_id)
    assert (await _say(town, parcel.parcel_id, ParcelState.IN_TRANSIT)).moved
    assert await _facts(town) == []
    answers = await asyncio.gather(*(_say(town, parcel.parcel_id, ParcelState.DELIVERED) for _ in range(6)))
    assert sum(answer.moved for answer in answers) == 1
    assert not (await _say(town, parcel.parcel_id, ParcelState.OUT_FOR_DELIVERY)).moved
    told = await _facts(town)
    assert [(fact["owner_id"], fact["payer_id"], fact["purpose"]) for fact in told] == [(town.bo, town.an, "gift")]
    known = await shipping.get(town.ground.db, parcel.parcel_id)
    assert known is not None and known.state is ParcelState.DELIVERED
    assert await town.ground.db.fetchval("SELECT state FROM order_order") == 30  # a carrier's word receives nothing


async def test_nobody_but_the_shops_staff_tracks_or_corrects(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    parcel = await ship(town, order.order_id)
    for person in (town.an, town.stranger):
        with pytest.raises(shipping.ParcelNotFound):
            await _say(town, parcel.parcel_id, ParcelState.DELIVERED, person)
        with pytest.raises(shipping.ParcelNotFound):
            await correct_a_parcel(
                town.ground, CorrectParcel(person, parcel.parcel_id, "JD", "JD4711"), town.key(person)
            )
    with pytest.raises(shipping.ParcelNotFound):
        await _say(town, 424242, ParcelState.DELIVERED)
    assert await town.ground.db.fetchval("SELECT count(*) FROM shipping_event") == 1


async def test_a_mistyped_number_is_mended_before_the_carrier_speaks(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    parcel = await ship(town, order.order_id)
    ask = CorrectParcel(town.owner_id, parcel.parcel_id, "jd", "JD 4711")
    await correct_a_parcel(town.ground, ask, town.key(town.owner_id))
    known = await shipping.find(town.ground.db, "JD", "JD4711")
    assert known is not None and known.id == parcel.parcel_id
    await _say(town, parcel.parcel_id, ParcelState.IN_TRANSIT)
    with pytest.raises(shipping.ParcelUnderway):
        await correct_a_parcel(
            town.ground, CorrectParcel(town.owner_id, parcel.parcel_id, "JD", "JD4712"), town.key(town.owner_id)
        )
