"""A gift for many: who comes first gets a share, one a person; what nobody claims goes back as one refund."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import msgspec
import pytest
from channel import FakeChannel
from counter import answer, ask_for, books, books_are_right, channel_refunds, receive, set_freight, ship
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import holding, one_after_the_other, until_blocked
from town import Town, build_town, claim, give, give_paid, snapshot

from renqing.books import ledger, people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Policy
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.end_a_gift import Ended, RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social import chats, gifts
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    SharedGiftStays,
    StyleNotOffered,
)
from renqing.trade import orders
from renqing.views.gift_page import GiverPage, KeptGift, OpenGift, gift_page
from renqing.views.my_gifts import gifts_given, gifts_got

GIFT_LOCK = "SELECT 1 FROM gift_gift WHERE id = $1 FOR NO KEY UPDATE"
PRICE = 12_900


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def shared(town: Town, shares: int, **wrapping: Any) -> tuple[GiftPrepared, str]:
    """A paid gift for whoever holds its link, and that link's token."""
    gift = await give_paid(town, town.an, None, town.red, shares=shares, **wrapping)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    return gift, token


async def of_a_group(town: Town, shares: int) -> tuple[GiftPrepared, int]:
    """A paid gift for the members of a group of An, Bo and Cai, and that group's id."""

    async def story(tx: Tx) -> int:
        group = await people.make_group(tx, town.an, "Cousins", [town.bo, town.cai])
        await chats.open_group(tx, group.id, [town.an, town.bo, town.cai])
        return group.id

    group_id = await town.ground.db.run(story)
    return await give_paid(town, town.an, None, town.red, shares=shares, group_id=group_id), group_id


async def state_of(town: Town, gift: GiftPrepared) -> tuple[int, int, int]:
    """The gift's state, how many shares are claimed, and its order's state."""
    row = await town.ground.db.fetchrow(
        """SELECT g.state, g.shares_claimed, o.state AS order_state FROM gift_gift g
           JOIN order_order o ON o.id = g.order_id WHERE g.id = $1""",
        gift.gift_id,
    )
    assert row is not None
    return row["state"], row["shares_claimed"], row["order_state"]


async def facts_of(town: Town, kind: str) -> list[dict[str, Any]]:
    return [
        row["payload"]
        for row in await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = $1 ORDER BY id", kind)
    ]


def by_link(town: Town, person: int, token: str) -> Any:
    return claim(town, person, None, token=token)


# the story -----------------------------------------------------------------------------------------------------------
async def test_each_share_becomes_an_order_of_its_own(town: Town):
    gift, token = await shared(town, 3)
    assert gift.total == 3 * PRICE
    first = await by_link(town, town.bo, token)
    second = await by_link(town, town.cai, token)
    assert len({gift.order_id, first.order_id, second.order_id}) == 3
    order = await town.ground.db.run(lambda tx: orders.get(tx, first.order_id))
    assert (order.state, order.owner_id, order.payer_id, order.part_of) == (20, town.bo, town.an, gift.order_id)
    assert (order.total_amount, order.fee_ppm, order.paid_at) == (PRICE, 50_000, None)
    (line,) = await orders.lines(town.ground.db, first.order_id)
    assert (line.sku_id, line.quantity, line.amount) == (town.red, 1, PRICE)
    sent_to = await orders.destination(town.ground.db, town.ground.keys, first.order_id)
    assert sent_to is not None
    assert sent_to.detail == "文三路 1 号"
    assert await state_of(town, gift) == (10, 2, 12)
    assert [(one["claimed_by"], one["left"]) for one in await facts_of(town, "GiftClaimed")] == [
        (town.bo, 2),
        (town.cai, 1),
    ]
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 3)}
    await books_are_right(town.ground)


async def test_with_the_last_share_the_gift_is_claimed_and_its_link_dead(town: Town):
    gift, token = await shared(town, 2)
    await by_link(town, town.bo, token)
    await by_link(town, town.cai, token)
    assert await state_of(town, gift) == (20, 2, 110)
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer") == 0
    assert await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an) is None
    assert [one["why"] for one in await facts_of(town, "OrderDivided")] == ["claimed"]
    await refused(town, by_link(town, town.stranger, token), GiftNotAvailable)
    await books_are_right(town.ground)


