"""A group draw: who enters, who wins, who comes next, and that nothing of it can be bent afterwards."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import msgspec
import pytest
from channel import FakeChannel
from counter import books, books_are_right, receive, set_freight, ship
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, enter, give, give_paid, snapshot

from renqing.books import people, stock
from renqing.books.people import GroupUnknown
from renqing.doors.worker import Worker
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import SetClock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Policy
from renqing.foundation.timers import Timer
from renqing.journeys.draw_a_gift import draw_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.enter_a_draw import EnterADraw, Entered, enter_draws
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social import chats, draws, gifts
from renqing.social.draws import DRAW_GIFT, Award, Draw, DrawFull, DrawNotDone, DrawOver, NoDraw, NothingWon
from renqing.social.draws import store as draw_store
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftWithdrawalLate,
    RecipientNotReachable,
    SharedGiftStays,
)
from renqing.trade import orders

PRICE, DEAR = 12_900, 19_900
GIFT_LOCK = "SELECT 1 FROM gift_gift WHERE id = $1 FOR NO KEY UPDATE"


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def worker(town: Town) -> Worker:
    return worker_of(town.ground, FakeChannel())


def at(town: Town, **ahead: Any) -> datetime:
    return town.ground.clock.now() + timedelta(**ahead)


async def drawn_for(town: Town, shares: int = 2, **wrapping: Any) -> tuple[GiftPrepared, str]:
    """A paid gift that is drawn for in an hour among whoever holds its link, and that link's token."""
    wrapping = {"draw": DrawAsked(at(town, hours=1)), "open_for_hours": 72, **wrapping}
    gift = await give_paid(town, town.an, None, wrapping.pop("sku", town.red), shares=shares, **wrapping)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    return gift, token


async def of_a_group(town: Town, **wrapping: Any) -> tuple[GiftPrepared, int]:
    async def story(tx: Tx) -> int:
        group = await people.make_group(tx, town.an, "Cousins", [town.bo, town.cai])
        await chats.open_group(tx, group.id, [town.an, town.bo, town.cai])
        return group.id

    group_id = await town.ground.db.run(story)
    gift, _ = await drawn_for(town, group_id=group_id, **wrapping)
    return gift, group_id


async def pass_time(town: Town, worker: Worker, **time: Any) -> None:
    assert isinstance(town.ground.clock, SetClock)
    town.ground.clock.move(timedelta(**time))
    await worker.drain()


async def draw_of(town: Town, gift: GiftPrepared) -> Draw:
    return (await draws.of_gifts(town.ground.db, [gift.gift_id]))[gift.gift_id]


async def awards_of(town: Town, gift: GiftPrepared) -> list[Award]:
    fields = ", ".join(Award.__struct_fields__)
    rows = await town.ground.db.fetch(f"SELECT {fields} FROM draw_award WHERE gift_id = $1 ORDER BY rank", gift.gift_id)
    return [Award(*row.values()) for row in rows]


async def state_of(town: Town, gift: GiftPrepared) -> tuple[int, str, int]:
    """The gift's state, how it ended and its order's state."""
    row = await town.ground.db.fetchrow(
        """SELECT g.state, g.ended_how, o.state AS order_state FROM gift_gift g
           JOIN order_order o ON o.id = g.order_id WHERE g.id = $1""",
        gift.gift_id,
    )
    assert row is not None
    return tuple(row.values())


async def facts_of(town: Town, kind: str) -> list[dict[str, Any]]:
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = $1 ORDER BY id", kind)
    return [row["payload"] for row in rows]


async def notices_of(town: Town, person_id: int) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


