"""Money whose way back is closed is its person's: kept, told of, tried again by itself, and given back once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channel import FakeChannel
from counter import answer, ask_for, buy, case_state
from household import worker_of
from interleaving import Paused
from outside import FakeOutside, listen
from town import Town, build_town, give_paid, pay, place, raised

from renqing.books import ledger, people
from renqing.doors.worker import Worker
from renqing.foundation import timers
from renqing.foundation.clock import SetClock
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_channel import REFUND_TRIES_MAX, run_errand
from renqing.journeys.end_a_balance import EndABalance, end_a_balance
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.keep_a_balance import NameARoute, RouteUnknown, name_a_route, remind_of_balances
from renqing.journeys.take_a_payment import Heard, take_payments
from renqing.trade import payments
from renqing.trade.balances import BalanceOver, BalanceUnknown
from renqing.trade.payments.ports import ChannelSilent, PaymentNews
from renqing.views.balances import MyBalance, kept_for, my_balances, operator_balances
from renqing.views.check import check
from renqing.views.my_account import my_account
from renqing.views.notice_page import notices_page

PRICE = 12_900


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
    assert isinstance(town.ground.clock, SetClock)
    town.ground.clock.move(timedelta(**time))


async def kept(town: Town, channel: FakeChannel, worker: Worker) -> MyBalance:
    """A gift that was refused, and whose giver's card is gone by then."""
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    channel.refund_state = "closed"
    await worker.drain()
    (balance,) = (await my_balances(town.ground, town.an)).balances
    return balance


async def accounts(town: Town, person_id: int) -> tuple[int, int, int]:
    """What is on the person's account, due to payers, and at the channel."""
    names = (ledger.person_balance(person_id, "CNY"), ledger.refunds_due("CNY"), ledger.clearing(1, "CNY"))
    on_it, due, clearing = [(await ledger.balance_of(town.ground.db, name))[0] for name in names]
    return on_it, due, -clearing


async def kinds_told(town: Town, person_id: int) -> list[str]:
    return [one.kind for one in reversed((await notices_page(town.ground, person_id)).notices)]


async def is_clean(town: Town) -> bool:
    found = [(one.id, one.shown) for one in (await check(town.ground)).findings if not one.holds]
    assert found == []
    return True


async def buy_paid(town: Town, person_id: int) -> int:
    """Another payment of a person's; its intent."""
    placed = await place(town, person_id, town.blue)
    await pay(town, placed.intent_id, placed.total)
    return placed.intent_id


async def operator_of(town: Town) -> int:
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.stranger, people.Role.OPERATOR))
    return town.stranger


async def test_money_whose_account_is_gone_is_kept_at_once_and_its_person_is_told(town, channel, worker):
    balance = await kept(town, channel, worker)
    assert (balance.amount, balance.state, balance.is_going) == (PRICE, "kept", False)
    assert channel.asked["refund"] == 1, "closed is closed: nobody asks 24 times"
    assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    assert await kept_for(town.ground, town.an) == {"CNY": PRICE}
    statement = await my_account(town.ground, town.an)
    assert (statement.balance, statement.lines[0].kind) == (PRICE, "refund_kept")
    assert (await kinds_told(town, town.an)).count("refund_failed") == 1
    assert "refund_failed" not in await kinds_told(town, town.bo)
    assert await is_clean(town)


@pytest.mark.parametrize("says", ["refuses", "fails"])
async def test_what_the_channel_still_refuses_at_the_last_try_is_kept_and_not_before(town, channel, worker, says):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    if says == "refuses":
        channel.refuses.add("refund")
    else:
        channel.refund_state = "failed"
    for _ in range(REFUND_TRIES_MAX - 1):
        await worker.run_errands()
        pass_(town, minutes=10)
    assert await accounts(town, town.an) == (0, PRICE, PRICE)
    await worker.run_errands()
    assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    assert channel.asked["refund"] == REFUND_TRIES_MAX
    assert await is_clean(town)


async def test_a_yes_that_was_lost_before_a_no_is_no_balance(town, channel, worker):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    channel.deaf.add("refund")
    await worker.run_errands()
    assert channel.given_back(gift.intent_id) == PRICE
    channel.deaf.clear()
    channel.refuses.add("refund")
    for _ in range(REFUND_TRIES_MAX):
        pass_(town, minutes=11)
        await worker.run_errands()
    assert await accounts(town, town.an) == (0, 0, 0)
    assert (await my_balances(town.ground, town.an)).balances == [] and await is_clean(town)