async def test_one_share_a_person_whoever_asks_again_is_answered_alike(town: Town):
    gift, token = await shared(town, 3)
    first = await by_link(town, town.bo, token)
    before = await snapshot(town.ground)
    assert await by_link(town, town.bo, token) == first
    assert await claim(town, town.bo, gift.gift_id) == first, "by its number too, once it is theirs"
    assert await snapshot(town.ground) == before
    asks = [(ClaimAGift(town.cai, town.addresses[town.cai], token=token), town.key(town.cai)) for _ in range(3)]
    one, *others = await claim_gifts(town.ground, asks)
    assert others == [one, one], "in one batch too"
    assert await state_of(town, gift) == (10, 2, 12)
    await books_are_right(town.ground)


async def test_a_share_is_shipped_received_and_settled_like_any_order(town: Town):
    await set_freight(town, 500)
    gift, token = await shared(town, 2)
    assert gift.total == 2 * (PRICE + 500), "each share goes its own way"
    for person in (town.bo, town.cai):
        claimed = await by_link(town, person, token)
        await ship(town, claimed.order_id)
        await receive(town, person, claimed.order_id)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (8, 0)}
    fee = 2 * ((PRICE + 500) * 5 // 100)
    assert await books(town) == {
        "clearing": (-gift.total, 0),
        "fee": (fee, 0),
        "shop": (gift.total - fee, 0),
    }
    await books_are_right(town.ground)


async def test_an_aftersale_of_a_share_gives_its_giver_that_share_back(town: Town):
    gift, token = await shared(town, 2)
    bos = await by_link(town, town.bo, token)
    cais = await by_link(town, town.cai, token)
    case = await ask_for(town, town.bo, bos.order_id)
    await answer(town, case.case_id)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    await ship(town, cais.order_id)
    await receive(town, town.cai, cais.order_id)
    late = await ask_for(town, town.cai, cais.order_id)
    await answer(town, late.case_id)
    assert await channel_refunds(town, gift.order_id) == 2
    assert await books(town) == {}
    await books_are_right(town.ground)


# the end -------------------------------------------------------------------------------------------------------------
async def test_what_nobody_claimed_in_time_goes_back_as_one_refund(town: Town):
    await set_freight(town, 333)
    gift, token = await shared(town, 5)
    kept = await by_link(town, town.bo, token)
    await ship(town, kept.order_id)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    assert await state_of(town, gift) == (181, 1, 110)
    assert [ask.amount for ask in channel.refunds.values()] == [4 * (PRICE + 333)]
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 0)}
    assert (await ledger.balance_of(town.ground.db, ledger.escrow("CNY")))[0] == PRICE + 333
    told = await town.ground.db.fetch("SELECT kind, facts FROM notice_notice WHERE person_id = $1 ORDER BY id", town.an)
    assert [row["kind"] for row in told] == [
        "gift_share_claimed",
        "gift_shipped",
        "gift_partly_expired",
        "gift_refunded",
    ]
    assert (told[2]["facts"]["left"], told[3]["facts"]["amount"]) == (4, 4 * (PRICE + 333))
    await refused(town, by_link(town, town.cai, token), GiftNotAvailable)
    assert await claim(town, town.bo, gift.gift_id) == kept, "a claimed share stays"
    await receive(town, town.bo, kept.order_id)
    await books_are_right(town.ground)


async def test_a_gift_that_nobody_claimed_at_all_ends_like_any(town: Town):
    gift, _ = await shared(town, 3)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    assert await state_of(town, gift) == (181, 0, 250)
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    assert await books(town) == {}
    await books_are_right(town.ground)


@pytest.mark.parametrize(
    ("policy", "claimed", "may"),
    [("never", 0, False), ("until_opened", 0, True), ("until_opened", 1, False), ("until_claimed", 1, True)],
)
async def test_the_giver_takes_back_what_is_left_where_the_policy_lets_them(
    town: Town,
    policy: Any,
    claimed: int,
    may: bool,  # noqa: FBT001
):
    town.ground.settings = msgspec.structs.replace(
        town.ground.settings, policy=Policy(gift_withdraw=policy, gift_undo_minutes=0)
    )
    gift, token = await shared(town, 3)
    for person in (town.bo, town.cai)[:claimed]:
        await by_link(town, person, token)
    asked = withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    if not may:
        await refused(town, asked, gifts.GiftWithdrawalLate)
        return
    assert await asked == Ended(gift.gift_id, (3 - claimed) * PRICE, "CNY")
    assert await state_of(town, gift) == (250, claimed, 110 if claimed else 250)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, claimed)}
    await books_are_right(town.ground)


async def test_one_of_many_does_not_decline_for_all(town: Town):
    gift, token = await shared(town, 2)
    asked = refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", token=token), town.key(town.bo))
    await refused(town, asked, SharedGiftStays)
    assert await state_of(town, gift) == (10, 0, 12)