# the story -----------------------------------------------------------------------------------------------------------
async def test_who_entered_is_drawn_in_the_order_of_the_seed_and_the_winners_claim(town: Town, worker: Worker):
    gift, token = await drawn_for(town)
    receipts = [await enter(town, person, None, token=token) for person in (town.bo, town.cai, town.stranger)]
    assert [one.n for one in receipts] == [1, 2, 3]
    before = await draw_of(town, gift)
    assert (before.seed, before.entrants, before.head.hex()) == (None, 3, receipts[-1].head)
    await pass_time(town, worker, hours=1)
    draw = await draw_of(town, gift)
    assert draw.seed is not None
    assert hashlib.sha256(draw.seed).digest() == before.commitment == draw.commitment
    order = draws.order_of(draw.seed, draw.head, 3)
    entrant = dict(enumerate((town.bo, town.cai, town.stranger), 1))
    awards = await awards_of(town, gift)
    assert [(one.rank, one.entry_n, one.prize, one.person_id) for one in awards] == [
        (place, n, place, entrant[n]) for place, n in enumerate(order[:2], 1)
    ]
    loser = entrant[order[2]]
    await refused(town, claim(town, loser, gift.gift_id), NothingWon)
    won = [await claim(town, award.person_id, gift.gift_id) for award in awards]
    assert [(await town.ground.db.run(partial(_order, one.order_id))).total_amount for one in won] == [PRICE, PRICE]
    assert await state_of(town, gift) == (20, "", 110)
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind IN ('draw_gift', 'lapse_awards')") == 0
    assert await claim(town, awards[0].person_id, gift.gift_id) == won[0], "who asks again is answered alike"
    await books_are_right(town.ground)


async def _order(order_id: int, tx: Tx) -> orders.Order:
    return await orders.get(tx, order_id)


async def test_an_entry_has_a_receipt_that_is_the_chain_up_to_it(town: Town):
    gift, token = await drawn_for(town)
    draw = await draw_of(town, gift)
    head = draws.first_head(draw.commitment, 2, draw.draw_at, draw.entrants_max)
    assert draw.head == head
    for person, nonce in ((town.bo, "ab" * 16), (town.cai, None)):
        receipt = await enter(town, person, None, token=token, nonce=nonce)
        head = draws.next_head(head, receipt.n, bytes.fromhex(receipt.tag), bytes.fromhex(receipt.nonce))
        assert (receipt.head, receipt.commitment) == (head.hex(), draw.commitment.hex())
        assert nonce is None or receipt.nonce == nonce
        assert await enter(town, person, gift.gift_id) == receipt, "by its number too, and the same receipt"
    assert [one["entrants"] for one in await facts_of(town, "GiftEntryJoined")] == [1, 2]
    assert "person" not in str(await facts_of(town, "GiftEntryJoined")), "who, is between the entrant and the draw"


async def test_a_tag_stands_for_a_person_in_one_draw_alone(town: Town):
    one, token = await drawn_for(town)
    other, elsewhere = await drawn_for(town)
    tags = {
        (await enter(town, town.bo, None, token=token)).tag,
        (await enter(town, town.bo, None, token=elsewhere)).tag,
    }
    assert len(tags) == 2 and one.gift_id != other.gift_id


async def test_before_the_draw_nothing_can_be_claimed_and_no_seed_is_anywhere(town: Town):
    gift, token = await drawn_for(town)
    await enter(town, town.bo, None, token=token)
    await refused(town, claim(town, town.bo, gift.gift_id), DrawNotDone)
    row = await town.ground.db.fetchrow("SELECT seed, seed_sealed FROM draw_draw WHERE gift_id = $1", gift.gift_id)
    assert row is not None
    assert row["seed"] is None
    assert town.ground.keys.open(row["seed_sealed"], place="draw_draw.seed_sealed", row=gift.gift_id)


async def test_the_draw_is_made_as_soon_as_it_is_full(town: Town, worker: Worker):
    gift, token = await drawn_for(town, shares=1, draw=DrawAsked(at(town, hours=5), entrants_max=2))
    await enter(town, town.bo, None, token=token)
    await worker.drain()
    assert (await draw_of(town, gift)).drawn_at is None
    await enter(town, town.cai, None, token=token)
    await refused(town, enter(town, town.stranger, None, token=token), DrawFull)
    await worker.drain()
    assert (await draw_of(town, gift)).drawn_at == town.ground.clock.now()
    (award,) = await awards_of(town, gift)
    claimed = await claim(town, award.person_id, gift.gift_id)
    assert claimed.order_id == gift.order_id, "a gift of one share is handed on whole"
    assert await state_of(town, gift) == (20, "", 20)
    await books_are_right(town.ground)


