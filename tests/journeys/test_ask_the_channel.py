"""Errands to a channel that is silent, loses answers, contradicts itself and fails: silence decides nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from channel import FakeChannel
from counter import channel_refunds
from household import worker_of
from town import Town, build_town, give_paid, pay, place

from renqing.books import ledger
from renqing.doors.worker import Worker
from renqing.foundation import timers
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_channel import REFUND_TRIES_MAX, run_errand
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.check_out import Placed
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.start_a_payment import PaymentStarts, StartPayment
from renqing.trade import payments
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def worker(town: Town, channel: FakeChannel) -> Worker:
    return worker_of(town.ground, channel)


def pass_(town: Town, **time: Any) -> None:
    town.ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]


async def at_the_cashier(town: Town, channel: FakeChannel) -> Placed:
    placed = await place(town, town.an, town.red)
    ask = StartPayment(town.an, placed.order_id, lambda name: f"https://us.test/{name}", "https://us.test/back")
    await PaymentStarts(town.ground, {"sandbox": channel}).start(ask)
    return placed


async def refunding(town: Town) -> GiftPrepared:
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    return gift


async def errand(town: Town, kind: str) -> dict[str, Any] | None:
    row = await town.ground.db.fetchrow("SELECT * FROM timer WHERE kind = $1", kind)
    return None if row is None else dict(row)


async def wait_until_next(town: Town, kind: str) -> float:
    """How many seconds until this errand is due again."""
    waiting = await errand(town, kind)
    assert waiting is not None
    return float((waiting["due_at"] - town.ground.clock.now()).total_seconds())


async def order_state(town: Town, order_id: int) -> int:
    return int(await town.ground.db.fetchval("SELECT state FROM order_order WHERE id = $1", order_id))


async def lend_all(town: Town) -> list[Timer]:
    return await town.ground.db.run(lambda tx: timers.lend_errands(tx, 5))


async def lend(town: Town) -> Timer:
    (lent,) = await lend_all(town)
    return lent


async def run(town: Town, channel: FakeChannel, lent: Timer) -> None:
    await run_errand(town.ground, {"sandbox": channel}, lent, lambda name: f"https://us.test/{name}")


# what became of a payment --------------------------------------------------------------------------------------------
async def test_a_payment_whose_callback_was_lost_is_found_by_asking(town: Town, channel: FakeChannel, worker: Worker):
    placed = await at_the_cashier(town, channel)
    channel.pay(placed.intent_id)
    pass_(town, seconds=29)
    await worker.drain()
    assert await order_state(town, placed.order_id) == 10
    pass_(town, seconds=1)
    await worker.drain()
    assert await order_state(town, placed.order_id) == 20
    assert channel.asked["query"] == 1
    assert await errand(town, "query_payment") is None
    assert (await check(town.ground)).is_clean


async def test_while_it_is_open_we_ask_ever_more_seldom(town: Town, channel: FakeChannel, worker: Worker):
    await at_the_cashier(town, channel)
    waits = [await wait_until_next(town, "query_payment")]
    for _ in range(5):
        pass_(town, seconds=waits[-1])
        await worker.run_errands()
        waits.append(await wait_until_next(town, "query_payment"))
    assert waits == [30, 60, 120, 300, 600, 600]


async def test_silence_decides_nothing(town: Town, channel: FakeChannel, worker: Worker):
    placed = await at_the_cashier(town, channel)
    channel.pay(placed.intent_id)
    channel.silent.add("query")
    for _ in range(6):
        pass_(town, seconds=max(0.0, await wait_until_next(town, "query_payment")))
        await worker.run_errands()
        assert await order_state(town, placed.order_id) == 10
    waiting = await errand(town, "query_payment")
    assert waiting is not None
    assert "channel_silent" in waiting["last_error"]
    assert waiting["set_aside_at"] is None
    channel.silent.clear()
    pass_(town, minutes=10)
    await worker.run_errands()
    assert await order_state(town, placed.order_id) == 20


async def test_the_callback_that_comes_while_we_ask_is_the_same_payment(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await at_the_cashier(town, channel)

    async def told_meanwhile(intent_id: int) -> None:
        channel.before.clear()
        channel.pay(intent_id)
        await pay(town, intent_id, placed.total)

    channel.before["query"] = told_meanwhile
    pass_(town, seconds=30)
    await worker.drain()
    assert await order_state(town, placed.order_id) == 20
    assert await ledger.balance_of(town.ground.db, ledger.escrow("CNY")) == (12_900, 0)
    assert await errand(town, "query_payment") is None
    assert (await check(town.ground)).is_clean


async def test_an_answer_with_another_amount_moves_nothing_and_we_keep_asking(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await at_the_cashier(town, channel)
    channel.pay(placed.intent_id)
    channel.amounts[placed.intent_id] = 1
    for _ in range(3):
        pass_(town, seconds=max(0.0, await wait_until_next(town, "query_payment")))
        await worker.run_errands()
        assert await wait_until_next(town, "query_payment") > 0
    assert await order_state(town, placed.order_id) == 10
    assert await ledger.balance_of(town.ground.db, ledger.escrow("CNY")) == (0, 0)
    kept = await town.ground.db.fetch("SELECT verdict, why FROM payment_callback")
    assert [tuple(row.values()) for row in kept] == [("quarantined", "amount_or_currency_differs")]
    channel.amounts.clear()
    pass_(town, minutes=10)
    await worker.run_errands()
    assert await order_state(town, placed.order_id) == 20


async def test_a_payment_that_is_over_is_not_asked_about(town: Town, channel: FakeChannel, worker: Worker):
    placed = await at_the_cashier(town, channel)
    lent_at = town.ground.clock.now() + timedelta(seconds=30)
    pass_(town, seconds=30)
    lent = await lend(town)
    await pay(town, placed.intent_id, placed.total)
    await run(town, channel, lent)
    assert channel.asked["query"] == 0
    assert await errand(town, "query_payment") is None
    assert lent.due_at > lent_at


async def test_the_answer_of_a_worker_that_lost_its_loan_is_not_written(town: Town, channel: FakeChannel):
    """The frozen one wakes after another has taken over: what it hears puts nothing off and ends nothing."""
    placed = await at_the_cashier(town, channel)
    pass_(town, seconds=30)
    frozen = await lend(town)
    pass_(town, seconds=60)
    current = await lend(town)
    before = await errand(town, "query_payment")
    await run(town, channel, frozen)
    assert await errand(town, "query_payment") == before
    await run(town, channel, current)
    after = await errand(town, "query_payment")
    assert after is not None
    assert after["last_error"] == "channel says open"
    assert await order_state(town, placed.order_id) == 10


async def test_an_errand_that_outlived_its_payment_ends_without_asking(
    town: Town, channel: FakeChannel, worker: Worker
):
    placed = await at_the_cashier(town, channel)
    await pay(town, placed.intent_id, placed.total)
    await town.ground.db.run(lambda tx: payments.look_soon(tx, payments.QUERY_PAYMENT, [placed.intent_id]))
    await worker.run_errands()
    assert channel.asked["query"] == 0
    assert await errand(town, "query_payment") is None


async def test_a_worker_that_lost_its_loan_closes_nothing(town: Town, channel: FakeChannel):
    """Both heard that the channel closed it; only the one that holds the loan closes the order."""
    placed = await at_the_cashier(town, channel)
    await cancel_an_order(town.ground, CancelOrder(town.an, placed.order_id), town.key(town.an))
    frozen = await lend(town)
    pass_(town, seconds=60)
    current = next(lent for lent in await lend_all(town) if lent.kind == frozen.kind)
    await run(town, channel, frozen)
    assert await order_state(town, placed.order_id) == 10
    await run(town, channel, current)
    assert await order_state(town, placed.order_id) == 250
    assert await errand(town, "close_at_channel") is None
    assert (await check(town.ground)).is_clean


async def test_a_worker_that_lost_its_loan_sets_no_refund_aside(town: Town, channel: FakeChannel):
    await refunding(town)
    channel.refuses.add("refund")
    frozen = await lend(town)
    pass_(town, seconds=60)
    await lend_all(town)
    await run(town, channel, msgspec.structs.replace(frozen, attempts=REFUND_TRIES_MAX))
    left = await errand(town, "send_refund")
    assert left is not None and left["set_aside_at"] is None


# giving money back ---------------------------------------------------------------------------------------------------
async def test_a_refund_is_asked_for_until_it_is_done(town: Town, channel: FakeChannel, worker: Worker):
    gift = await refunding(town)
    channel.refund_state = "processing"
    await worker.drain()
    row = await town.ground.db.fetchrow("SELECT state, channel_ref, sent_at FROM payment_refund")
    assert row is not None
    assert (row["state"], row["sent_at"]) == ("sent", town.ground.clock.now())
    assert row["channel_ref"].startswith("back-")
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (12_900, 0)
    channel.refund_state = "done"
    pass_(town, minutes=1)
    await worker.drain()
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)
    assert channel.given_back(gift.intent_id) == 12_900
    assert len(channel.refunds) == 1
    assert await errand(town, "send_refund") is None
    assert (await check(town.ground)).is_clean


async def test_a_refund_whose_answer_was_lost_is_given_back_once(town: Town, channel: FakeChannel, worker: Worker):
    gift = await refunding(town)
    channel.deaf.add("refund")
    await worker.drain()
    assert channel.given_back(gift.intent_id) == 12_900
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (12_900, 0), "we are not sure"
    channel.deaf.clear()
    pass_(town, minutes=1)
    await worker.drain()
    assert channel.given_back(gift.intent_id) == 12_900
    assert channel.asked["refund"] == 2
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)
    assert (await check(town.ground)).is_clean


async def test_a_refund_that_a_callback_finished_meanwhile_is_not_asked_for_again(town: Town, channel: FakeChannel):
    gift = await refunding(town)
    frozen = await lend(town)
    assert await channel_refunds(town, gift.order_id) == 1
    await run(town, channel, frozen)
    assert channel.asked["refund"] == 0
    assert await errand(town, "send_refund") is None
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)
    assert (await check(town.ground)).is_clean


async def test_a_refund_that_the_channel_refuses_stays_due_and_visible(
    town: Town, channel: FakeChannel, worker: Worker
):
    await refunding(town)
    channel.refuses.add("refund")
    for _ in range(15):
        await worker.run_errands()
        pass_(town, minutes=10)
    waiting = await errand(town, "send_refund")
    assert waiting is not None
    assert waiting["last_error"] == "channel_refused more_than_left"
    assert waiting["set_aside_at"] is None
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (12_900, 0)
    channel.refuses.clear()
    await worker.drain()
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)


async def test_silence_about_a_refund_is_asked_into_for_as_long_as_it_lasts(
    town: Town, channel: FakeChannel, worker: Worker
):
    await refunding(town)
    channel.silent.add("refund")
    for _ in range(REFUND_TRIES_MAX + 5):
        await worker.run_errands()
        pass_(town, minutes=10)
    assert channel.asked["refund"] == REFUND_TRIES_MAX + 5
    waiting = await errand(town, "send_refund")
    assert waiting is not None and waiting["set_aside_at"] is None


async def test_many_refunds_run_side_by_side_and_one_that_fails_stops_none(
    town: Town, channel: FakeChannel, worker: Worker
):
    prepared = [await refunding(town) for _ in range(6)]
    unlucky = await town.ground.db.fetchval("SELECT min(id) FROM payment_refund")

    async def breaks(refund_id: int) -> None:
        assert refund_id != unlucky, "a fault of ours"

    channel.before["refund"] = breaks
    await worker.drain()
    assert sum(channel.given_back(gift.intent_id) for gift in prepared) == 5 * 12_900
    waiting = await errand(town, "send_refund")
    assert waiting is not None
    assert (waiting["key"], waiting["set_aside_at"]) == (unlucky, None)
    assert "a fault of ours" in waiting["last_error"]
    channel.before.clear()
    pass_(town, minutes=1)
    await worker.drain()
    assert sum(channel.given_back(gift.intent_id) for gift in prepared) == 6 * 12_900
    assert (await check(town.ground)).is_clean
