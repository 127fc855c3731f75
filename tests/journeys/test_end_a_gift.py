"""A gift that nobody keeps: the goods are free, the link is dead, and every fen goes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest
from channel import FakeChannel
from crowd import gather_a_crowd, refused
from household import worker_of
from town import Town, build_town, claim, give, give_paid, snapshot

from renqing.books import ledger, stock
from renqing.foundation import timers
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.end_a_gift import (
    Declined,
    Ended,
    RefuseAGift,
    WithdrawAGift,
    expire_gifts,
    refuse_a_gift,
    withdraw_a_gift,
)
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social import gifts
from renqing.social.gifts import REFUSALS, GiftIsYourOwn, GiftNotAvailable, GiftNotForYou, GiftWithdrawalLate
from renqing.trade import shipping
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def refuse(town: Town, person: int, gift: GiftPrepared, sentence: str = "have_one") -> Declined:
    ask = RefuseAGift(person, sentence, gift_id=gift.gift_id)
    return await refuse_a_gift(town.ground, ask, town.key(person))


async def withdraw(town: Town, giver: int, gift: GiftPrepared) -> Ended:
    return await withdraw_a_gift(town.ground, WithdrawAGift(giver, gift.gift_id), town.key(giver))


async def open_it(town: Town, person: int, gift: GiftPrepared) -> None:
    await open_a_gift(town.ground, OpenAGift(person, gift_id=gift.gift_id), town.key(person))


async def how_it_ended(town: Town, gift: GiftPrepared) -> tuple[int, str, str, int, str, int]:
    """Gift state, how, the kind sentence; order state, why; what of it was refunded."""
    row = await town.ground.db.fetchrow(
        """SELECT g.state, g.ended_how, g.refusal, o.state AS order_state, o.why_closed, o.refunded_amount
           FROM gift_gift g JOIN order_order o ON o.id = g.order_id WHERE g.id = $1""",
        gift.gift_id,
    )
    assert row is not None
    return tuple(row.values())  # type: ignore[return-value]


async def facts(town: Town) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM outbox_fact ORDER BY id")
    return [row["kind"] for row in rows]


# refused -------------------------------------------------------------------------------------------------------------
async def test_a_refused_gift_goes_back_whole_and_its_order_stays_closed(town: Town):
    await town.ground.db.run(
        lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(shipping.EVERYWHERE, fee=600))
    )
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await refuse(town, town.bo, gift, "kind_thought") == Declined(gift.gift_id)
    assert await how_it_ended(town, gift) == (250, "refused", "kind_thought", 250, "refused", 13_500)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    db = town.ground.db
    assert await ledger.balance_of(db, ledger.escrow("CNY")) == (0, 0)
    assert await ledger.balance_of(db, ledger.refunds_due("CNY")) == (13_500, 0)
    assert await ledger.balance_of(db, ledger.person_balance(town.an, "CNY")) == (0, 0)
    assert (await facts(town))[-3:] == ["GiftRefused", "OrderClosed", "RefundStarted"]
    assert (await check(town.ground)).is_clean


async def test_the_money_is_back_when_the_channel_says_so(town: Town):
    channel = FakeChannel()
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse(town, town.bo, gift)
    await worker_of(town.ground, channel).drain()
    assert channel.given_back(gift.intent_id) == 12_900
    assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (0, 0)
    assert await ledger.balance_of(town.ground.db, ledger.clearing(1, "CNY")) == (0, 0)
    assert "GiftRefunded" in await facts(town)
    refunded_at = await town.ground.db.fetchval("SELECT refunded_at FROM gift_gift")
    assert refunded_at == town.ground.clock.now()
    assert (await check(town.ground)).is_clean


async def test_a_statement_shows_the_payer_where_the_money_went(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse(town, town.bo, gift)
    lines = await ledger.statement(town.ground.db, ledger.person_balance(town.an, "CNY"))
    assert [(line.kind, line.amount, line.balance_after) for line in lines] == [
        ("refund", -12_900, 0),
        ("refund", 12_900, 12_900),
        ("order_paid", -12_900, 0),
        ("order_paid", 12_900, 12_900),
    ]


@pytest.mark.parametrize("sentence", REFUSALS)
async def test_every_kind_sentence_can_be_said(town: Town, sentence: str):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse(town, town.bo, gift, sentence)
    assert (await how_it_ended(town, gift))[2] == sentence


async def test_an_unkind_sentence_is_none(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, refuse(town, town.bo, gift, "ugly"), FieldNotValid, field="sentence")


async def test_only_the_recipient_refuses(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, refuse(town, town.an, gift), GiftIsYourOwn)
    await refused(town, refuse(town, town.cai, gift), GiftNotAvailable)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    by_link = refuse_a_gift(town.ground, RefuseAGift(town.cai, "have_one", token=token), town.key(town.cai))
    await refused(town, by_link, GiftNotForYou)


async def test_an_opened_gift_can_still_be_refused_and_a_claimed_one_not(town: Town):
    opened, claimed = [await give_paid(town, town.an, town.bo, town.red) for _ in range(2)]
    await open_it(town, town.bo, opened)
    await refuse(town, town.bo, opened)
    await claim(town, town.bo, claimed.gift_id)
    await refused(town, refuse(town, town.bo, claimed), GiftNotAvailable)


async def test_refusing_again_gives_the_same_answer(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    ask, once = RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo)
    first = await refuse_a_gift(town.ground, ask, once)
    before = await snapshot(town.ground)
    assert await refuse_a_gift(town.ground, ask, once) == first
    assert await snapshot(town.ground) == before


# withdrawn -----------------------------------------------------------------------------------------------------------
async def test_a_giver_takes_back_what_nobody_opened(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await withdraw(town, town.an, gift) == Ended(gift.gift_id, 12_900, "CNY")
    assert await how_it_ended(town, gift) == (250, "withdrawn", "", 250, "withdrawn", 12_900)
    assert (await check(town.ground)).is_clean


async def test_what_was_opened_cannot_be_taken_back_any_more(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await open_it(town, town.bo, gift)
    await refused(town, withdraw(town, town.an, gift), GiftWithdrawalLate, policy="until_opened")


@pytest.mark.parametrize(("policy", "opened", "late"), [("never", False, True), ("until_claimed", True, False)])
async def test_how_long_a_giver_may_take_back_is_the_operators(town: Town, policy: str, opened: bool, late: bool):  # noqa: FBT001
    rules = msgspec.structs.replace(town.ground.policy, gift_withdraw=policy, gift_undo_minutes=0)
    town.ground.settings = msgspec.structs.replace(town.ground.settings, policy=rules)
    gift = await give_paid(town, town.an, town.bo, town.red)
    if opened:
        await open_it(town, town.bo, gift)
    if late:
        await refused(town, withdraw(town, town.an, gift), GiftWithdrawalLate, policy=policy)
    else:
        assert (await withdraw(town, town.an, gift)).refund == 12_900


async def test_nobody_takes_back_what_is_not_theirs_or_is_over(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    for person in (town.bo, town.cai, town.stranger):
        await refused(town, withdraw(town, person, gift), GiftNotAvailable)
    await withdraw(town, town.an, gift)
    await refused(town, withdraw(town, town.an, gift), GiftNotAvailable)
    unpaid = await give(town, town.an, town.bo, town.red)
    await refused(town, withdraw(town, town.an, unpaid), GiftNotAvailable)


# opened --------------------------------------------------------------------------------------------------------------
async def test_an_envelope_is_opened_once_and_its_giver_hears_it_once(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    for _ in range(3):
        await open_it(town, town.bo, gift)
    assert (await facts(town)).count("GiftOpened") == 1
    assert (await check(town.ground)).is_clean


async def test_looking_or_opening_by_somebody_else_opens_nothing(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, open_it(town, town.an, gift), GiftIsYourOwn)
    await refused(town, open_it(town, town.cai, gift), GiftNotAvailable)
    assert (await gifts.by_id(town.ground.db, gift.gift_id)).opened_at is None  # type: ignore[union-attr]


async def test_a_gift_that_is_over_cannot_be_opened(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await withdraw(town, town.an, gift)
    await refused(town, open_it(town, town.bo, gift), GiftNotAvailable)


# expired -------------------------------------------------------------------------------------------------------------
async def test_what_nobody_claims_in_time_goes_back_whole(town: Town):
    channel = FakeChannel()
    gift = await give_paid(town, town.an, town.bo, town.red)
    worker = worker_of(town.ground, channel)
    town.ground.clock.move(timedelta(days=1) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    await worker.drain()
    assert (await how_it_ended(town, gift))[0] == 10
    town.ground.clock.move(timedelta(microseconds=1))  # type: ignore[attr-defined]
    await worker.run_deadlines(10)
    assert await how_it_ended(town, gift) == (180, "expired", "", 250, "expired", 12_900)
    await worker.drain()
    assert await how_it_ended(town, gift) == (181, "expired", "", 250, "expired", 12_900)
    assert channel.given_back(gift.intent_id) == 12_900
    assert (await check(town.ground)).is_clean


async def test_a_hundred_gifts_expire_as_one_set(town: Town):
    """Thirty givers, three gifts each and one that was claimed: a few statements, whatever their number."""
    givers = await gather_a_crowd(town, 30)
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 200)], "test", 9))
    waiting = [await give_paid(town, giver, None, town.red) for giver in givers for _ in range(3)]
    kept = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, kept.gift_id)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    statements: list[str] = []
    async with town.ground.db.transaction() as tx:
        due = [timer for timer in await timers.take_due(tx) if timer.kind == gifts.EXPIRE_GIFT]
        counted = Tx(Counting(tx.conn, statements), tx.now, tx.ids, tx.keys)  # type: ignore[arg-type]
        await expire_gifts(town.ground, counted, due)
    assert len(due) == 90
    assert len(statements) < 40
    rows = await town.ground.db.fetch("SELECT state, count(*) FROM gift_gift GROUP BY state ORDER BY state")
    assert [tuple(row.values()) for row in rows] == [(20, 1), (180, 90)]
    assert (await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")))[0] == 90 * 12_900
    assert len({gift.order_id for gift in waiting}) == 90
    assert (await check(town.ground)).is_clean


class Counting:
    """A connection that writes down what it is asked."""

    def __init__(self, conn: object, said: list[str]) -> None:
        self._conn, self._said = conn, said

    def __getattr__(self, name: str) -> object:
        if name in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
            self._said.append(name)
        return getattr(self._conn, name)


async def test_two_workers_expire_each_gift_once(town: Town):
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 50)], "test", 9))
    for _ in range(20):
        await give_paid(town, town.an, None, town.red)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    workers = [worker_of(town.ground) for _ in range(4)]
    await asyncio.gather(*(worker.run_deadlines(7) for worker in workers))
    await workers[0].drain()
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_gift WHERE state = 181") == 20
    assert (await facts(town)).count("GiftExpired") == 20
    assert (await check(town.ground)).is_clean


async def test_two_gifts_of_one_giver_go_back_each_by_its_own_payment(town: Town):
    channel = FakeChannel()
    first, second = [await give_paid(town, town.an, town.bo, town.red) for _ in range(2)]
    await refuse(town, town.bo, first)
    await withdraw(town, town.an, second)
    await worker_of(town.ground, channel).drain()
    assert [channel.given_back(gift.intent_id) for gift in (first, second)] == [12_900, 12_900]
    assert (await check(town.ground)).is_clean