# who may -------------------------------------------------------------------------------------------------------------
async def test_a_gift_for_a_group_is_for_its_members_and_stands_in_their_chat(town: Town):
    gift, group_id = await of_a_group(town, 2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    await worker_of(town.ground).drain()
    thread = await town.ground.db.fetchval("SELECT id FROM chat_thread WHERE group_id = $1", group_id)
    said = await town.ground.db.fetch("SELECT kind, about_id, author_id FROM chat_message WHERE thread_id = $1", thread)
    assert [tuple(row.values()) for row in said] == [("gift", gift.gift_id, town.an)]
    await refused(town, claim(town, town.stranger, gift.gift_id), GiftNotAvailable)
    await refused(town, by_link(town, town.stranger, token), GiftNotForYou)
    await refused(town, by_link(town, town.an, token), GiftIsYourOwn)
    await open_a_gift(town.ground, OpenAGift(town.cai, gift_id=gift.gift_id), town.key(town.cai))
    await claim(town, town.bo, gift.gift_id)
    await town.ground.db.pool.execute("DELETE FROM people_member WHERE person_id = $1", town.cai)
    await refused(town, claim(town, town.cai, gift.gift_id), GiftNotAvailable)
    await refused(town, by_link(town, town.cai, token), GiftNotForYou)
    await books_are_right(town.ground)


async def test_only_a_group_of_ones_own_can_be_given_to(town: Town):
    _, group_id = await of_a_group(town, 1)
    await refused(town, give(town, town.stranger, None, town.red, shares=2, group_id=group_id), people.GroupUnknown)
    both = give(town, town.an, town.bo, town.red, group_id=group_id)
    await refused(town, both, FieldNotValid, field="recipient_id")


@pytest.mark.parametrize("shares", [0, -1, 1_001])
async def test_a_gift_has_as_many_shares_as_the_policy_lets_it(town: Town, shares: int):
    await refused(town, give(town, town.an, None, town.red, shares=shares), FieldNotValid, field="shares")


async def test_a_gift_for_a_friend_has_one_share_and_more_shares_than_stock_are_not_given(town: Town):
    await refused(town, give(town, town.an, town.bo, town.red, shares=2), FieldNotValid, field="shares", max=1)
    await refused(town, give(town, town.an, None, town.red, shares=11), StockRanOut, sku_id=town.red)


async def test_equal_shares_come_as_given(town: Town):
    gift, token = await shared(town, 2)
    await refused(town, claim(town, town.bo, None, token=token, sku_id=town.blue), StyleNotOffered)
    await claim(town, town.bo, None, token=token, sku_id=town.red)
    assert await state_of(town, gift) == (10, 1, 12)


async def test_a_claim_that_cannot_be_sent_leaves_its_share_to_the_next(town: Town):
    """The first of the batch has somebody else's address; with one share left the second gets it."""
    gift, token = await shared(town, 2)
    await by_link(town, town.cai, token)
    asks = [
        (ClaimAGift(town.bo, town.addresses[town.cai], token=token), town.key(town.bo)),
        (ClaimAGift(town.bo, town.far_address, token=token), town.key(town.bo)),
        (ClaimAGift(town.stranger, town.addresses[town.stranger], token=token), town.key(town.stranger)),
        (ClaimAGift(town.bo, town.addresses[town.bo], token=token), town.key(town.bo)),
    ]
    answers = await claim_gifts(town.ground, asks)
    assert [type(said) for said in answers] == [
        people.AddressUnknown,
        gifts.GiftUndeliverable,
        Claimed,
        GiftNotAvailable,
    ]
    assert await state_of(town, gift) == (20, 2, 110)
    await books_are_right(town.ground)


# races ---------------------------------------------------------------------------------------------------------------
async def test_256_people_for_10_shares_make_exactly_10_recipients(town: Town):
    """As two servers do it: concurrent claimers share transactions, of two batchers."""
    crowd = await gather_a_crowd(town, 256)
    gift, token = await shared(town, 10)
    batchers = [
        Batcher(partial(claim_gifts, town.ground), key=lambda asked: (asked[1].subject, asked[1].key), batch_max=40)
        for _ in range(2)
    ]
    asks = [(ClaimAGift(person, town.addresses[person], token=token), town.key(person)) for person in crowd]
    answers = await asyncio.gather(
        *(batchers[place % 2].ask(asked) for place, asked in enumerate(asks)), return_exceptions=True
    )
    won = {person: said for person, said in zip(crowd, answers, strict=True) if isinstance(said, Claimed)}
    assert len(won) == 10
    assert sum(isinstance(said, GiftNotAvailable) for said in answers) == 246
    rows = await town.ground.db.fetch("SELECT n, person_id, order_id FROM gift_share ORDER BY n")
    assert [row["n"] for row in rows] == list(range(1, 11))
    assert {row["person_id"]: row["order_id"] for row in rows} == {who: said.order_id for who, said in won.items()}
    assert await state_of(town, gift) == (20, 10, 110)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 10)}
    await books_are_right(town.ground)


