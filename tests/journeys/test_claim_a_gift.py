"""A gift is claimed once: by whom it is for, in time, and whoever races with that loses cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import holding, one_after_the_other, until_blocked
from town import Town, build_town, claim, give, give_paid, place, raised, snapshot

from renqing.books import ledger, people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import NOBODY, Database
from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyReused, Once, once
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.end_a_gift import Declined, Ended, RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.social import gifts
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftUndeliverable,
    StyleNotOffered,
)
from renqing.trade import orders
from renqing.views.check import check

ORDER_LOCK = "SELECT 1 FROM order_order WHERE id = $1 FOR NO KEY UPDATE"


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def link_of(town: Town, gift: GiftPrepared) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    return token


async def state_of(town: Town, gift: GiftPrepared) -> tuple[int, int | None, int]:
    """The gift's state, its claimer, and its order's state."""
    row = await town.ground.db.fetchrow(
        """SELECT g.state, g.claimed_by, o.state AS order_state FROM gift_gift g JOIN order_order o ON o.id = g.order_id
           WHERE g.id = $1""",
        gift.gift_id,
    )
    assert row is not None
    return row["state"], row["claimed_by"], row["order_state"]


def refuse(town: Town, gift: GiftPrepared, person: int) -> Awaitable[Declined]:
    return refuse_a_gift(town.ground, RefuseAGift(person, "have_one", gift_id=gift.gift_id), town.key(person))


def withdraw(town: Town, gift: GiftPrepared) -> Awaitable[Ended]:
    return withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))


# the story -----------------------------------------------------------------------------------------------------------
async def test_a_gift_goes_from_giver_to_recipient(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    claimed = await claim(town, town.bo, gift.gift_id)
    assert claimed == Claimed(gift.gift_id, gift.order_id)
    order = await town.ground.db.run(lambda tx: orders.get(tx, claimed.order_id))
    assert (order.state, order.owner_id, order.payer_id, order.ship_from) == (
        20,
        town.bo,
        town.an,
        town.ground.clock.now(),
    )
    sent_to = await orders.destination(town.ground.db, town.ground.keys, claimed.order_id)
    assert sent_to is not None
    assert sent_to.detail == "文三路 1 号"
    assert await ledger.balance_of(town.ground.db, ledger.escrow("CNY")) == (12_900, 0)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer") == 0
    assert (await check(town.ground)).is_clean


async def test_a_link_is_claimed_by_whoever_holds_it_and_then_dead(town: Town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await link_of(town, gift)
    await claim(town, town.stranger, None, token=token)
    assert await state_of(town, gift) == (20, town.stranger, 20)
    await refused(town, claim(town, town.bo, None, token=token), GiftNotAvailable)


async def test_another_style_of_the_same_price_is_held_and_sent_instead(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    claimed = await claim(town, town.bo, gift.gift_id, sku_id=town.blue)
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (10, 0), town.blue: (10, 1)}
    (line,) = await orders.lines(town.ground.db, claimed.order_id)
    assert (line.sku_id, line.specs, line.amount) == (town.blue, ["蓝"], 12_900)
    fact = await town.ground.db.fetchval("SELECT payload FROM outbox_fact WHERE kind = 'GiftClaimed'")
    assert fact["another_style"] is True
    assert str(town.blue) not in str(fact), "the giver learns that, not which"
    assert (await check(town.ground)).is_clean


async def test_the_style_as_given_is_always_offered(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET price = 5, on_sale = false WHERE id = $1", town.red)
    await claim(town, town.bo, gift.gift_id, sku_id=town.red)
    assert await state_of(town, gift) == (20, town.bo, 20)


async def test_claiming_again_gives_the_same_answer(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    ask = ClaimAGift(town.bo, town.addresses[town.bo], gift_id=gift.gift_id)
    key = once(town.bo, "claim", "test", ask)
    first = (await claim_gifts(town.ground, [(ask, key)]))[0]
    before = await snapshot(town.ground)
    assert (await claim_gifts(town.ground, [(ask, key)])) == [first]
    assert await claim(town, town.bo, gift.gift_id) == first, "with another key too"
    assert await snapshot(town.ground) == before
    other_body = Once(key.subject, key.key, b"another fingerprint")
    assert [type(said) for said in await claim_gifts(town.ground, [(ask, other_body)])] == [KeyReused]
    assert (await check(town.ground)).is_clean


async def test_the_same_claimer_twice_in_one_batch_is_answered_alike(town: Town):
    gift = await give_paid(town, town.an, None, town.red)
    asks = [
        (ClaimAGift(town.bo, town.addresses[town.bo], token=await link_of(town, gift)), town.key(town.bo))
        for _ in (1, 2)
    ]
    assert await claim_gifts(town.ground, asks) == [Claimed(gift.gift_id, gift.order_id)] * 2
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'GiftClaimed'") == 1


async def test_one_batch_of_many_gifts_answers_each_claim_by_itself(town: Town):
    named = await give_paid(town, town.an, town.bo, town.red)
    linked = await give_paid(town, town.an, None, town.blue)
    token = await link_of(town, linked)
    asks = [
        ClaimAGift(town.cai, town.addresses[town.cai], gift_id=named.gift_id),
        ClaimAGift(town.bo, town.addresses[town.bo], gift_id=named.gift_id, sku_id=town.dear),
        ClaimAGift(town.cai, town.addresses[town.cai], token=token, sku_id=town.red),
        ClaimAGift(town.bo, town.addresses[town.bo], token=token),
        ClaimAGift(town.bo, town.addresses[town.bo], gift_id=named.gift_id),
    ]
    answers = await claim_gifts(town.ground, [(ask, town.key(ask.claimant_id)) for ask in asks])
    assert [type(answer) for answer in answers] == [
        GiftNotAvailable,  # by its id only who it is meant for finds it
        StyleNotOffered,
        Claimed,
        GiftNotAvailable,
        Claimed,
    ]
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (10, 2), town.blue: (10, 0)}
    assert (await check(town.ground)).is_clean


# who may not, and what may not ---------------------------------------------------------------------------------------
async def test_a_gift_for_somebody_else_is_not_for_you(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, claim(town, town.cai, None, token=await link_of(town, gift)), GiftNotForYou)
    await refused(town, claim(town, town.cai, gift.gift_id), GiftNotAvailable)


async def test_nobody_claims_a_gift_of_their_own(town: Town):
    gift = await give_paid(town, town.an, None, town.red)
    await refused(town, claim(town, town.an, None, token=await link_of(town, gift)), GiftIsYourOwn)
    await refused(town, claim(town, town.an, gift.gift_id), GiftIsYourOwn)


@pytest.mark.parametrize("what", ["unknown", "unpaid", "refused", "withdrawn", "expired", "used"])
async def test_whatever_is_not_there_any_more_looks_the_same(town: Town, what: str):
    gift = await (give if what == "unpaid" else give_paid)(town, town.an, town.bo, town.red)
    if what == "refused":
        await refuse(town, gift, town.bo)
    elif what == "withdrawn":
        await withdraw(town, gift)
    elif what == "expired":
        town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    elif what == "used":
        gift = await give_paid(town, town.an, None, town.red)
        token = await link_of(town, gift)
        await claim(town, town.cai, None, token=token)
        await refused(town, claim(town, town.bo, None, token=token), GiftNotAvailable)
        return
    gift_id = 404 if what == "unknown" else gift.gift_id
    await refused(town, claim(town, town.bo, gift_id), GiftNotAvailable)
    await refused(town, claim(town, town.bo, None, token="guessed"), GiftNotAvailable)


async def test_a_claim_in_the_last_microsecond_stays_and_at_the_deadline_none_is_taken(town: Town):
    in_time, too_late = [await give_paid(town, town.an, town.bo, sku) for sku in (town.red, town.blue)]
    town.ground.clock.move(timedelta(days=1) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    await claim(town, town.bo, in_time.gift_id)
    town.ground.clock.move(timedelta(microseconds=1))  # type: ignore[attr-defined]
    await refused(town, claim(town, town.bo, too_late.gift_id), GiftNotAvailable)
    await worker_of(town.ground).drain()
    assert await state_of(town, in_time) == (20, town.bo, 20)
    assert await state_of(town, too_late) == (181, None, 250)
    assert (await check(town.ground)).is_clean


async def test_the_address_must_be_the_claimers_own_and_within_reach(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    foreign = claim(town, town.bo, gift.gift_id, address_id=town.addresses[town.cai])
    await refused(town, foreign, people.AddressUnknown)
    far = claim(town, town.bo, gift.gift_id, address_id=town.far_address)
    await refused(town, far, GiftUndeliverable)
    await claim(town, town.bo, gift.gift_id)


@pytest.mark.parametrize("style", ["dear", "ring", "unknown", "off sale"])
async def test_a_style_that_is_not_the_same_at_the_same_price_is_not_offered(town: Town, style: str):
    gift = await give_paid(town, town.an, town.bo, town.red)
    sku = {"dear": town.dear, "ring": town.ring, "unknown": 404}.get(style, town.blue)
    if style == "off sale":
        await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", sku)
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=sku), StyleNotOffered)


async def test_a_style_that_ran_out_leaves_the_gift_to_be_claimed_as_given(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await place(town, town.cai, town.blue, 10)
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.blue), StockRanOut, sku_id=town.blue)
    await claim(town, town.bo, gift.gift_id)
    assert (await check(town.ground)).is_clean


def count_transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each transaction that is opened from now on."""
    opened: list[int] = []
    before = Database.transaction

    def counted(self: Database, actor: int = NOBODY) -> Any:
        opened.append(actor)
        return before(self, actor)

    monkeypatch.setattr(Database, "transaction", counted)
    return opened