async def test_what_the_channel_says_is_under_way_is_no_balance_however_often_it_refuses_it(town, channel, worker):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    channel.refund_state = "processing"
    await worker.run_errands()
    channel.refuses.add("refund")
    for _ in range(REFUND_TRIES_MAX + 2):
        pass_(town, minutes=10)
        await worker.run_errands()
    assert channel.asked["query_refund"] >= 3
    assert await accounts(town, town.an) == (0, PRICE, PRICE), "due, and nobody's balance"
    channel.refund_states = dict.fromkeys(channel.refunds, "done")
    pass_(town, minutes=10)
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, 0)
    assert await is_clean(town)


async def test_while_the_channel_does_not_say_what_became_of_it_nothing_is_kept(town, channel, worker):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    channel.refund_state = "closed"
    channel.silent.add("query_refund")
    for _ in range(3):
        await worker.run_errands()
        pass_(town, minutes=11)
    assert await accounts(town, town.an) == (0, PRICE, PRICE)
    channel.silent.clear()
    await worker.drain()
    assert await accounts(town, town.an) == (PRICE, 0, PRICE) and await is_clean(town)


async def test_it_is_tried_every_week_the_way_it_was_paid_and_goes_back_once_when_that_is_open(town, channel, worker):
    balance = await kept(town, channel, worker)
    for weeks in (1, 2, 3):
        pass_(town, days=7)
        await worker.drain()
        assert channel.asked["refund"] == 1 + weeks
        assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    channel.refund_state = "done"
    pass_(town, days=7)
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, 0)
    assert sum(channel.refund_states[key] == "done" for key in channel.refunds) == 1
    pass_(town, days=90)
    await worker.drain()
    assert channel.asked["refund"] == 5, "what is back is tried no more"
    (over,) = (await my_balances(town.ground, town.an)).balances
    assert (over.id, over.state, over.how, over.next_at) == (balance.id, "returned", "refund", None)
    told = await kinds_told(town, town.an)
    assert told.count("balance_returned") == 1 and told.count("gift_refunded") == 1
    assert await is_clean(town)


async def test_its_person_hears_of_it_every_month_until_it_is_back(town, channel, worker):
    await kept(town, channel, worker)
    for months in (1, 2, 3):
        pass_(town, days=30)
        await worker.drain()
        assert (await kinds_told(town, town.an)).count("balance_waits") == months
    channel.refund_state = "done"
    pass_(town, days=7)
    await worker.drain()
    pass_(town, days=60)
    await worker.drain()
    assert (await kinds_told(town, town.an)).count("balance_waits") == 3
    assert await is_clean(town)


async def test_years_later_it_is_still_theirs_and_still_tried(town, channel, worker):
    await kept(town, channel, worker)
    pass_(town, days=4_000)
    await worker.drain()
    assert await accounts(town, town.an) == (PRICE, 0, PRICE) and channel.asked["refund"] == 2
    assert await is_clean(town)


async def test_they_name_the_account_of_another_payment_and_have_it_there_at_once(town, channel, worker):
    other = await buy_paid(town, town.an)
    balance = await kept(town, channel, worker)
    routes = (await my_balances(town.ground, town.an)).routes
    assert [one.intent_id for one in routes] == [other]
    await name_a_route(town.ground, NameARoute(town.an, balance.id, other), town.key(town.an))
    await worker.drain()
    assert channel.paid_out(other) == PRICE
    assert (await accounts(town, town.an))[:2] == (0, 0)
    (over,) = (await my_balances(town.ground, town.an)).balances
    assert (over.state, over.how) == ("returned", "payout")
    with pytest.raises(BalanceOver):
        await name_a_route(town.ground, NameARoute(town.an, balance.id, other), town.key(town.an))
    assert await is_clean(town)


async def test_where_the_named_account_does_not_take_it_the_way_it_was_paid_is_tried_and_then_a_week_passes(
    town, channel, worker
):
    other = await buy_paid(town, town.an)
    balance = await kept(town, channel, worker)
    channel.payout_state = "failed"
    await name_a_route(town.ground, NameARoute(town.an, balance.id, other), town.key(town.an))
    await worker.drain()
    assert (channel.asked["payout"], channel.asked["refund"]) == (1, 2)
    pass_(town, days=6)
    await worker.drain()
    assert (channel.asked["payout"], channel.asked["refund"]) == (1, 2)
    channel.payout_state = "done"
    pass_(town, days=1)
    await worker.drain()
    assert channel.paid_out(other) == PRICE and await is_clean(town)


