"""The time to pay is over: what nobody paid is closed, what may be in flight is asked for first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from channel import FakeChannel
from crowd import refused
from household import worker_of
from interleaving import holding, one_after_the_other, until_blocked
from town import Town, build_town, give, pay, place

from renqing.books import ledger, stock
from renqing.doors.worker import Worker
from renqing.foundation.ground import Ground
from renqing.journeys.cancel_an_order import Cancelling, CancelOrder, cancel_an_order
from renqing.journeys.start_a_payment import CashierReady, PaymentStarts, StartPayment
from renqing.journeys.take_a_payment import Taken
from renqing.trade.orders import OrderNotReady, OrderUnknown
from renqing.trade.payments import Effect, PaymentOver, PaymentUnknown
from renqing.trade.payments.ports import ChannelSilent
from renqing.views.check import check

ORDER_LOCK = "SELECT 1 FROM order_order WHERE id = $1 FOR NO KEY UPDATE"
QUARTER = timedelta(minutes=15)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def worker(town: Town, channel: FakeChannel) -> Worker:
    return worker_of(town.ground, channel)


def start(town: Town, channel: FakeChannel, order_id: int, payer: int | None = None):
    ask = StartPayment(payer or town.an, order_id, lambda name: f"https://us.test/{name}", "https://us.test/back")
    return PaymentStarts(town.ground, {"sandbox": channel}).start(ask)


def cancel(town: Town, order_id: int, payer: int | None = None):
    who = payer or town.an
    return cancel_an_order(town.ground, CancelOrder(who, order_id), town.key(who))


def pass_(town: Town, time: timedelta) -> None:
    town.ground.clock.move(time)  # type: ignore[attr-defined]


async def state_of(town: Town, order_id: int) -> tuple[int, str, str]:
    row = await town.ground.db.fetchrow(
        """SELECT o.state, o.why_closed, i.state AS intent FROM order_order o
           JOIN payment_intent i ON i.order_id = o.id WHERE o.id = $1""",
        order_id,
    )
    assert row is not None
    return row["state"], row["why_closed"], row["intent"]


async def timers(town: Town) -> list[str]:
    return [row["kind"] for row in await town.ground.db.fetch("SELECT kind FROM timer ORDER BY kind")]


# starting ------------------------------------------------------------------------------------------------------------
async def test_the_payer_goes_to_the_cashier_and_a_repeat_goes_there_again(town: Town, channel: FakeChannel):
    placed = await place(town, town.an, town.red)
    first = await start(town, channel, placed.order_id)
    assert first == CashierReady(placed.intent_id, f"https://bank.test/pay/{placed.intent_id}")
    assert await start(town, channel, placed.order_id) == first
    assert channel.asked["open"] == 1
    asked = channel.opened[placed.intent_id]
    assert (asked.amount, asked.currency, asked.description) == (12_900, "CNY", "青瓷杯")
    assert (asked.notify_url, asked.return_url) == ("https://us.test/sandbox", "https://us.test/back")
    assert await timers(town) == ["close_unpaid_order", "query_payment"]


@pytest.mark.parametrize("how", ["silent", "deaf"])
async def test_a_channel_that_does_not_answer_leaves_us_unsure_and_asking_again_opens_one_payment(
    town: Town, channel: FakeChannel, how: str
):
    placed = await place(town, town.an, town.red)
    getattr(channel, how).add("open")
    with pytest.raises(ChannelSilent):
        await start(town, channel, placed.order_id)
    asked_at = await town.ground.db.fetchval("SELECT asked_at FROM payment_intent")
    assert asked_at == town.ground.clock.now(), "from now on a payment may be in flight"
    assert await timers(town) == ["close_unpaid_order", "query_payment"]
    getattr(channel, how).clear()
    assert (await start(town, channel, placed.order_id)).intent_id == placed.intent_id
    assert len(channel.opened) == 1


async def test_only_the_payer_pays_and_only_what_waits(town: Town, channel: FakeChannel):
    placed = await place(town, town.an, town.red)
    await refused(town, start(town, channel, placed.order_id, town.bo), PaymentUnknown)
    await refused(town, start(town, channel, 404), PaymentUnknown)
    await pay(town, placed.intent_id, placed.total)
    await refused(town, start(town, channel, placed.order_id), PaymentOver, state="captured")
    other = await place(town, town.an, town.red)
    await cancel(town, other.order_id)
    await refused(town, start(town, channel, other.order_id), PaymentOver, state="closed")
    assert channel.asked["open"] == 0


# the time is over ----------------------------------------------------------------------------------------------------
async def test_an_order_whose_channel_was_never_asked_closes_at_once(town: Town, channel: FakeChannel, worker: Worker):
    placed = await place(town, town.an, town.red, 3)
    gift = await give(town, town.an, town.bo, town.blue)
    pass_(town, QUARTER - timedelta(microseconds=1))
    await worker.drain()
    assert (await state_of(town, placed.order_id))[0] == 10
    pass_(town, timedelta(microseconds=1))
    await worker.drain()
    assert await state_of(town, placed.order_id) == (250, "unpaid", "closed")
    assert await state_of(town, gift.order_id) == (250, "unpaid", "closed")
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift") == 250
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (10, 0), town.blue: (10, 0)}
    assert not channel.asked
    assert await timers(town) == []
    assert (await check(town.ground)).is_clean


async def test_where_a_payment_may_be_in_flight_the_channel_closes_it_first(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await place(town, town.an, town.red)
    await start(town, channel, placed.order_id)
    pass_(town, QUARTER)
    channel.silent.add("close")
    await worker.turn()
    assert await state_of(town, placed.order_id) == (10, "", "open"), "silence decides nothing"
    channel.silent.clear()
    pass_(town, timedelta(minutes=1))
    await worker.drain()
    assert await state_of(town, placed.order_id) == (250, "unpaid", "closed")
    assert channel.states[placed.intent_id] == "closed"
    assert await timers(town) == []
    assert (await check(town.ground)).is_clean


async def test_a_payment_that_won_the_race_to_the_channel_is_taken(town: Town, channel: FakeChannel, worker: Worker):
    placed = await place(town, town.an, town.red)
    await start(town, channel, placed.order_id)
    channel.pay(placed.intent_id)
    pass_(town, QUARTER)
    await worker.drain()
    assert await state_of(town, placed.order_id) == (20, "", "captured")
    assert (await check(town.ground)).is_clean


async def test_a_payment_that_the_channel_keeps_open_is_asked_about_again(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await place(town, town.an, town.red)
    await start(town, channel, placed.order_id)
    channel.keeps_open = True
    pass_(town, QUARTER)
    await worker.drain()
    assert (await state_of(town, placed.order_id))[0] == 10
    channel.keeps_open = False
    pass_(town, timedelta(minutes=1))
    await worker.drain()
    assert (await state_of(town, placed.order_id))[0] == 250


# cancelling ----------------------------------------------------------------------------------------------------------
async def test_the_payer_changes_their_mind(town: Town):
    placed = await place(town, town.an, town.red)
    assert await cancel(town, placed.order_id) == Cancelling(closed=True)
    assert await state_of(town, placed.order_id) == (250, "cancelled", "closed")
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    assert (await check(town.ground)).is_clean


async def test_cancelling_what_may_be_in_flight_waits_for_the_channels_word(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await place(town, town.an, town.red)
    await start(town, channel, placed.order_id)
    assert await cancel(town, placed.order_id) == Cancelling(closed=False)
    assert (await state_of(town, placed.order_id))[0] == 10
    await worker.drain()
    assert await state_of(town, placed.order_id) == (250, "cancelled", "closed")
    assert (await check(town.ground)).is_clean


async def test_nobody_else_cancels_and_nothing_that_is_paid(town: Town):
    placed = await place(town, town.an, town.red)
    await refused(town, cancel(town, placed.order_id, town.bo), OrderUnknown)
    await refused(town, cancel(town, 404), OrderUnknown)
    await pay(town, placed.intent_id, placed.total)
    await refused(town, cancel(town, placed.order_id), OrderNotReady)


# races ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("pay_first", [True, False])
async def test_payment_against_cancelling_the_first_wins_and_money_is_never_lost(town: Town, pay_first: bool):  # noqa: FBT001
    placed = await place(town, town.an, town.red)

    async def pays() -> object:
        return await pay(town, placed.intent_id, placed.total)

    async def cancels() -> object:
        return await cancel(town, placed.order_id)

    order = [pays, cancels] if pay_first else [cancels, pays]
    first, second = await one_after_the_other(town.ground.db, (ORDER_LOCK, placed.order_id), *order)
    if pay_first:
        assert first == Taken(Effect.CAPTURE)
        assert isinstance(second, OrderNotReady)
        assert await state_of(town, placed.order_id) == (20, "", "captured")
        assert await ledger.balance_of(town.ground.db, ledger.escrow("CNY")) == (12_900, 0)
    else:
        assert first == Cancelling(closed=True)
        assert second == Taken(Effect.CAPTURE)
        assert await state_of(town, placed.order_id) == (250, "cancelled", "captured")
        assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (12_900, 0)
    assert (await check(town.ground)).is_clean


@pytest.mark.parametrize("pay_first", [True, False])
async def test_payment_against_the_deadline_the_first_wins_and_money_is_never_lost(
    town: Town,
    channel: FakeChannel,
    worker: Worker,
    pay_first: bool,  # noqa: FBT001
):
    placed = await place(town, town.an, town.red)
    pass_(town, QUARTER)
    async with holding(town.ground.db, ORDER_LOCK, placed.order_id):
        if pay_first:
            pays = asyncio.ensure_future(pay(town, placed.intent_id, placed.total))
            await until_blocked(town.ground.db, 1)
        closes = asyncio.ensure_future(worker.run_deadlines(10))
        await until_blocked(town.ground.db, 2 if pay_first else 1)
        if not pay_first:
            pays = asyncio.ensure_future(pay(town, placed.intent_id, placed.total))
            await until_blocked(town.ground.db, 2)
    assert await pays == Taken(Effect.CAPTURE)
    await closes
    state = await state_of(town, placed.order_id)
    assert state == ((20, "", "captured") if pay_first else (250, "unpaid", "captured"))
    await worker.drain()
    assert channel.given_back(placed.intent_id) == (0 if pay_first else 12_900)
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)
    assert (await check(town.ground)).is_clean


async def test_the_callback_that_arrives_while_we_close_at_the_channel_is_taken(
    town: Town, channel: FakeChannel, worker: Worker
):
    """Between our asking the channel to close and its answer the payment's callback comes in."""
    placed = await place(town, town.an, town.red)
    await start(town, channel, placed.order_id)

    async def paid_meanwhile(intent_id: int) -> None:
        channel.before.clear()
        channel.pay(intent_id)
        await pay(town, intent_id, placed.total)

    channel.before["close"] = paid_meanwhile
    pass_(town, QUARTER)
    await worker.drain()
    assert await state_of(town, placed.order_id) == (20, "", "captured")
    assert await timers(town) == []
    assert (await check(town.ground)).is_clean


async def test_a_free_for_all_of_payment_cancelling_and_deadline(town: Town, channel: FakeChannel, worker: Worker):
    placed = [await place(town, town.an, town.red) for _ in range(6)]
    pass_(town, QUARTER)
    stories = [pay(town, one.intent_id, one.total) for one in placed]
    stories += [cancel(town, one.order_id) for one in placed]
    await asyncio.gather(
        *stories, *(worker_of(town.ground, channel).run_deadlines(3) for _ in range(3)), return_exceptions=True
    )
    await worker.drain()
    for one in placed:
        state, _, intent = await state_of(town, one.order_id)
        assert (state, channel.given_back(one.intent_id)) in ((20, 0), (250, 12_900))
        assert intent == "captured"
    assert (await check(town.ground)).is_clean