async def test_one_person_with_many_devices_gets_one_share(town: Town):
    gift, token = await shared(town, 5)
    answers = await asyncio.gather(*(by_link(town, town.bo, token) for _ in range(12)))
    assert len({answered.order_id for answered in answers}) == 1
    assert await state_of(town, gift) == (10, 1, 12)
    await books_are_right(town.ground)


@pytest.mark.parametrize("claim_first", [True, False])
async def test_a_claim_against_the_deadline_the_first_wins(town: Town, claim_first: bool):  # noqa: FBT001
    gift, token = await shared(town, 2)
    await by_link(town, town.cai, token)
    worker = worker_of(town.ground)
    moment = timedelta(days=1)
    async with holding(town.ground.db, GIFT_LOCK, gift.gift_id):
        if claim_first:
            claims = asyncio.ensure_future(by_link(town, town.bo, token))
            await until_blocked(town.ground.db, 1)
        town.ground.clock.move(moment)  # type: ignore[attr-defined]
        sweeps = asyncio.ensure_future(worker.run_deadlines(10))
        await until_blocked(town.ground.db, 1 + claim_first)
        if not claim_first:
            town.ground.clock.move(-moment)  # type: ignore[attr-defined]
            claims = asyncio.ensure_future(by_link(town, town.bo, token))
            await until_blocked(town.ground.db, 2)
    said, _ = await asyncio.gather(claims, sweeps, return_exceptions=True)
    assert isinstance(said, Claimed if claim_first else GiftNotAvailable)
    assert await state_of(town, gift) == ((20, 2, 110) if claim_first else (180, 1, 110))
    town.ground.clock.move(moment)  # type: ignore[attr-defined]
    await books_are_right(town.ground)


async def test_two_for_the_last_share_in_line_the_first_gets_it(town: Town):
    gift, token = await shared(town, 2)
    await by_link(town, town.cai, token)
    first, second = await one_after_the_other(
        town.ground.db,
        (GIFT_LOCK, gift.gift_id),
        lambda: by_link(town, town.bo, token),
        lambda: by_link(town, town.stranger, token),
    )
    assert isinstance(first, Claimed)
    assert isinstance(second, GiftNotAvailable)
    assert await state_of(town, gift) == (20, 2, 110)


async def test_shares_of_one_gift_are_shipped_at_once_and_each_takes_one_piece(town: Town):
    _, token = await shared(town, 3)
    claimed = [await by_link(town, person, token) for person in (town.bo, town.cai, town.stranger)]
    await asyncio.gather(*(ship(town, one.order_id) for one in claimed))
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (7, 0)}
    await books_are_right(town.ground)


# who sees what -------------------------------------------------------------------------------------------------------
async def test_everybody_sees_how_many_and_the_giver_and_the_group_by_whom(town: Town):
    gift, _ = await of_a_group(town, 2)
    mine = await claim(town, town.bo, gift.gift_id)
    given = await gift_page(town.ground, town.an, gift.gift_id)
    kept = await gift_page(town.ground, town.bo, gift.gift_id)
    offered = await gift_page(town.ground, town.cai, gift.gift_id)
    assert isinstance(given, GiverPage)
    assert isinstance(kept, KeptGift)
    assert isinstance(offered, OpenGift)
    for page in (given, kept, offered):
        assert page.many is not None
        assert (page.many.shares, page.many.claimed, page.many.group) == (2, 1, "Cousins")
        assert [person.id for person in page.many.claimers] == [town.bo]
    assert kept.order_id == mine.order_id
    assert [style.sku_id for style in offered.styles] == [town.red]
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.stranger, gift.gift_id)
    (card,) = (await gifts_given(town.ground, town.an)).gifts
    assert (card.shares, card.shares_claimed, card.group) == (2, 1, "Cousins")
    (got,) = (await gifts_got(town.ground, town.bo)).gifts
    assert (got.order_id, got.state, got.going) == (mine.order_id, 20, "to_ship")


async def test_who_came_by_a_link_sees_how_many_but_not_who(town: Town):
    gift, token = await shared(town, 3)
    await by_link(town, town.bo, token)
    kept = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(kept, KeptGift)
    assert kept.many is not None
    assert (kept.many.claimed, kept.many.claimers) == (1, [])


