"""Several people pay for one gift: exact to the fen, never too much, bought once, or everything back once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from channel import FakeChannel
from counter_vouchers import open_cafe
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, hears, pay

from renqing.books import people
from renqing.foundation import timers
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_channel import run_errand
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.engrave_a_gift import SayMyWords, say_my_words
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.start_a_fund import (
    CallOff,
    FundBegun,
    PutIn,
    SharePrepared,
    StartAFund,
    call_off,
    put_in,
    start_a_fund,
)
from renqing.journeys.start_a_payment import PaymentStarts, StartPayment
from renqing.journeys.take_a_payment import take_payments
from renqing.social import funds, moderation
from renqing.social.funds import FundOver, FundSpokenFor, FundUnknown
from renqing.social.gifts import RecipientNotReachable
from renqing.social.greeting_cards import GreetingCard
from renqing.social.schedules import Moment
from renqing.trade.engravings import Engraving, Terms, keep_terms
from renqing.trade.payments import PaymentUnknown
from renqing.views.check import check
from renqing.views.fund_page import fund_page
from renqing.views.gift_page import KeptGift, gift_page
from renqing.views.shop_orders import shop_order
from renqing.views.veil import UNKNOWN


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def start(town: Town, guests: tuple[int, ...] = (), **more: Any) -> FundBegun:
    """An asks Cai, or others, to give the red cup (129.00) to Bo together."""
    gift = GiveAGift(
        giver_id=town.an,
        sku_id=more.pop("sku_id", town.red),
        recipient_id=more.pop("recipient_id", town.bo),
        cover="birthday",
        greeting="生日快乐",
        open_for_hours=24,
        channel="",
        moment=more.pop("moment", None),
        expected_total=more.pop("target", None),
        **{name: more.pop(name) for name in ("card", "engraving", "surprise") if name in more},
    )
    ends_at = town.ground.clock.now() + more.pop("ends_in", timedelta(days=3))
    if "group_id" not in more:
        more["guest_ids"] = guests or (town.cai,)
    return await start_a_fund(town.ground, StartAFund(gift, ends_at, **more), town.key(town.an))


async def share(town: Town, person_id: int, fund: FundBegun, amount: int, *, capped: bool = False) -> SharePrepared:
    ask = PutIn(person_id, fund.order_id, amount, "sandbox", capped)
    return await put_in(town.ground, ask, town.key(person_id))


async def intent_of(town: Town, one: SharePrepared) -> int:
    found = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", one.contribution_id)
    return int(found)


async def paid(town: Town, person_id: int, fund: FundBegun, amount: int) -> SharePrepared:
    one = await share(town, person_id, fund, amount)
    await pay(town, await intent_of(town, one), one.amount)
    return one


async def work(town: Town, channel: FakeChannel | None = None) -> None:
    await worker_of(town.ground, channel or FakeChannel()).drain()


async def fund_row(town: Town, fund: FundBegun) -> tuple[str, int, int]:
    row = await town.ground.db.fetchrow("SELECT state, paid, pending FROM fund_fund WHERE id = $1", fund.order_id)
    assert row is not None
    return row["state"], row["paid"], row["pending"]


async def gift_state(town: Town, fund: FundBegun) -> int:
    return int(await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", fund.gift_id))


async def account(town: Town, fund: FundBegun) -> int:
    held = "SELECT coalesce(sum(balance), 0)::bigint FROM ledger_account WHERE owner_kind = 'fund' AND owner_id = $1"
    return int(await town.ground.db.fetchval(held, fund.order_id))


async def refunds(town: Town) -> dict[int, int]:
    """What went back or is on its way, by who paid it."""
    rows = await town.ground.db.fetch(
        """SELECT i.payer_id, sum(r.amount)::bigint AS amount FROM payment_refund r
             JOIN payment_intent i ON i.id = r.intent_id WHERE i.channel <> 'fund' GROUP BY 1"""
    )
    return {row["payer_id"]: row["amount"] for row in rows}


async def told(town: Town, person_id: int) -> list[str]:
    await work(town)
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def all_is_well(town: Town) -> None:
    found = (await check(town.ground)).findings
    assert [(one.id, one.shown[:2]) for one in found if one.differences] == []


async def test_with_the_last_share_the_gift_is_bought_and_comes_as_any_other(town):
    fund = await start(town)
    assert (fund.target, await gift_state(town, fund)) == (12900, 0)
    await paid(town, town.cai, fund, 8000)
    assert (await fund_row(town, fund), await account(town, fund)) == (("open", 8000, 0), 8000)
    await all_is_well(town)
    assert await told(town, town.bo) == []
    await paid(town, town.an, fund, 4900)
    assert (await fund_row(town, fund), await account(town, fund)) == (("full", 12900, 0), 0)
    assert await gift_state(town, fund) == 10
    assert await told(town, town.bo) == ["gift_ready"]
    assert await told(town, town.cai) == ["fund_invited", "fund_full"]
    assert (await claim(town, town.bo, fund.gift_id)).order_id == fund.order_id
    await work(town)
    await all_is_well(town)


async def test_its_starter_has_a_card_written_and_the_thing_engraved_and_may_hide_it(town):
    card, words = GreetingCard("波", "我们", "生日快乐"), Engraving("words", "小波")
    refusals = {"greeting_card": {"card": card}, "custom_info": {"engraving": words}}
    for field, what in refusals.items():
        await refused(town, start(town, **what), FieldNotValid, field=field)
    face = people.NewShop("山茶铺", "Camellia", writes_cards=True)
    await town.ground.db.run(lambda tx: people.change_shop(tx, town.shop_id, face))
    await town.ground.db.run(lambda tx: keep_terms(tx, town.shop_id, town.product_id, Terms(8)))
    fund = await start(town, card=card, engraving=words, surprise="opened")
    await paid(town, town.cai, fund, 12_900)
    seen = await fund_page(town.ground, town.cai, fund.order_id)
    assert seen.card == card and seen.engraving is not None and seen.engraving.words == "小波", "who pays reads them"
    await work(town)
    await claim(town, town.bo, fund.gift_id)
    to_make = await shop_order(town.ground, town.owner_id, fund.order_id)
    assert to_make.card == card and to_make.engraving is not None and to_make.engraving.words == "小波"
    got = await gift_page(town.ground, town.bo, fund.gift_id)
    assert isinstance(got, KeptGift) and (got.goods, got.engraving, got.inside.card) == (UNKNOWN, None, None)
    await all_is_well(town)


async def test_the_words_may_be_left_to_whoever_gets_what_several_give(town):
    await town.ground.db.run(lambda tx: keep_terms(tx, town.shop_id, town.product_id, Terms(8)))
    fund = await start(town, engraving=Engraving("left"))
    await paid(town, town.cai, fund, 12_900)
    await work(town)
    await open_a_gift(town.ground, OpenAGift(town.bo, fund.gift_id), town.key(town.bo))
    await say_my_words(town.ground, SayMyWords(town.bo, "小波", fund.gift_id), town.key(town.bo))
    await claim(town, town.bo, fund.gift_id)
    to_make = await shop_order(town.ground, town.owner_id, fund.order_id)
    assert to_make.engraving is not None and to_make.engraving.words == "小波"
    seen = await fund_page(town.ground, town.cai, fund.order_id)
    assert seen.engraving is not None and (seen.engraving.kind, seen.engraving.words) == ("left", "")


async def test_what_a_moderator_holds_is_refused_before_anybody_is_asked(town):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "代开发票"))
    held = start(town, card=GreetingCard("", "", "要代开发票吗"))
    await refused(town, held, FieldNotValid, field="greeting_message", reason="held")
    assert await town.ground.db.fetchval("SELECT count(*) FROM fund_fund") == 0


async def test_a_fund_may_buy_a_gift_that_comes_later(town):
    fund = await start(town, moment=Moment("2026-11-25T09:00"))
    await paid(town, town.cai, fund, 12900)
    assert await gift_state(town, fund) == 5
    await all_is_well(town)
    town.ground.clock.move(timedelta(days=2))
    await work(town)
    assert await gift_state(town, fund) == 10
    await all_is_well(town)


async def test_short_at_the_deadline_everybody_gets_back_exactly_their_share_once(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 3333)
    await paid(town, town.cai, fund, 1)
    await paid(town, town.an, fund, 9565)
    town.ground.clock.move(timedelta(days=3))
    await work(town)
    await work(town)
    assert (await fund_row(town, fund), await account(town, fund)) == (("short", 12899, 0), 0)
    assert await refunds(town) == {town.cai: 3334, town.an: 9565}
    assert await gift_state(town, fund) == 250
    assert await town.ground.db.fetchval("SELECT held FROM stock_item WHERE sku_id = $1", town.red) == 0
    states = await town.ground.db.fetch("SELECT DISTINCT state FROM payment_refund")
    assert [row["state"] for row in states] == ["done"]
    assert await told(town, town.bo) == []
    assert (await told(town, town.cai))[-1] == "fund_short"
    await all_is_well(town)


async def test_the_starter_calls_it_off_and_nobody_else(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 5000)
    waiting = await share(town, town.cai, fund, 1000)
    other = CallOff(town.cai, fund.order_id)
    await refused(town, call_off(town.ground, other, town.key(town.cai)), FundUnknown)
    ask = CallOff(town.an, fund.order_id)
    await call_off(town.ground, ask, town.key(town.an))
    await refused(town, call_off(town.ground, ask, town.key(town.an)), FundOver, reason="called_off")
    await work(town)
    assert (await fund_row(town, fund), await account(town, fund)) == (("called_off", 5000, 0), 0)
    assert await refunds(town) == {town.cai: 5000}
    await pay(town, await intent_of(town, waiting), 1000)  # they paid in the same moment
    await work(town)
    assert await refunds(town) == {town.cai: 6000}
    await refused(town, share(town, town.cai, fund, 1), FundOver, reason="called_off")
    await all_is_well(town)


async def test_cancelling_its_order_is_calling_it_off(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 5000)
    await cancel_an_order(town.ground, CancelOrder(town.an, fund.order_id), town.key(town.an))
    assert (await fund_row(town, fund))[0] == "called_off"
    await work(town)
    assert await refunds(town) == {town.cai: 5000}
    await all_is_well(town)


async def test_nothing_less_than_nothing_and_more_than_is_missing_are_refused(town):
    fund = await start(town)
    for amount in (0, -1, -12900):
        await refused(town, share(town, town.cai, fund, amount), FieldNotValid, field="amount", reason="nothing")
    await refused(town, share(town, town.cai, fund, 12901), FieldNotValid, reason="over_rest", rest=12900)
    await paid(town, town.cai, fund, 12000)
    await refused(town, share(town, town.an, fund, 901), FieldNotValid, reason="over_rest", rest=900)
    capped = await share(town, town.an, fund, 5000, capped=True)
    assert capped.amount == 900
    await refused(town, share(town, town.cai, fund, 1), FundSpokenFor)
    await pay(town, await intent_of(town, capped), 900)
    await refused(town, share(town, town.cai, fund, 1), FundOver, reason="full")
    await all_is_well(town)


async def test_what_was_set_aside_and_never_paid_is_there_again(town):
    fund = await start(town)
    lapsed = await share(town, town.cai, fund, 12900)
    await refused(town, share(town, town.an, fund, 1), FundSpokenFor)
    town.ground.clock.move(timedelta(minutes=16))
    await work(town)
    assert await fund_row(town, fund) == ("open", 0, 0)
    await paid(town, town.an, fund, 12900)
    await pay(town, await intent_of(town, lapsed), 12900)  # the bank was slow: it goes straight back
    await work(town)
    assert await refunds(town) == {town.cai: 12900}
    assert await fund_row(town, fund) == ("full", 12900, 0)
    await all_is_well(town)


async def test_fifty_racers_for_the_last_yuan_make_one_share(town):
    crowd = await gather_a_crowd(town, 50)

    async def befriend_all(tx: Any) -> None:
        for person in crowd:
            await people.befriend(tx, town.an, person)

    await town.ground.db.run(befriend_all)
    fund = await start(town, tuple(crowd))
    await paid(town, town.an, fund, 12800)
    asked = [share(town, person, fund, 100, capped=number % 2 == 0) for number, person in enumerate(crowd)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    won = [one for one in answers if isinstance(one, SharePrepared)]
    assert len(won) == 1 and won[0].amount == 100
    assert all(isinstance(one, (SharePrepared, FundSpokenFor, FieldNotValid)) for one in answers)
    assert await fund_row(town, fund) == ("open", 12800, 100)
    await pay(town, await intent_of(town, won[0]), 100)
    assert await fund_row(town, fund) == ("full", 12900, 0)
    await all_is_well(town)


async def test_shares_whose_callbacks_come_together_and_twice_are_taken_once(town):
    fund = await start(town)
    ones = [await share(town, person, fund, amount) for person, amount in ((town.cai, 6000), (town.an, 6900))]
    said = [hears(await intent_of(town, one), one.amount, event_id=f"e{n}") for n, one in enumerate(ones)]
    await take_payments(town.ground, [*said, *said])
    await asyncio.gather(*(take_payments(town.ground, said) for _ in range(3)))
    assert (await fund_row(town, fund), await account(town, fund)) == (("full", 12900, 0), 0)
    await work(town)
    await all_is_well(town)


async def test_of_the_deadline_and_the_last_share_the_first_wins(town):
    fund = await start(town)
    one = await share(town, town.cai, fund, 12900)
    intent = await intent_of(town, one)
    town.ground.clock.move(timedelta(days=3))
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", fund.order_id)
    worker = worker_of(town.ground, FakeChannel())
    first, second = await one_after_the_other(
        town.ground.db, lock, lambda: worker.run_deadlines(500), lambda: pay(town, intent, 12900)
    )
    assert not isinstance(first, BaseException) and not isinstance(second, BaseException)
    await work(town)
    assert (await fund_row(town, fund))[0] == "short"
    assert await refunds(town) == {town.cai: 12900}
    await all_is_well(town)


async def test_a_gift_that_is_declined_goes_back_to_all_who_paid_to_the_fen(town):
    fund = await start(town)
    for person, amount in ((town.cai, 4301), (town.an, 4300), (town.cai, 4299)):
        await paid(town, person, fund, amount)
    declined = RefuseAGift(town.bo, "kind_thought", fund.gift_id)
    await refuse_a_gift(town.ground, declined, town.key(town.bo))
    await work(town)
    assert await refunds(town) == {town.cai: 8600, town.an: 4300}
    assert await account(town, fund) == 0
    assert "share_back" in await told(town, town.cai)
    await all_is_well(town)


async def test_only_who_is_asked_takes_part_and_never_who_it_is_for(town):
    fund = await start(town)
    for person in (town.bo, town.stranger):
        await refused(town, share(town, person, fund, 100), FundUnknown)
    await refused(town, start(town, (town.stranger,)), RecipientNotReachable)
    await refused(town, start(town, (town.bo,)), FieldNotValid, field="guest_ids", reason="recipient")
    await refused(town, start(town, (town.an,)), FieldNotValid, field="guest_ids", reason="recipient")
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "同事", (town.bo, town.cai)))
    open_to_all = await start(town, group_id=group.id)
    assert (await share(town, town.cai, open_to_all, 100)).amount == 100
    await refused(town, share(town, town.bo, open_to_all, 100), FundUnknown)
    await town.ground.db.run(lambda tx: people.block(tx, town.cai, town.an))
    await refused(town, share(town, town.cai, open_to_all, 100), FundUnknown)


async def test_a_deadline_that_is_over_too_soon_or_too_far_is_refused(town):
    for ends_in, reason in (
        (timedelta(0), "past"),
        (timedelta(hours=-1), "past"),
        (timedelta(minutes=29), "too_soon"),
        (timedelta(days=30, seconds=1), "collect_too_long"),
    ):
        await refused(town, start(town, ends_in=ends_in), FieldNotValid, field="ends_at", reason=reason)


async def test_a_voucher_is_not_given_together(town):
    cafe = await open_cafe(town)
    await refused(town, start(town, sku_id=cafe.sku_id), FieldNotValid, field="sku_id", reason="voucher_together")


async def test_a_share_in_flight_at_the_bank_is_closed_there_before_it_is_over(town):
    channel = FakeChannel()
    fund = await start(town)
    one = await share(town, town.cai, fund, 5000)
    intent = await intent_of(town, one)
    starts = PaymentStarts(town.ground, {"sandbox": channel})
    asked = StartPayment(town.cai, one.contribution_id, lambda name: f"https://us.test/{name}", "https://us.test/")
    assert (await starts.start(asked)).intent_id == intent
    fund_itself = StartPayment(town.an, fund.order_id, lambda name: name, "https://us.test/")
    with pytest.raises(PaymentUnknown):
        await starts.start(fund_itself)
    town.ground.clock.move(timedelta(minutes=16))
    await work(town, channel)
    assert await fund_row(town, fund) == ("open", 0, 0)
    closed = "SELECT state FROM payment_intent WHERE id = $1"
    assert await town.ground.db.fetchval(closed, intent) == "closed"
    paid_late = await share(town, town.cai, fund, 6000)
    late_intent = await intent_of(town, paid_late)
    await starts.start(StartPayment(town.cai, paid_late.contribution_id, lambda name: name, "https://us.test/"))
    channel.pay(late_intent)
    town.ground.clock.move(timedelta(minutes=16))
    await work(town, channel)
    assert await fund_row(town, fund) == ("open", 6000, 0)
    await all_is_well(town)


async def test_nobody_pays_a_funds_order_themselves(town):
    fund = await start(town)
    said = hears(fund.intent_id, fund.target)
    (answer,) = await take_payments(town.ground, [said])
    assert isinstance(answer, Exception)
    assert await fund_row(town, fund) == ("open", 0, 0)
    await all_is_well(town)


async def test_the_database_refuses_more_than_the_target_and_another_end(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 12000)
    for sql in (
        "UPDATE fund_fund SET pending = 901 WHERE id = $1",
        "UPDATE fund_fund SET paid = 12901 WHERE id = $1",
        "UPDATE fund_fund SET state = 'full', ended_at = now() WHERE id = $1",
        "UPDATE fund_fund SET paid = paid - 1 WHERE id = $1",
        "UPDATE fund_fund SET target = target + 1 WHERE id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await town.ground.db.run(lambda tx, sql=sql: tx.execute(sql, fund.order_id))


async def test_a_fund_is_found_by_its_id_and_by_its_gift_and_says_whom_it_asks(town):
    fund, db = await start(town), town.ground.db
    found = await funds.by_id(db, fund.order_id)
    assert found is not None
    assert (found.id, found.gift_id, found.missing) == (fund.order_id, fund.gift_id, 12900)
    assert await funds.of_gift(db, fund.gift_id) == found
    assert await funds.by_id(db, fund.gift_id) is None is await funds.of_gift(db, fund.order_id)
    assert await funds.guests_of(db, fund.order_id) == [town.cai]


async def test_a_worker_that_lost_its_loan_shares_no_refund_out(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 12_900)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=fund.gift_id), town.key(town.bo))

    async def lend() -> Timer:
        lent = await town.ground.db.run(lambda tx: timers.lend_errands(tx, 5))
        return next(one for one in lent if one.kind == "send_refund")

    frozen = await lend()
    town.ground.clock.move(timedelta(seconds=60))
    current = await lend()
    assert frozen.key == current.key
    for one, back in ((frozen, {}), (current, {town.cai: 12_900}), (current, {town.cai: 12_900})):
        await run_errand(town.ground, {"sandbox": FakeChannel()}, one, lambda name: f"https://us.test/{name}")
        assert await refunds(town) == back
    await work(town)
    assert await refunds(town) == {town.cai: 12_900}
    await all_is_well(town)


async def test_who_paid_in_hears_that_their_share_could_not_go_back_and_is_kept_for_them(town):
    fund = await start(town)
    await paid(town, town.cai, fund, 5000)
    await call_off(town.ground, CallOff(town.an, fund.order_id), town.key(town.an))
    await work(town, FakeChannel(refund_state="closed"))
    assert (await told(town, town.cai))[-1] == "share_stuck"
    assert {"share_stuck", "refund_failed"}.isdisjoint(await told(town, town.an))
    kept = await town.ground.db.fetchrow("SELECT person_id, amount, state FROM balance_balance")
    assert tuple(kept) == (town.cai, 5000, "kept")
    await all_is_well(town)