async def test_what_they_pay_with_later_is_an_account_of_theirs_that_works_so_it_goes_there_by_itself(
    town, channel, worker
):
    before = await buy_paid(town, town.an)
    await kept(town, channel, worker)
    pass_(town, days=7)
    await worker.drain()
    assert channel.asked["payout"] == 0, f"payment {before} was made before: nobody named it"
    since = await buy_paid(town, town.an)
    pass_(town, days=7)
    await worker.drain()
    assert (channel.paid_out(since), channel.paid_out(before)) == (PRICE, 0)
    assert await is_clean(town)


async def test_nobody_elses_payment_is_an_account_to_send_it_to_and_nobody_else_says_so(town, channel, worker):
    theirs = await buy_paid(town, town.bo)
    mine = await buy_paid(town, town.an)
    balance = await kept(town, channel, worker)
    with pytest.raises(RouteUnknown):
        await name_a_route(town.ground, NameARoute(town.an, balance.id, theirs), town.key(town.an))
    for route in (theirs, mine):
        with pytest.raises(BalanceUnknown):
            await name_a_route(town.ground, NameARoute(town.bo, balance.id, route), town.key(town.bo))
    await worker.drain()
    assert channel.asked["payout"] == 0 and await accounts(town, town.an) != (0, 0, 0)


@pytest.mark.parametrize("route", ["refund", "payout"])
async def test_an_answer_that_was_lost_is_asked_about_and_nothing_is_given_twice(town, channel, worker, route):
    other = await buy_paid(town, town.an)
    balance = await kept(town, channel, worker)
    if route == "payout":
        await name_a_route(town.ground, NameARoute(town.an, balance.id, other), town.key(town.an))
    channel.refund_state = "done"
    channel.deaf.add(route)
    pass_(town, days=7)
    for _ in range(5):
        await worker.run_errands()
        pass_(town, minutes=11)
    assert (await accounts(town, town.an))[0] == PRICE, "not sure: nothing is booked"
    assert (await my_balances(town.ground, town.an)).balances[0].is_going
    operator = await operator_of(town)
    with pytest.raises(BalanceOver):
        await end_a_balance(town.ground, EndABalance(operator, balance.id, "bank transfer"), town.key(operator))
    channel.deaf.clear()
    channel.refuses.add(route)  # a no to what was done before is no answer to it
    await worker.drain()
    assert (await accounts(town, town.an))[:2] == (0, 0)
    given = sum(channel.refund_states[key] == "done" for key in channel.refunds)
    assert given + len(channel.payouts) == 1 and await is_clean(town)


async def test_a_channel_that_names_another_sum_is_not_believed(town, channel, worker):
    await kept(town, channel, worker)
    channel.refund_state = "processing"
    pass_(town, days=7)
    await worker.run_errands()
    (key,) = [key for key, state in channel.refund_states.items() if state == "processing"]
    ask = channel.refunds[key]
    channel.refund_states[key] = "done"
    channel.refunds[key] = type(ask)(ask.refund_id, ask.intent_id, ask.amount, "USD", ask.notify_url)
    pass_(town, minutes=11)
    await worker.run_errands()
    assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    channel.refunds[key] = ask
    pass_(town, minutes=11)
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, 0) and await is_clean(town)


async def test_a_callback_about_a_try_makes_the_house_ask_and_books_nothing_by_itself(town, channel, worker):
    await kept(town, channel, worker)
    channel.refund_state = "processing"
    pass_(town, days=7)
    await worker.run_errands()
    (key,) = [key for key, state in channel.refund_states.items() if state == "processing"]
    intent_id = channel.refunds[key].intent_id
    said = PaymentNews("evt_1", "refund", intent_id, key, "done", PRICE, "CNY", "")
    assert raised((await take_payments(town.ground, [Heard("sandbox", said, b"{}")]))[0]).effect == "look"
    assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    channel.refund_states[key] = "done"
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, 0)
    again = PaymentNews("evt_2", "refund", intent_id, key, "done", PRICE, "CNY", "")
    assert raised((await take_payments(town.ground, [Heard("sandbox", again, b"{}")]))[0]).effect == "repeated"
    assert await is_clean(town)


async def test_a_channel_that_says_done_of_what_it_said_it_would_never_do_is_kept_aside_for_a_person(
    town, channel, worker
):
    balance = await kept(town, channel, worker)
    refund = await payments.refund_by_id(town.ground.db, balance.id)
    assert refund is not None and refund.state == "kept"
    said = PaymentNews("evt_1", "refund", refund.intent_id, refund.id, "done", PRICE, "CNY", "")
    (answer,) = await take_payments(town.ground, [Heard("sandbox", said, b"{}")])
    assert getattr(answer, "code", "") == "callback_contradicts"
    assert await accounts(town, town.an) == (PRICE, 0, PRICE) and await is_clean(town)