# the law in the schema -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE gift_gift SET shares_claimed = 3 WHERE shares = 3", "claimed_when_all_are"),
        ("UPDATE gift_gift SET shares_claimed = 4 WHERE shares = 3", "shares_within_the_gift"),
        ("UPDATE gift_gift SET shares_claimed = 0 WHERE shares = 3", "does not move"),
        ("UPDATE gift_gift SET shares = 2 WHERE shares = 3", "does not move"),
        ("UPDATE gift_gift SET state = 20 WHERE shares = 3", "claimed_when_all_are"),
        ("UPDATE gift_gift SET claimed_by = 1 WHERE shares = 3", "claimed_has_claimer|does not move"),
        ("UPDATE gift_gift SET recipient_id = giver_id WHERE shares = 3", "one_audience"),
        (
            "INSERT INTO gift_share SELECT gift_id, n, person_id + 1, order_id, claimed_at FROM gift_share",
            "gift_share_pkey",
        ),
        ("INSERT INTO gift_share SELECT gift_id, n + 1, person_id, order_id, claimed_at FROM gift_share", "one_share"),
        ("DELETE FROM gift_share", "append-only"),
        ("UPDATE gift_share SET person_id = 1", "append-only"),
        ("UPDATE order_order SET refunded_amount = 25801 WHERE divided_amount > 0", "parts_within_the_whole"),
    ],
)
async def test_the_database_refuses_what_no_claim_may_do(town: Town, crime: str, law: str):
    _, token = await shared(town, 3)
    await by_link(town, town.bo, token)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


async def test_a_process_that_knows_of_no_shares_claims_a_gift_of_one_all_the_same(town: Town):
    """While a new version is rolled out, the old one runs beside it: its claim is the statement of that version."""
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.pool.execute(
        """UPDATE gift_gift SET state = 20, claimed_by = $2, claimed_at = $3, opened_at = $3, token_hash = NULL,
                  token_sealed = NULL WHERE id = $1""",
        gift.gift_id,
        town.bo,
        town.ground.clock.now(),
    )
    assert (await state_of(town, gift))[:2] == (20, 1)


def test_the_odd_fen_of_an_order_go_to_its_first_shares_and_none_is_lost():
    made = dict.fromkeys(orders.Order.__struct_fields__)
    for goods, freight, shares in ((100, 0, 3), (101, 5, 4), (7, 6, 7), (12_900, 1, 2)):
        order = orders.Order(**{**made, "goods_amount": goods, "freight_amount": freight})  # type: ignore[arg-type]
        parts = [orders.share_of(order.goods_amount, order.freight_amount, shares, n) for n in range(1, shares + 1)]
        assert [sum(part[0] for part in parts), sum(part[1] for part in parts)] == [goods, freight]
        assert max(part[0] for part in parts) - min(part[0] for part in parts) <= 1
        assert parts == sorted(parts, reverse=True)


async def test_shares_are_handed_out_without_reading_the_lines_of_others(town: Town):
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 60)], "test", 1))
    gift, _ = await shared(town, 60)
    order_id = await town.ground.db.fetchval("SELECT order_id FROM gift_gift WHERE id = $1", gift.gift_id)
    await town.ground.db.pool.execute("ANALYZE order_order, order_line")  # as a young house knows itself
    await town.ground.db.pool.execute(
        """WITH others AS (INSERT INTO order_order SELECT (jsonb_populate_record(o, jsonb_build_object('id', i))).*
                             FROM order_order o, generate_series(1, 2000) i WHERE o.id = $1 RETURNING id)
           INSERT INTO order_line SELECT (jsonb_populate_record(l, jsonb_build_object('order_id', o.id))).*
             FROM order_line l, others o WHERE l.order_id = $1""",
        order_id,
    )

    async def lines_read(tx: Tx) -> int:
        return int(
            await tx.fetchval(
                """SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables
                   WHERE relname = 'order_line'"""
            )
        )

    async def story(tx: Tx) -> int:
        (whole,) = (await orders.lock_many(tx, [order_id])).values()
        destination = orders.Destination(330106109, "杭州", "Bo", "13800000001", "1 号")
        shares = [orders.share_of(whole.goods_amount, whole.freight_amount, 60, n) for n in range(1, 61)]
        parts = [orders.Part(tx.ids.new(), whole, town.bo, destination, 1, *share) for share in shares]
        before = await lines_read(tx)
        await orders.hand_out(tx, parts)
        return await lines_read(tx) - before

    assert await town.ground.db.run(story) <= 60
