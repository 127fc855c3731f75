"""A gift that waits: more time by one tap of its recipient, and somebody else to give it to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from channel import FakeChannel
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, give, give_paid

from renqing.books import people
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.make_a_group import MakeGroup, make_a_group
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social import gifts
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftStaysWhereItIs,
    MoreTimeNotOffered,
    RecipientNotReachable,
)
from renqing.views.chat_page import thread_page, threads_page
from renqing.views.check import check
from renqing.views.gift_page import Envelope, GiverPage, OpenGift, gift_page
from renqing.views.my_gifts import gifts_got


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def more(town: Town, person_id: int, gift_id: int | None, **asked: Any):
    return await take_more_time(town.ground, TakeMoreTime(person_id, gift_id, **asked), town.key(person_id))


async def onward(town: Town, gift_id: int, recipient_id: int | None = None, group_id: int | None = None, by: int = 0):
    ask = ReaddressAGift(by or town.an, gift_id, recipient_id, group_id)
    return await readdress_a_gift(town.ground, ask, town.key(by or town.an))


async def opened(town: Town, person_id: int, gift_id: int) -> None:
    await open_a_gift(town.ground, OpenAGift(person_id, gift_id), town.key(person_id))


async def token_of(town: Town, gift_id: int) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift_id, town.an)
    assert token is not None
    return token


async def cards(town: Town, person_id: int) -> dict[str, str]:
    """What the cards of somebody's chats say, by who is in each."""
    await worker_of(town.ground, FakeChannel()).drain()
    said = {}
    for thread in (await threads_page(town.ground, person_id)).threads:
        page = await thread_page(town.ground, person_id, thread.thread_id)
        said[page.title] = page.messages[-1].gift.word
    return said