async def test_an_operator_ends_it_by_hand_with_a_reason_and_it_is_nobodys_income(town, channel, worker):
    balance = await kept(town, channel, worker)
    operator = await operator_of(town)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(FieldNotValid):
            await end_a_balance(town.ground, EndABalance(operator, balance.id, reason), town.key(operator))
    for who, which in ((town.bo, balance.id), (operator, balance.id + 1)):
        with pytest.raises(BalanceUnknown):
            await end_a_balance(town.ground, EndABalance(who, which, "mine"), town.key(who))
    assert await accounts(town, town.an) == (PRICE, 0, PRICE)
    said = "paid by bank transfer, reference 42"
    await end_a_balance(town.ground, EndABalance(operator, balance.id, said), town.key(operator))
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, PRICE)
    assert (await ledger.balance_of(town.ground.db, ledger.by_hand("CNY")))[0] == PRICE
    assert (await ledger.balance_of(town.ground.db, ledger.fee("CNY")))[0] == 0
    row = await town.ground.db.fetchrow("SELECT ended_by, reason FROM balance_balance")
    assert row is not None and (row["ended_by"], row["reason"]) == (operator, said)
    with pytest.raises(BalanceOver):
        await end_a_balance(town.ground, EndABalance(operator, balance.id, said), town.key(operator))
    pass_(town, days=60)
    await worker.drain()
    assert channel.asked["refund"] == 1 and "balance_waits" not in await kinds_told(town, town.an)
    assert await is_clean(town)


async def test_who_is_erased_keeps_it_under_a_number_and_it_is_tried_at_once_and_on(town, channel, worker):
    balance = await kept(town, channel, worker)
    name = (await town.ground.db.run(lambda tx: people.get_person(tx, town.an))).name
    await erase_a_person(town.ground, EraseMe(town.an, name))
    await worker.drain()
    assert channel.asked["refund"] == 2, "tried at once"
    operator = await operator_of(town)
    (row,) = (await operator_balances(town.ground, operator)).rows
    assert (row.id, row.person_id, row.is_erased, row.person == name) == (balance.id, town.an, True, False)
    pass_(town, days=8)
    await worker.drain()
    assert channel.asked["refund"] >= 3 and await accounts(town, town.an) == (PRICE, 0, PRICE)
    await end_a_balance(town.ground, EndABalance(operator, balance.id, "bank transfer"), town.key(operator))
    assert await accounts(town, town.an) == (0, 0, PRICE) and await is_clean(town)


async def test_money_of_an_order_that_was_bought_for_oneself_is_kept_as_well_and_programs_hear_how_it_ends(
    town, channel
):
    outside = FakeOutside()
    await listen(town)
    worker = worker_of(town.ground, channel, outside)
    order_id = (await buy(town, town.an, town.red)).order_id
    case = await ask_for(town, town.an, order_id)
    await answer(town, case.case_id)
    channel.refund_state = "closed"
    await worker.drain()
    assert await case_state(town, case.case_id) == "MERCHANT_REFUND_SUCCESS", "between buyer and shop it is over"
    channel.refund_state = "done"
    pass_(town, days=7)
    await worker.drain()
    told = [
        (post.type, post.said["data"]) for post in outside.heard if post.type in ("refund.failed", "balance.returned")
    ]
    assert [kind for kind, _ in told] == ["refund.failed", "balance.returned"]
    assert (told[1][1]["refunded"]["amount"], told[1][1]["how"]) == (PRICE, "refund")
    assert told[0][1]["refund_id"] == told[1][1]["refund_id"]
    assert await is_clean(town)


async def test_of_many_workers_at_once_one_gives_it_back(town, channel, worker):
    await kept(town, channel, worker)
    channel.refund_state = "done"
    pass_(town, days=7)
    for other in [worker_of(town.ground, channel) for _ in range(5)]:
        await other.run_errands()
    await worker.drain()
    assert sum(state == "done" for state in channel.refund_states.values()) == 1
    assert await accounts(town, town.an) == (0, 0, 0) and await is_clean(town)