async def test_prizes_in_tiers_are_won_in_the_order_of_the_seed(town: Town, worker: Worker):
    await set_freight(town, 700)
    tiers = ((town.dear, 1), (town.red, 2))
    gift, token = await drawn_for(town, shares=3, sku=town.dear, tiers=tiers)
    crowd = await gather_a_crowd(town, 5)
    for person in crowd:
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    awards = await awards_of(town, gift)
    late, first, second = awards[1], awards[0], awards[2]
    got = {}
    for award in (second, first):  # who claims first does not matter
        claimed = await claim(town, award.person_id, gift.gift_id)
        (line,) = await orders.lines(town.ground.db, claimed.order_id)
        got[award.prize] = (line.sku_id, (await town.ground.db.run(partial(_order, claimed.order_id))).total_amount)
    assert got == {1: (town.dear, DEAR + 700), 3: (town.red, PRICE + 700)}
    await pass_time(town, worker, hours=24)
    runner_up = (await awards_of(town, gift))[3]
    assert (runner_up.prize, runner_up.rank) == (late.prize, 4)
    claimed = await claim(town, runner_up.person_id, gift.gift_id)
    assert (await orders.lines(town.ground.db, claimed.order_id))[0].sku_id == town.red
    assert await state_of(town, gift) == (20, "", 110)
    await books_are_right(town.ground)


# winners who do not come ---------------------------------------------------------------------------------------------
async def test_a_winner_who_does_not_claim_makes_room_for_the_next_in_the_same_order(town: Town, worker: Worker):
    gift, token = await drawn_for(town)
    for person in (town.bo, town.cai, town.stranger):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    first, second = await awards_of(town, gift)
    assert {first.claim_by, second.claim_by} == {at(town, hours=24)}
    await claim(town, first.person_id, gift.gift_id)
    await pass_time(town, worker, hours=24)
    draw = await draw_of(town, gift)
    assert draw.seed is not None
    third = (await awards_of(town, gift))[2]
    assert (third.entry_n, third.prize) == (draws.order_of(draw.seed, draw.head, 3)[2], second.prize)
    assert await notices_of(town, third.person_id) == ["draw_won"]
    await refused(town, claim(town, second.person_id, gift.gift_id), NothingWon)
    await claim(town, third.person_id, gift.gift_id)
    assert await state_of(town, gift) == (20, "", 110)
    await books_are_right(town.ground)


async def test_the_runner_up_has_what_is_left_of_the_gifts_time(town: Town, worker: Worker):
    gift, token = await drawn_for(town, shares=1, open_for_hours=30)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    await pass_time(town, worker, hours=24)
    _, runner_up = await awards_of(town, gift)
    assert runner_up.claim_by == at(town, hours=5), "the gift's own deadline is sooner than a day"
    channel = FakeChannel()
    await pass_time(town, worker_of(town.ground, channel), hours=5)
    assert await state_of(town, gift) == (181, "expired", 250)
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    await refused(town, claim(town, runner_up.person_id, gift.gift_id), GiftNotAvailable)
    assert await books(town) == {}
    await books_are_right(town.ground)


async def test_when_everybody_has_had_their_chance_the_rest_goes_back_as_one_refund_at_once(town: Town):
    gift, token = await drawn_for(town, shares=3)
    channel = FakeChannel()
    worker = worker_of(town.ground, channel)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    assert len(await awards_of(town, gift)) == 2, "fewer entrants than prizes: everybody wins"
    await claim(town, town.bo, gift.gift_id)
    await pass_time(town, worker, hours=24)
    assert await state_of(town, gift) == (181, "nobody_left", 110)
    assert [ask.amount for ask in channel.refunds.values()] == [2 * PRICE]
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    assert (await notices_of(town, town.an))[-2:] == ["gift_partly_expired", "gift_refunded"]
    await books_are_right(town.ground)