async def choose(town: Town, **changes: Any) -> None:
    choice = gifts.Choice("house", GiftPolicyChanges(**changes))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def told(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def state_of(town: Town, gift_id: int) -> int:
    return await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", gift_id)


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


# more time -----------------------------------------------------------------------------------------------------------
async def test_one_tap_adds_a_day_once_and_the_giver_is_told(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, gift.gift_id)
    page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(page, OpenGift) and page.more_hours == 24
    longer = await more(town, town.bo, gift.gift_id)
    assert longer.expires_at == page.expires_at + timedelta(hours=24)
    await refused(town, more(town, town.bo, gift.gift_id), MoreTimeNotOffered, reason="once")
    again = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(again, OpenGift) and again.more_hours == 0
    assert "gift_extended" in await told(town, town.an)
    await all_is_well(town)


async def test_the_card_of_a_gift_that_went_on_says_so_where_it_was(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await cards(town, town.an) == {"Bo": "waiting"}
    await onward(town, gift.gift_id, town.cai)
    assert await cards(town, town.an) == {"Bo": "moved", "蔡": "waiting"}
    assert await cards(town, town.bo) == {"安": "hidden"}
    await claim(town, town.cai, gift.gift_id)
    assert await cards(town, town.an) == {"Bo": "moved", "蔡": "claimed"}


async def test_the_deadline_moves_with_it_and_then_ends_it(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await more(town, town.bo, gift.gift_id)
    worker = worker_of(town.ground, FakeChannel())
    town.ground.clock.move(timedelta(hours=48, seconds=-1))
    await worker.drain()
    assert await state_of(town, gift.gift_id) == 10
    town.ground.clock.move(timedelta(seconds=1))
    await worker.drain()
    assert await state_of(town, gift.gift_id) in (180, 181)
    await all_is_well(town)


async def test_who_holds_the_link_may_take_it_and_nobody_else(town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await token_of(town, gift.gift_id)
    await refused(town, more(town, town.an, None, token=token), GiftIsYourOwn)
    assert (await more(town, town.stranger, None, token=token)).gift_id == gift.gift_id
    named = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, more(town, town.cai, named.gift_id), GiftNotAvailable)
    named_token = await token_of(town, named.gift_id)
    await refused(town, more(town, town.cai, None, token=named_token), GiftNotForYou)


async def test_there_is_none_after_the_end_for_many_and_where_the_policy_has_none(town):
    late = await give_paid(town, town.an, town.bo, town.red)
    town.ground.clock.move(timedelta(hours=24))
    await refused(town, more(town, town.bo, late.gift_id), GiftNotAvailable)
    shared = await give_paid(town, town.an, None, town.red, shares=2)
    token = await token_of(town, shared.gift_id)
    await refused(town, more(town, town.bo, None, token=token), MoreTimeNotOffered, reason="shares")
    await choose(town, gift_more_hours=0)
    plain = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, more(town, town.bo, plain.gift_id), MoreTimeNotOffered, reason="policy")


# to somebody else ----------------------------------------------------------------------------------------------------
async def test_it_goes_to_another_friend_closed_with_its_whole_time_and_the_old_link_is_dead(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    old = await token_of(town, gift.gift_id)
    town.ground.clock.move(timedelta(hours=23))
    await onward(town, gift.gift_id, town.cai)
    page = await gift_page(town.ground, town.cai, gift.gift_id)
    assert isinstance(page, Envelope) and page.expires_at == town.ground.clock.now() + timedelta(hours=24)
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    await refused(town, claim(town, town.cai, None, token=old), GiftNotAvailable)
    assert (await gifts_got(town.ground, town.bo)).gifts == []
    assert (await claim(town, town.cai, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_the_former_hears_that_it_is_gone_and_not_where_it_went(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await told(town, town.bo) == ["gift_ready"]
    await onward(town, gift.gift_id, town.cai)
    assert await told(town, town.bo) == ["gift_ready", "gift_gone"]
    assert await told(town, town.cai) == ["gift_ready"]
    said = await town.ground.db.fetch("SELECT facts::text AS said FROM notice_notice WHERE person_id = $1", town.bo)
    assert not any(str(town.cai) in row["said"] for row in said)
    cards = await town.ground.db.fetchval("SELECT count(*) FROM chat_message WHERE about_id = $1", gift.gift_id)
    assert cards == 2


async def test_what_was_opened_stays_and_what_the_policy_keeps(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, gift.gift_id)
    await refused(town, onward(town, gift.gift_id, town.cai), GiftStaysWhereItIs, reason="opened")
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and not page.may_readdress
    await choose(town, gift_readdress="never")
    kept = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, onward(town, kept.gift_id, town.cai), GiftStaysWhereItIs, reason="policy")
    await choose(town, gift_readdress="until_claimed")
    loose = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, loose.gift_id)
    await onward(town, loose.gift_id, town.cai)
    assert isinstance(await gift_page(town.ground, town.cai, loose.gift_id), Envelope)
    await all_is_well(town)


async def test_it_moves_on_three_times_and_only_to_whom_it_could_have_been_given(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, onward(town, gift.gift_id, town.stranger), RecipientNotReachable)
    await refused(town, onward(town, gift.gift_id, town.an), GiftIsYourOwn)
    await refused(town, onward(town, gift.gift_id, town.cai, by=town.bo), GiftNotAvailable)
    for person in (town.cai, None, town.bo):
        await onward(town, gift.gift_id, person)
    await refused(town, onward(town, gift.gift_id, town.cai), GiftStaysWhereItIs, reason="often")
    unpaid = await give(town, town.an, town.bo, town.red)
    await refused(town, onward(town, unpaid.gift_id, town.cai), GiftNotAvailable)


async def test_what_is_left_of_a_gift_for_many_goes_on_to_a_group(town):
    gift = await give_paid(town, town.an, None, town.red, shares=3)
    first = await claim(town, town.bo, None, token=await token_of(town, gift.gift_id))
    made = await make_a_group(town.ground, MakeGroup(town.an, "家人", (town.cai,)), town.key(town.an))
    await refused(town, onward(town, gift.gift_id, town.cai), GiftStaysWhereItIs, reason="shares")
    await onward(town, gift.gift_id, group_id=made.group_id)
    assert (await claim(town, town.cai, gift.gift_id)).order_id != first.order_id
    await refused(town, claim(town, town.stranger, None, token=await token_of(town, gift.gift_id)), GiftNotForYou)
    await refused(town, onward(town, gift.gift_id, group_id=404), people.GroupUnknown)
    await all_is_well(town)


async def test_of_a_claim_and_another_address_in_line_the_first_wins(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    first, second = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id),
        lambda: claim(town, town.bo, gift.gift_id),
        lambda: onward(town, gift.gift_id, town.cai),
    )
    assert first.gift_id == gift.gift_id and isinstance(second, GiftNotAvailable)
    other = await give_paid(town, town.an, town.bo, town.red)
    first, second = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", other.order_id),
        lambda: onward(town, other.gift_id, town.cai),
        lambda: claim(town, town.bo, other.gift_id),
    )
    assert first.gift_id == other.gift_id and isinstance(second, (GiftNotAvailable, GiftNotForYou))
    await all_is_well(town)


@pytest.mark.parametrize("deed", ["claim", "open"])
async def test_who_waits_with_the_old_link_behind_its_move_finds_it_dead(town, deed):
    gift = await give_paid(town, town.an, None, town.red)
    old = await token_of(town, gift.gift_id)
    moved, late = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id),
        lambda: onward(town, gift.gift_id),
        lambda: (
            claim(town, town.stranger, None, token=old)
            if deed == "claim"
            else open_a_gift(town.ground, OpenAGift(town.stranger, token=old), town.key(town.stranger))
        ),
    )
    assert moved.gift_id == gift.gift_id and isinstance(late, GiftNotAvailable)
    assert (await claim(town, town.bo, None, token=await token_of(town, gift.gift_id))).gift_id == gift.gift_id
    await all_is_well(town)