# races ---------------------------------------------------------------------------------------------------------------
async def test_fifty_people_with_one_link_make_one_recipient(town: Town):
    crowd = await gather_a_crowd(town, 50)
    gift = await give_paid(town, town.an, None, town.red)
    token = await link_of(town, gift)
    answers = await asyncio.gather(
        *(claim(town, person, None, token=token) for person in crowd), return_exceptions=True
    )
    won = [person for person, answer in zip(crowd, answers, strict=True) if isinstance(answer, Claimed)]
    assert len(won) == 1
    assert sum(isinstance(answer, GiftNotAvailable) for answer in answers) == 49
    assert await state_of(town, gift) == (20, won[0], 20)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    assert (await check(town.ground)).is_clean


async def test_fifty_people_share_batches_and_one_of_them_gets_it(town: Town):
    """As the server does it: concurrent claimers share a transaction."""
    crowd = await gather_a_crowd(town, 50)
    gift = await give_paid(town, town.an, None, town.red)
    token = await link_of(town, gift)
    batcher = Batcher(partial(claim_gifts, town.ground), key=lambda asked: (asked[1].subject, asked[1].key))
    asks = [(ClaimAGift(person, town.addresses[person], token=token), town.key(person)) for person in crowd]
    answers = await asyncio.gather(*(batcher.ask(asked) for asked in asks), return_exceptions=True)
    assert sum(isinstance(answer, Claimed) for answer in answers) == 1
    assert sum(isinstance(answer, GiftNotAvailable) for answer in answers) == 49
    assert (await check(town.ground)).is_clean