async def test_everybody_wins_and_claims_and_the_rest_goes_back_without_waiting(town: Town):
    gift, token = await drawn_for(town, shares=5)
    channel = FakeChannel()
    worker = worker_of(town.ground, channel)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    for person in (town.bo, town.cai):
        claimed = await claim(town, person, gift.gift_id)
        await ship(town, claimed.order_id)
        await receive(town, person, claimed.order_id)
    await worker.drain()
    assert await state_of(town, gift) == (181, "nobody_left", 110)
    assert [ask.amount for ask in channel.refunds.values()] == [3 * PRICE]
    await books_are_right(town.ground)


async def test_nobody_entered_and_everything_goes_back_at_the_draw(town: Town):
    gift, token = await drawn_for(town)
    channel = FakeChannel()
    await pass_time(town, worker_of(town.ground, channel), hours=1)
    assert await state_of(town, gift) == (181, "nobody_left", 250)
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    assert await notices_of(town, town.an) == ["gift_expired", "gift_refunded"]
    await refused(town, enter(town, town.bo, None, token=token), GiftNotAvailable)
    assert await books(town) == {}
    await books_are_right(town.ground)


async def test_a_worker_that_was_away_until_the_gifts_own_end_gives_everything_back(town: Town):
    gift, token = await drawn_for(town, open_for_hours=2)
    await enter(town, town.bo, None, token=token)
    channel = FakeChannel()
    await pass_time(town, worker_of(town.ground, channel), hours=2)
    assert await state_of(town, gift) == (181, "expired", 250)
    assert (await draw_of(town, gift)).seed is None
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    await books_are_right(town.ground)


# who may enter -------------------------------------------------------------------------------------------------------
async def test_the_giver_the_blocked_and_who_is_not_of_the_group_do_not_enter(town: Town):
    gift, _ = await of_a_group(town)
    await refused(town, enter(town, town.an, gift.gift_id), GiftIsYourOwn)
    await refused(town, enter(town, town.stranger, gift.gift_id), GiftNotAvailable)
    await town.ground.db.run(lambda tx: people.block(tx, town.an, town.bo))
    await town.ground.db.run(lambda tx: people.block(tx, town.cai, town.an))
    for person in (town.bo, town.cai):
        await refused(town, enter(town, person, gift.gift_id), GiftNotAvailable)


async def test_who_holds_the_link_of_a_groups_draw_and_is_no_member_does_not_enter(town: Town):
    gift, _ = await of_a_group(town)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await refused(town, enter(town, town.stranger, None, token=token), GiftNotForYou)


async def test_who_leaves_the_group_keeps_entry_and_prize(town: Town, worker: Worker):
    gift, group_id = await of_a_group(town)
    receipt = await enter(town, town.bo, gift.gift_id)
    await town.ground.db.run(lambda tx: people.leave_group(tx, group_id, town.bo))
    assert await enter(town, town.bo, gift.gift_id) == receipt
    await pass_time(town, worker, hours=1)
    await claim(town, town.bo, gift.gift_id)
    await books_are_right(town.ground)


async def test_a_draw_among_chosen_guests_asks_them_and_nobody_else(town: Town, worker: Worker):
    draw = DrawAsked(at(town, hours=1), guest_ids=(town.bo, town.cai))
    gift, token = await drawn_for(town, shares=1, draw=draw)
    await worker.drain()
    assert await notices_of(town, town.bo) == await notices_of(town, town.cai) == ["draw_invited"]
    for asked in ({"gift_id": None, "token": token}, {"gift_id": gift.gift_id}):
        kind = GiftNotForYou if asked.get("token") else GiftNotAvailable
        await refused(town, enter(town, town.stranger, **asked), kind)
    opening = open_a_gift(town.ground, OpenAGift(town.stranger, token=token), town.key(town.stranger))
    await refused(town, opening, GiftNotForYou)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id=gift.gift_id), town.key(town.bo))
    await enter(town, town.bo, gift.gift_id)
    await enter(town, town.cai, gift.gift_id)
    await worker.drain()
    assert (await draw_of(town, gift)).drawn_at is not None, "all who are asked have entered"