async def test_silence_leaves_the_try_and_the_balance_as_they_are(town, channel, worker):
    await kept(town, channel, worker)
    channel.silent |= {"refund", "query_refund"}
    pass_(town, days=7)
    await worker.run_errands()
    assert await town.ground.db.fetchval("SELECT count(*) FROM balance_try WHERE state = 'asked'") == 1
    with pytest.raises(ChannelSilent):
        await channel.query_refund(1)
    pass_(town, days=7)
    await worker.run_errands()
    assert await town.ground.db.fetchval("SELECT count(*) FROM balance_try") == 1, "asked about, not begun anew"
    assert await accounts(town, town.an) == (PRICE, 0, PRICE) and await is_clean(town)


async def bought_and_kept(town: Town, channel: FakeChannel, worker: Worker) -> int:
    """Money of an order that An bought for himself, and that cannot go back; the balance."""
    case = await ask_for(town, town.an, (await buy(town, town.an, town.red)).order_id)
    await answer(town, case.case_id)
    channel.refund_state = "closed"
    await worker.drain()
    (balance,) = (await my_balances(town.ground, town.an)).balances
    return balance.id


async def test_an_operator_ends_one_that_is_of_no_gift(town, channel, worker):
    balance_id = await bought_and_kept(town, channel, worker)
    operator = await operator_of(town)
    await end_a_balance(town.ground, EndABalance(operator, balance_id, "bank transfer 7"), town.key(operator))
    await worker.drain()
    assert await accounts(town, town.an) == (0, 0, PRICE)
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'GiftRefunded'") == 0
    assert await is_clean(town)


async def test_a_reminder_that_a_worker_held_while_it_was_ended_says_nothing(town, channel, worker):
    balance = await kept(town, channel, worker)
    operator = await operator_of(town)
    row = await town.ground.db.fetchrow("SELECT * FROM timer WHERE kind = 'remind_balance'")
    held = Timer(row["id"], row["kind"], row["key"], {}, 0, row["due_at"])
    await end_a_balance(town.ground, EndABalance(operator, balance.id, "by bank"), town.key(operator))
    await town.ground.db.run(lambda tx: remind_of_balances(town.ground, tx, [held]))
    await worker.drain()
    assert "balance_waits" not in await kinds_told(town, town.an)
    assert await is_clean(town)


async def lend(town: Town) -> Timer:
    (lent,) = await town.ground.db.run(lambda tx: timers.lend_errands(tx, 5))
    return lent


async def run(town: Town, channel: FakeChannel, lent: Timer) -> None:
    await run_errand(town.ground, {"sandbox": channel}, lent, lambda name: f"https://us.test/{name}")


async def test_a_worker_that_lost_its_loan_before_it_asked_begins_no_try(town, channel, worker):
    await kept(town, channel, worker)
    channel.refund_state = "done"
    pass_(town, days=7)
    frozen = await lend(town)
    pass_(town, seconds=60)
    current = await lend(town)
    await run(town, channel, frozen)
    assert channel.asked["refund"] == 1 and await accounts(town, town.an) == (PRICE, 0, PRICE)
    await run(town, channel, current)
    assert channel.asked["refund"] == 2 and await accounts(town, town.an) == (0, 0, 0)
    assert await is_clean(town)


async def test_a_worker_that_lost_its_loan_while_it_asked_writes_nothing_of_what_it_heard(town, channel, worker):
    """Another has taken over meanwhile, asked under the same number and given it back."""
    await kept(town, channel, worker)
    channel.refund_state = "done"
    pass_(town, days=7)
    frozen = await lend(town)

    async def meanwhile(_: int) -> None:
        channel.before.clear()
        pass_(town, seconds=60)
        await run(town, channel, await lend(town))

    channel.before["refund"] = meanwhile
    await run(town, channel, frozen)
    assert channel.asked["refund"] == 3 and len(channel.refunds) == 2, "the refund, and one try"
    assert await accounts(town, town.an) == (0, 0, 0)
    told = await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'BalanceReturned'")
    assert told == 1 and await is_clean(town)


async def test_one_that_was_ended_while_its_errand_was_being_lent_is_not_asked_about(town, channel, worker):
    """Who ends it passes over the errand that a worker holds at that moment; the worker then finds it over."""
    balance = await kept(town, channel, worker)
    operator = await operator_of(town)
    pass_(town, days=7)
    lending = Paused(town.ground.db, lambda tx: timers.lend_errands(tx, 5))
    await lending.before_commit()
    await end_a_balance(town.ground, EndABalance(operator, balance.id, "by bank"), town.key(operator))
    (lent,) = await lending.commit()
    await run(town, channel, lent)
    assert channel.asked["refund"] == 1
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'return_balance'") == 0
    assert await accounts(town, town.an) == (0, 0, PRICE) and await is_clean(town)
