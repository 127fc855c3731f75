"""Going to the cashier: told for many at once, and each payer's channel is their own affair."""

from __future__ import annotations

import asyncio

import pytest
from channel import FakeChannel
from crowd import gather_a_crowd, refused
from town import Town, build_town, pay, place

from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyReused, Once, once
from renqing.journeys.start_a_payment import CashierReady, PaymentStarts, StartPayment
from renqing.trade.payments import PaymentOver, PaymentUnknown
from renqing.trade.payments.ports import ChannelSilent


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def starts(town: Town, channel: FakeChannel) -> PaymentStarts:
    return PaymentStarts(town.ground, {"sandbox": channel})


def ask(payer_id: int, order_id: int) -> StartPayment:
    return StartPayment(payer_id, order_id, lambda name: f"https://us.test/{name}", "https://us.test/back")


async def asked_and_queried(town: Town) -> tuple[int, int]:
    """How many payments the channel may have been asked for, and how many queries are set."""
    db = town.ground.db
    return (
        await db.fetchval("SELECT count(*) FROM payment_intent WHERE asked_at IS NOT NULL"),
        await db.fetchval("SELECT count(*) FROM timer WHERE kind = 'query_payment'"),
    )


async def test_many_go_to_the_cashier_together_each_to_their_own_page(town: Town, starts, channel: FakeChannel):
    crowd = await gather_a_crowd(town, 9)
    placed = [await place(town, person, town.red) for person in crowd]
    ready = await asyncio.gather(
        *(starts.start(ask(p, one.order_id), town.key(p)) for p, one in zip(crowd, placed, strict=True))
    )
    assert ready == [CashierReady(one.intent_id, f"https://bank.test/pay/{one.intent_id}") for one in placed]
    assert channel.asked["open"] == 9
    kept = await town.ground.db.fetch("SELECT id, channel_ref FROM payment_intent ORDER BY id")
    assert {row["id"]: row["channel_ref"] for row in kept} == {one.intent_id: f"ref-{one.intent_id}" for one in placed}
    assert await asked_and_queried(town) == (9, 9)


async def test_a_channel_that_is_silent_to_one_holds_up_nobody_else(town: Town, starts, channel: FakeChannel):
    first, second = await place(town, town.an, town.red), await place(town, town.bo, town.red)
    waits, goes_on = asyncio.Event(), asyncio.Event()

    async def silent(intent_id: int) -> None:
        if intent_id == first.intent_id:
            waits.set()
            await goes_on.wait()

    channel.before["open"] = silent
    slow = asyncio.create_task(starts.start(ask(town.an, first.order_id)))
    await waits.wait()
    assert (await starts.start(ask(town.bo, second.order_id))).intent_id == second.intent_id
    assert not slow.done()
    goes_on.set()
    assert (await slow).intent_id == first.intent_id


async def test_a_repeat_goes_to_the_page_that_is_known_and_a_silent_channel_is_asked_again(
    town: Town, starts, channel: FakeChannel
):
    placed = await place(town, town.an, town.red)
    channel.deaf.add("open")
    with pytest.raises(ChannelSilent):
        await starts.start(ask(town.an, placed.order_id), town.key(town.an))
    channel.deaf.clear()
    same = town.key(town.an)
    ready = [await starts.start(ask(town.an, placed.order_id), same) for _ in range(2)]
    assert ready[0] == ready[1]
    assert channel.asked["open"] == 2 and len(channel.opened) == 1
    assert await asked_and_queried(town) == (1, 1)


async def test_what_is_not_mine_or_over_is_not_begun(town: Town, starts, channel: FakeChannel):
    placed = await place(town, town.an, town.red)
    await refused(town, starts.start(ask(town.bo, placed.order_id), town.key(town.bo)), PaymentUnknown)
    await refused(town, starts.start(ask(town.an, 404), town.key(town.an)), PaymentUnknown)
    await pay(town, placed.intent_id, placed.total)
    await refused(town, starts.start(ask(town.an, placed.order_id)), PaymentOver, state="captured")
    assert channel.asked["open"] == 0 and await asked_and_queried(town) == (0, 0)


async def test_a_key_stands_for_one_payment(town: Town, starts, channel: FakeChannel):
    one, other = await place(town, town.an, town.red), await place(town, town.an, town.blue)
    mine = once(town.an, "a key", "POST /v1/orders/1/payments", {"order": one.order_id})
    await starts.start(ask(town.an, one.order_id), mine)
    another = Once(mine.subject, mine.key, b"another request")
    await refused(town, starts.start(ask(town.an, other.order_id), another), KeyReused)
    both = [town.key(town.an), town.key(town.an)]
    both[1] = Once(both[0].subject, both[0].key, b"another request")
    answers = await asyncio.gather(
        starts.start(ask(town.an, one.order_id), both[0]),
        starts.start(ask(town.an, other.order_id), both[1]),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CashierReady", "KeyReused"]