async def test_fifty_devices_of_one_person_are_one_entry(town: Town):
    gift, token = await drawn_for(town)
    entries = Batcher(partial(enter_draws, town.ground), batch_max=7)
    answers = await asyncio.gather(
        *(entries.ask((EnterADraw(town.bo, token=token), town.key(town.bo))) for _ in range(50))
    )
    assert len(set(map(str, answers))) == 1
    assert (await draw_of(town, gift)).entrants == 1


async def test_a_crowd_that_enters_at_once_is_numbered_without_a_gap_and_chained(town: Town, worker: Worker):
    gift, token = await drawn_for(town, shares=3)
    crowd = await gather_a_crowd(town, 120)
    batchers = [Batcher(partial(enter_draws, town.ground), batch_max=16) for _ in range(3)]
    answers: list[Entered] = await asyncio.gather(
        *(
            batchers[place % 3].ask((EnterADraw(person, token=token), town.key(person)))
            for place, person in enumerate(crowd)
        )
    )
    assert sorted(one.n for one in answers) == list(range(1, 121))
    draw = await draw_of(town, gift)
    head = draws.first_head(draw.commitment, draw.prizes, draw.draw_at, draw.entrants_max)
    for one in sorted(answers, key=lambda one: one.n):
        head = draws.next_head(head, one.n, bytes.fromhex(one.tag), bytes.fromhex(one.nonce))
        assert one.head == head.hex()
    assert draw.head == head
    await pass_time(town, worker, hours=1)
    assert len({award.person_id for award in await awards_of(town, gift)}) == 3
    await books_are_right(town.ground)


async def test_a_repeat_with_the_same_key_is_answered_alike(town: Town):
    _, token = await drawn_for(town)
    ask = EnterADraw(town.bo, token=token), town.key(town.bo)
    first = await enter_draws(town.ground, [ask])
    before = await snapshot(town.ground)
    assert await enter_draws(town.ground, [ask]) == first
    assert await snapshot(town.ground) == before


async def test_a_gift_that_is_no_draw_takes_no_entries(town: Town):
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await refused(town, enter(town, town.bo, None, token=token), NoDraw)
    _, token = await drawn_for(town)
    await refused(town, enter(town, town.bo, None, token=token, nonce="none"), FieldNotValid, field="nonce")
    await refused(town, enter(town, town.bo, 404), GiftNotAvailable)


# races ---------------------------------------------------------------------------------------------------------------
async def _due(town: Town, gift: GiftPrepared, **ahead: Any) -> None:
    """The draw's deadline, by a worker whose clock is so far ahead."""
    timer = Timer(1, DRAW_GIFT, gift.gift_id, {}, 0, town.ground.clock.now())
    now = at(town, **ahead)
    await town.ground.db.run(lambda tx: draw_gifts(town.ground, dataclasses.replace(tx, now=now), [timer]))


@pytest.mark.parametrize("entry_first", [True, False])
async def test_of_an_entry_and_the_draw_the_first_decides(town: Town, entry_first: bool):  # noqa: FBT001
    """Both wait for the gift's lock, the entry a moment before the draw's time and the draw at it.

    In front of the draw an entry is in it; behind it, it hears that entries are over. Never half of each.
    """
    gift, token = await drawn_for(town, shares=1)
    await enter(town, town.cai, None, token=token)
    entering = partial(enter, town, town.bo, None, token=token)
    drawing = partial(_due, town, gift, hours=1)
    first, second = (entering, drawing) if entry_first else (drawing, entering)
    answers = await one_after_the_other(town.ground.db, (GIFT_LOCK, gift.gift_id), first, second)
    draw = await draw_of(town, gift)
    assert draw.drawn_at is not None
    assert draw.entrants == 1 + int(entry_first)
    assert isinstance(answers[0], Entered) if entry_first else isinstance(answers[1], DrawOver)
    await books_are_right(town.ground)