async def test_of_two_claimers_in_line_the_first_gets_it(town: Town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await link_of(town, gift)
    first, second = await one_after_the_other(
        town.ground.db,
        (ORDER_LOCK, gift.order_id),
        lambda: claim(town, town.bo, None, token=token),
        lambda: claim(town, town.cai, None, token=token),
    )
    assert isinstance(first, Claimed)
    assert isinstance(second, GiftNotAvailable)
    assert await state_of(town, gift) == (20, town.bo, 20)


@pytest.mark.parametrize("rival", ["refusal", "withdrawal"])
@pytest.mark.parametrize("claim_first", [True, False])
async def test_claim_against_refusal_or_withdrawal_the_first_wins(town: Town, rival: str, claim_first: bool):  # noqa: FBT001
    gift = await give_paid(town, town.an, town.bo, town.red)

    async def claims() -> Any:
        return await claim(town, town.bo, gift.gift_id)

    async def ends() -> Any:
        return await (refuse(town, gift, town.bo) if rival == "refusal" else withdraw(town, gift))

    order: list[Callable[[], Awaitable[Any]]] = [claims, ends] if claim_first else [ends, claims]
    first, second = await one_after_the_other(town.ground.db, (ORDER_LOCK, gift.order_id), *order)
    assert not isinstance(first, BaseException)
    assert isinstance(second, GiftNotAvailable)
    if claim_first:
        assert await state_of(town, gift) == (20, town.bo, 20)
        assert await ledger.balance_of(town.ground.db, ledger.escrow("CNY")) == (12_900, 0)
        assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    else:
        assert await state_of(town, gift) == (250, None, 250)
        assert await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")) == (12_900, 0)
        assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    assert (await check(town.ground)).is_clean


async def test_claim_in_front_of_expiry_stays(town: Town, monkeypatch: pytest.MonkeyPatch):
    """The claim came in time and waits for the lock; the deadline falls due behind it and finds nothing to do.

    The worker has the timer and wants the order, the claim has the order and is done with the timer: each is one
    transaction all the same, so PostgreSQL had no deadlock to break.
    """
    gift = await give_paid(town, town.an, town.bo, town.red)
    worker = worker_of(town.ground)
    opened = count_transactions(monkeypatch)
    async with holding(town.ground.db, ORDER_LOCK, gift.order_id):
        claims = asyncio.ensure_future(claim(town, town.bo, gift.gift_id))
        await until_blocked(town.ground.db, 1)
        town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
        sweeps = asyncio.ensure_future(worker.run_deadlines(10))
        await until_blocked(town.ground.db, 2)
    assert isinstance(await claims, Claimed)
    await sweeps
    assert len(opened) == 2
    assert await state_of(town, gift) == (20, town.bo, 20)
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer") == 0
    assert (await check(town.ground)).is_clean


async def test_claim_behind_expiry_is_too_late(town: Town):
    """The claim begins before the deadline and waits behind the expiry: by our clock it was in time, but it lost."""
    gift = await give_paid(town, town.an, town.bo, town.red)
    worker = worker_of(town.ground)
    moment = timedelta(days=1)
    async with holding(town.ground.db, ORDER_LOCK, gift.order_id):
        town.ground.clock.move(moment)  # type: ignore[attr-defined]
        sweeps = asyncio.ensure_future(worker.run_deadlines(10))
        await until_blocked(town.ground.db, 1)
        town.ground.clock.move(-timedelta(seconds=1))  # type: ignore[attr-defined]
        claims = asyncio.ensure_future(claim(town, town.bo, gift.gift_id))
        await until_blocked(town.ground.db, 2)
    await sweeps
    with pytest.raises(GiftNotAvailable):
        await claims
    assert await state_of(town, gift) == (180, None, 250)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    town.ground.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    assert (await check(town.ground)).is_clean


async def test_whoever_wins_a_free_for_all_money_and_stock_follow(town: Town):
    """Claim, refusal and withdrawal at once, again and again: each time exactly one, and everything agrees with it."""
    ends = []
    for _ in range(8):
        gift = await give_paid(town, town.an, town.bo, town.red)
        answers = await asyncio.gather(
            claim(town, town.bo, gift.gift_id),
            refuse(town, gift, town.bo),
            withdraw(town, gift),
            claim(town, town.bo, gift.gift_id),
            return_exceptions=True,
        )
        state, claimer, order_state = await state_of(town, gift)
        ended = [answer for answer in answers if isinstance(answer, Declined | Ended)]
        claimed = [answer for answer in answers if isinstance(answer, Claimed)]
        assert bool(claimed) != bool(ended)
        assert len(ended) <= 1
        assert len(claimed) in (0, 2), "the same claimer is answered alike"
        assert (state, claimer, order_state) == ((20, town.bo, 20) if claimed else (250, None, 250))
        ends.append(state)
    held = (await stock.levels(town.ground.db, [town.red]))[town.red][1]
    assert held == ends.count(20)
    assert (await ledger.balance_of(town.ground.db, ledger.escrow("CNY")))[0] == 12_900 * ends.count(20)
    assert (await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")))[0] == 12_900 * ends.count(250)
    assert (await check(town.ground)).is_clean


async def test_claims_that_swap_styles_crosswise_never_block_each_other_in_a_circle(town: Town):
    """One batch swaps blue for red and then red for blue, another the other way round."""
    batches = []
    for first, second in ((town.red, town.blue), (town.blue, town.red)):
        asks = []
        for given, wanted in ((first, second), (second, first)):
            gift = await give_paid(town, town.an, town.bo, given)
            ask = ClaimAGift(town.bo, town.addresses[town.bo], gift_id=gift.gift_id, sku_id=wanted)
            asks.append((ask, town.key(town.bo)))
        batches.append(asks)
    async with holding(town.ground.db, "SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red):
        running = [asyncio.ensure_future(claim_gifts(town.ground, asks)) for asks in batches]
        await until_blocked(town.ground.db, 2)
        async with town.ground.db.transaction() as tx:
            free = await tx.fetch("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR UPDATE SKIP LOCKED", town.blue)
            assert len(free) == 1, "both wait at the first item and hold none"
    for answers in await asyncio.gather(*running):
        assert all(isinstance(raised(answer), Claimed) for answer in answers)
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (10, 2), town.blue: (10, 2)}
    assert (await check(town.ground)).is_clean
