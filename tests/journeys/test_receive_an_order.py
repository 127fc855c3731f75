"""Receipt and settlement: whose word counts, and where every fen goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from counter import (
    answer,
    ask_for,
    books,
    books_are_right,
    buy,
    channel_refunds,
    gift_to,
    order_state,
    receive,
    run_deadlines,
    set_freight,
    ship,
    timers_set,
)
from town import Town, build_town, snapshot

from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.receive_an_order import ReceiveOrder, receive_an_order
from renqing.trade import orders


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def test_a_received_order_pays_the_shop_less_the_fee(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy(town, town.an, town.red, 2)
    assert await books(town) == {"clearing": (-26400, 0), "escrow": (26400, 0)}
    await ship(town, order.order_id)
    assert await receive(town, town.an, order.order_id)
    assert await books(town) == {"clearing": (-26400, 0), "shop": (25080, 0), "fee": (1320, 0)}
    assert (await order_state(town, order.order_id), await timers_set(town)) == (100, [])
    assert await town.ground.db.fetchval("SELECT settled_at FROM order_order") == town.ground.clock.now()


async def test_the_platforms_fee_is_rounded_down_and_loses_nothing(town: Town) -> None:
    await set_freight(town, 1)
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    assert await books(town) == {"clearing": (-12901, 0), "shop": (12256, 0), "fee": (645, 0)}


async def test_a_gift_is_received_by_its_recipient_alone(town: Town) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    await ship(town, order_id)
    before = await snapshot(town.ground)
    for person in (town.an, town.owner_id, town.stranger):
        with pytest.raises(orders.OrderUnknown):
            await receive(town, person, order_id)
    assert await snapshot(town.ground) == before
    assert (await receive(town, town.bo, order_id)).state == 100


async def test_what_has_not_left_cannot_be_received(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    for _ in range(2):
        before = await snapshot(town.ground)
        with pytest.raises(orders.OrderNotReady):
            await receive(town, town.an, order.order_id)
        assert await snapshot(town.ground) == before
        if await order_state(town, order.order_id) == 20:
            await ship(town, order.order_id, ((1, 1),))


async def test_silence_receives_after_ten_days_to_the_instant(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    town.ground.clock.move(timedelta(days=10) - timedelta(microseconds=1))
    assert await run_deadlines(town) == []
    town.ground.clock.move(timedelta(microseconds=1))
    assert await run_deadlines(town) == ["receive_order"]
    assert await order_state(town, order.order_id) == 100
    assert await books(town) == {"clearing": (-12900, 0), "shop": (12255, 0), "fee": (645, 0)}
    fact = await town.ground.db.fetchval("SELECT payload FROM outbox_fact WHERE kind = 'OrderReceived'")
    assert fact["by"] == "time"


async def test_owner_and_deadline_at_once_settle_once(town: Town) -> None:
    placed = [await buy(town, town.an, town.red) for _ in range(3)]
    for order in placed:
        await ship(town, order.order_id)
    town.ground.clock.move(timedelta(days=10))
    await asyncio.gather(
        *(receive(town, town.an, order.order_id) for order in placed for _ in range(2)),
        run_deadlines(town),
        run_deadlines(town),
        return_exceptions=True,
    )
    assert await books(town) == {"clearing": (-38700, 0), "shop": (36765, 0), "fee": (1935, 0)}
    assert await town.ground.db.fetchval("SELECT count(*) FROM ledger_entry WHERE kind = 'order_settled'") == 3
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'OrderReceived'") == 3
    assert await timers_set(town) == []


async def test_a_repeated_confirmation_is_answered_again_and_settles_once(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    ask = ReceiveOrder(town.an, order.order_id)
    key = once(town.an, "same", "receive", ask)
    first = await receive_an_order(town.ground, ask, key)
    assert await receive_an_order(town.ground, ask, key) == first
    with pytest.raises(orders.OrderNotReady):
        await receive(town, town.an, order.order_id)
    assert await town.ground.db.fetchval("SELECT count(*) FROM ledger_entry WHERE kind = 'order_settled'") == 1


async def test_the_deadline_waits_for_an_open_aftersale(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    await ship(town, order.order_id)
    town.ground.clock.move(timedelta(days=9))
    case = await ask_for(town, town.an, order.order_id)
    town.ground.clock.move(timedelta(days=1))
    assert await run_deadlines(town) == ["receive_order"]
    assert await order_state(town, order.order_id) == 30
    await answer(town, case.case_id, "reject", "没有问题")
    town.ground.clock.move(timedelta(days=1))
    assert await run_deadlines(town) == ["receive_order"]
    assert await order_state(town, order.order_id) == 100


async def test_a_refunded_part_is_not_settled(town: Town) -> None:
    order = await buy(town, town.an, town.red, 3)
    case = await ask_for(town, town.an, order.order_id)
    await answer(town, case.case_id)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    assert await channel_refunds(town, order.order_id) == 1
    assert await books(town) == {"clearing": (-25800, 0), "shop": (24510, 0), "fee": (1290, 0)}