async def test_an_entry_in_the_last_microsecond_is_in_and_at_the_moment_of_the_draw_none_is_taken(town: Town):
    gift, token = await drawn_for(town, shares=1)
    assert isinstance(town.ground.clock, SetClock)
    town.ground.clock.move(timedelta(hours=1) - timedelta(microseconds=1))
    await enter(town, town.bo, None, token=token)
    town.ground.clock.move(timedelta(microseconds=1))
    await refused(town, enter(town, town.cai, None, token=token), DrawOver)
    await _due(town, gift)
    await refused(town, enter(town, town.cai, None, token=token), DrawOver)
    before = await snapshot(town.ground)
    await _due(town, gift)
    assert await snapshot(town.ground) == before, "a draw is made once"


async def test_a_claim_in_the_last_moment_of_a_winners_time_stays(town: Town, worker: Worker):
    gift, token = await drawn_for(town, shares=1)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    (award,) = await awards_of(town, gift)
    assert isinstance(town.ground.clock, SetClock)
    town.ground.clock.move(timedelta(hours=24) - timedelta(microseconds=1))
    await claim(town, award.person_id, gift.gift_id)
    await pass_time(town, worker, microseconds=1)
    assert len(await awards_of(town, gift)) == 1
    await books_are_right(town.ground)


# ends ----------------------------------------------------------------------------------------------------------------
async def test_a_draw_is_withdrawn_before_its_first_entry_and_never_after_it_is_made(town: Town, worker: Worker):
    gift, _ = await drawn_for(town)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'draw_gift'") == 0
    other, token = await drawn_for(town)
    await enter(town, town.bo, None, token=token)
    asked = partial(withdraw_a_gift, town.ground, WithdrawAGift(town.an, other.gift_id))
    await refused(town, asked(town.key(town.an)), GiftWithdrawalLate, policy="until_opened")
    town.ground.settings = msgspec.structs.replace(town.ground.settings, policy=Policy(gift_withdraw="until_claimed"))
    await pass_time(town, worker, hours=1)
    await refused(town, asked(town.key(town.an)), GiftWithdrawalLate, reason="drawn")
    await books_are_right(town.ground)


async def test_nobody_declines_a_draw_for_the_others(town: Town):
    _, token = await drawn_for(town, shares=1)
    asked = refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", token=token), town.key(town.bo))
    await refused(town, asked, SharedGiftStays)


async def test_a_draw_that_is_never_paid_tells_and_draws_nothing(town: Town, worker: Worker):
    gift = await give(town, town.an, None, town.red, shares=2, draw=DrawAsked(at(town, hours=1)), open_for_hours=24)
    await pass_time(town, worker, hours=2)
    assert await state_of(town, gift) == (250, "unpaid", 250)
    assert (await draw_of(town, gift)).drawn_at is None
    await books_are_right(town.ground)


# what does not fit ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hours", [-1, 0, 23.5, 24, 100])
async def test_a_draw_in_the_past_or_past_the_winners_time_is_refused(town: Town, hours: float):
    asked = give(town, town.an, None, town.red, shares=2, draw=DrawAsked(at(town, hours=hours)), open_for_hours=24)
    await refused(town, asked, FieldNotValid, field="draw_at", reason="draw_time")


