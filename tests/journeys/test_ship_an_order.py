"""An order leaves: who may send it, what leaves, and what the stock says then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from counter import add_clerk, ask_for, books_are_right, buy, buy_lines, gift_to, order_state, ship, timers_set
from town import Town, build_town, give_paid, place, snapshot

from renqing.books import stock
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.trade import aftersales, orders, shipping


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def test_an_order_leaves_whole(town: Town) -> None:
    order = await buy(town, town.an, town.red, 3)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 3)}
    shipped = await ship(town, order.order_id)
    assert shipped.state == 30
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (7, 0)}
    parcels = (await shipping.of_orders(town.ground.db, [order.order_id]))[order.order_id]
    assert [parcel.lines for parcel in parcels] == [(shipping.ParcelLine(1, 3),)]
    assert await timers_set(town) == [("receive_order", order.order_id)]
    due_at = await town.ground.db.fetchval("SELECT due_at FROM timer WHERE kind = 'receive_order'")
    assert due_at == town.ground.clock.now() + timedelta(days=10)


async def test_an_order_leaves_in_parts(town: Town) -> None:
    order = await buy_lines(town, town.an, ((town.red, 3), (town.blue, 1)))
    first = await ship(town, order.order_id, ((1, 2),))
    assert (first.state, await timers_set(town)) == (21, [])
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (8, 1), town.blue: (10, 1)}
    second = await ship(town, order.order_id, ((2, 1),))
    assert second.state == 21
    last = await ship(town, order.order_id)
    assert (last.state, await timers_set(town)) == (30, [("receive_order", order.order_id)])
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (7, 0), town.blue: (9, 0)}
    facts = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'OrderShipped' ORDER BY id")
    assert [fact["payload"]["complete"] for fact in facts] == [False, False, True]


async def test_a_gift_leaves_only_after_its_claim(town: Town) -> None:
    gift = await give_paid(town, town.an, town.bo, town.red)
    before = await snapshot(town.ground)
    with pytest.raises(orders.OrderNotReady):
        await ship(town, gift.order_id)
    assert await snapshot(town.ground) == before
    claimed = await gift_to(town, town.an, town.bo, town.blue)
    assert (await ship(town, claimed)).state == 30
    fact = await town.ground.db.fetchval("SELECT payload FROM outbox_fact WHERE kind = 'OrderShipped'")
    assert (fact["owner_id"], fact["payer_id"], fact["purpose"]) == (town.bo, town.an, "gift")


async def test_nobody_but_the_shops_staff_ships(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    before = await snapshot(town.ground)
    for person in (town.an, town.bo, town.stranger):
        with pytest.raises(orders.OrderUnknown):
            await ship(town, order.order_id, staff_id=person)
    with pytest.raises(orders.OrderUnknown):
        await ship(town, 424242)
    assert await snapshot(town.ground) == before
    await add_clerk(town, town.cai)
    assert (await ship(town, order.order_id, staff_id=town.cai)).state == 30


@pytest.mark.parametrize(
    ("lines", "carrier", "number", "refusal"),
    [
        (((1, 3),), "SF", "SF9001", orders.OrderNotReady),  # more than was bought
        (((2, 1),), "SF", "SF9001", orders.OrderNotReady),  # a line that is not there
        (((1, 0),), "SF", "SF9001", shipping.ParcelLinesNotValid),
        (((1, -1),), "SF", "SF9001", shipping.ParcelLinesNotValid),
        ((), "SF", "SF9001", shipping.ParcelLinesNotValid),
        (((1, 1), (1, 1)), "SF", "SF9001", shipping.ParcelLinesNotValid),
        (((1, 2),), "DHL", "SF9001", shipping.CarrierUnknown),
        (((1, 2),), "SF", "!", shipping.TrackingNumberNotValid),
    ],
)
async def test_a_parcel_that_cannot_be_is_refused_and_nothing_leaves(
    town: Town, lines: tuple[tuple[int, int], ...], carrier: str, number: str, refusal: type[Exception]
) -> None:
    order = await buy(town, town.an, town.red, 2)
    before = await snapshot(town.ground)
    with pytest.raises(refusal):
        await ship(town, order.order_id, lines, carrier=carrier, number=number)
    assert await snapshot(town.ground) == before
    assert await town.ground.db.fetchval("SELECT count(*) FROM shipping_parcel") == 0


async def test_an_unpaid_order_does_not_leave(town: Town) -> None:
    placed = await place(town, town.an, town.red)
    with pytest.raises(orders.OrderNotReady):
        await ship(town, placed.order_id)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}


async def test_two_clerks_shipping_at_once_send_one_parcel(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    answers = await asyncio.gather(*(ship(town, order.order_id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, orders.OrderNotReady) for answer in answers) == 7
    assert await town.ground.db.fetchval("SELECT count(*) FROM shipping_parcel") == 1
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (8, 0)}
    assert await order_state(town, order.order_id) == 30


async def test_a_repeated_request_is_answered_with_its_first_parcel(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    ask = ShipOrder(town.owner_id, order.order_id, "SF", "SF777001", ((1, 1),))
    key = once(town.owner_id, "same", "ship", ask)
    first = await ship_an_order(town.ground, ask, key)
    assert await ship_an_order(town.ground, ask, key) == first
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 1)}


async def test_a_number_of_another_parcel_is_refused_and_nothing_leaves(town: Town) -> None:
    one, other = await buy(town, town.an, town.red), await buy(town, town.bo, town.red)
    await ship(town, one.order_id, number="SF31415")
    before = await snapshot(town.ground)
    with pytest.raises(shipping.TrackingNumberTaken):
        await ship(town, other.order_id, number="sf 31415")
    assert await snapshot(town.ground) == before


async def test_pieces_that_may_be_refunded_stay_until_that_is_decided(town: Town) -> None:
    order = await buy(town, town.an, town.red, 3)
    case = await ask_for(town, town.an, order.order_id, quantity=2)
    for lines in (((1, 2),), ((1, 3),)):
        with pytest.raises(aftersales.AftersaleOpen):
            await ship(town, order.order_id, lines)
    assert (await ship(town, order.order_id)).state == 21  # all that nobody asks back
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 2)}
    with pytest.raises(aftersales.AftersaleOpen) as refused:
        await ship(town, order.order_id)
    assert refused.value.facts == {"case_id": case.case_id}