async def test_draws_that_make_no_sense_change_nothing(town: Town):
    when = at(town, hours=1)
    for draw, wrapping, kind, facts in (
        (DrawAsked(when), {"recipient": town.bo, "shares": 1}, FieldNotValid, {"field": "recipient_id"}),
        (DrawAsked(when, entrants_max=1), {"shares": 2}, FieldNotValid, {"field": "entrants_max", "min": 2}),
        (DrawAsked(when, guest_ids=()), {"shares": 1}, FieldNotValid, {"field": "guest_ids"}),
        (DrawAsked(when, guest_ids=(town.an,)), {"shares": 1}, GiftIsYourOwn, {}),
        (DrawAsked(when, guest_ids=(town.bo, town.stranger)), {"shares": 1}, RecipientNotReachable, {}),
        (DrawAsked(when), {"group_id": 404}, GroupUnknown, {}),
    ):
        recipient = wrapping.pop("recipient", None)  # type: ignore[attr-defined]
        asked = give(town, town.an, recipient, town.red, draw=draw, **wrapping)  # type: ignore[arg-type]
        await refused(town, asked, kind, **facts)
    await town.ground.db.run(lambda tx: people.block(tx, town.bo, town.an))
    asked = give(town, town.an, None, town.red, draw=DrawAsked(when, guest_ids=(town.bo,)))
    await refused(town, asked, RecipientNotReachable)


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE draw_draw SET commitment = sha256('another')", "does not move so"),
        ("UPDATE draw_draw SET prizes = 1", "does not move so"),
        ("UPDATE draw_draw SET draw_at = draw_at + interval '1 hour'", "does not move so"),
        ("UPDATE draw_draw SET entrants = 0", "does not move so"),
        ("UPDATE draw_draw SET seed = sha256('another'), drawn_at = now()", "seed_as_committed"),
        ("UPDATE draw_draw SET drawn_at = now()", "seed_once_drawn"),
        ("UPDATE draw_entry SET nonce = decode(repeat('00', 16), 'hex')", "append-only"),
        ("DELETE FROM draw_entry", "append-only"),
        ("INSERT INTO draw_entry SELECT gift_id, 9, person_id, tag, nonce, head, now() FROM draw_entry", "one_entry"),
    ],
)
async def test_the_database_refuses_what_no_draw_may_do(town: Town, crime: str, law: str):
    _, token = await drawn_for(town)
    await enter(town, town.bo, None, token=token)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE draw_draw SET entrants = entrants + 1", "does not move so"),
        ("INSERT INTO draw_award SELECT gift_id, 9, 9, 9, prize, now(), now() FROM draw_award", "one_winner_a_prize"),
        ("INSERT INTO draw_award SELECT gift_id, 9, 9, person_id, 9, now(), now() FROM draw_award", "one_win_a_person"),
    ],
)
async def test_the_database_refuses_another_result(town: Town, worker: Worker, crime: str, law: str):
    _, token = await drawn_for(town)
    await enter(town, town.bo, None, token=token)
    await pass_time(town, worker, hours=1)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


async def test_a_process_that_knows_of_no_draws_is_refused_and_gives_nothing_away(town: Town):
    gift, _ = await drawn_for(town)
    with pytest.raises(asyncpg.CheckViolationError, match="dealt_by_ways"):
        await town.ground.db.pool.execute("UPDATE gift_gift SET shares_claimed = 1 WHERE id = $1", gift.gift_id)


async def test_nobodys_entries_are_written_and_nobody_is_a_guest_of_nothing(town: Town):
    async def none(tx: Tx) -> set[tuple[int, int]]:
        await draws.enter(tx, [], [])
        return await draw_store.guests_among(tx, [])

    assert await town.ground.db.run(none) == set()


async def test_winners_and_giver_are_told_and_the_others_are_not(town: Town, worker: Worker):
    gift, token = await drawn_for(town, shares=1)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=token)
    await pass_time(town, worker, hours=1)
    (award,) = await awards_of(town, gift)
    (loser,) = {town.bo, town.cai} - {award.person_id}
    assert await notices_of(town, award.person_id) == ["draw_won"]
    assert await notices_of(town, loser) == []
    facts = await town.ground.db.fetchval("SELECT facts FROM notice_notice WHERE kind = 'gift_drawn'")
    assert (facts["entrants"], facts["winners"]) == (2, 1)
    assert "gift_drawn" in await notices_of(town, town.an)
