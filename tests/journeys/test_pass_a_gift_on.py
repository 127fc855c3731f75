"""Who declines a gift lets it go to a charity, or on to a friend, once; its giver is told as far as they may know."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from channel import FakeChannel
from counter_vouchers import open_cafe
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from sets import give_set_paid
from town import FAR_STREET, STREET, Town, build_town, claim, give_paid

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.keep_charities import AddACharity, EndACharity, add_a_charity, end_a_charity
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.put_right import NothingSetAside
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.social import charities, gifts
from renqing.social.charities import CharityUnknown, TooManyCharities
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftNotPassedOn,
    GiftUndeliverable,
    RecipientNotReachable,
    SharedGiftStays,
)
from renqing.trade import orders
from renqing.views.check import check
from renqing.views.gift_page import Envelope, GiverPage, gift_page
from renqing.views.my_gifts import gifts_given, gifts_got
from renqing.views.notice_page import notices_page

RACERS = 50


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def on(town: Town, by: int, gift_id: int | None, **to: Any):
    ask = PassAGiftOn(by, to.pop("sentence", "kind_thought"), gift_id=gift_id, **to)
    return await pass_a_gift_on(town.ground, ask, town.key(by))


async def charity(town: Town, street: int = STREET) -> int:
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.owner_id, people.Role.OPERATOR))
    where = people.NewAddress(street, "收件处", "13800000009", "善路 1 号", is_default=True)
    ask = AddACharity(town.owner_id, charities.NewCharity("山区图书馆", "把书送进山里"), where)
    return (await add_a_charity(town.ground, ask, town.key(town.owner_id))).charity_id


async def choose(town: Town, **changes: Any) -> None:
    choice = gifts.Choice("house", GiftPolicyChanges(**changes))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def told(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_a_charity_has_it_at_once_and_its_address_alone_is_on_the_order(town):
    charity_id = await charity(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await on(town, town.bo, gift.gift_id, charity_id=charity_id, sentence="too_much")
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and (page.state, page.going) == (20, "to_ship")
    assert page.claimed_by is not None and page.claimed_by.name == "山区图书馆"
    where = await orders.destination(town.ground.db, town.ground.keys, gift.order_id)
    assert where is not None and (where.name, where.detail) == ("收件处", "善路 1 号")
    assert "gift_to_charity" in await told(town, town.an) and "gift_refused" not in await told(town, town.an)
    said = (await notices_page(town.ground, town.an)).notices
    words = next(one for one in said if one.kind == "gift_to_charity")
    assert "山区图书馆" in words.title("zh") and "善路" not in words.title("zh") + words.body("zh")
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    await all_is_well(town)


async def test_a_friend_gets_it_closed_with_its_whole_time_and_once_only(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    town.ground.clock.move(timedelta(hours=20))
    await on(town, town.bo, gift.gift_id, friend_id=town.cai)
    page = await gift_page(town.ground, town.cai, gift.gift_id)
    assert isinstance(page, Envelope) and page.giver.id == town.an
    assert page.expires_at == town.ground.clock.now() + timedelta(hours=24)
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    await refused(town, claim(town, town.cai, None, token=token), GiftNotAvailable)
    await refused(town, on(town, town.cai, gift.gift_id, friend_id=town.bo), GiftNotPassedOn, reason="once")
    assert (await claim(town, town.cai, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_the_giver_reads_that_it_moved_and_with_the_claim_to_whom(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await on(town, town.bo, gift.gift_id, friend_id=town.cai)
    assert await told(town, town.an) == ["gift_passed_on"]
    assert await told(town, town.cai) == ["gift_passed_to_you"]
    for said in (await notices_page(town.ground, town.an)).notices:
        assert "蔡" not in said.title("zh") + said.body("zh")
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.passed_on and page.to is None
    assert (await gifts_given(town.ground, town.an)).gifts[0].to is None
    assert (await gifts_got(town.ground, town.bo)).gifts == []
    await claim(town, town.cai, gift.gift_id)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.claimed_by is not None and page.claimed_by.id == town.cai


async def test_it_goes_only_to_whom_one_could_give_and_never_past_a_block_or_back(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    for to in (town.stranger, town.an):
        await refused(town, on(town, town.bo, gift.gift_id, friend_id=to), RecipientNotReachable)
    await refused(town, on(town, town.bo, gift.gift_id, friend_id=town.bo), GiftIsYourOwn)
    await town.ground.db.run(lambda tx: people.block(tx, town.cai, town.an))
    await refused(town, on(town, town.bo, gift.gift_id, friend_id=town.cai), RecipientNotReachable)


async def test_who_it_is_not_for_passes_nothing_on(town):
    charity_id = await charity(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await refused(town, on(town, town.cai, gift.gift_id, charity_id=charity_id), GiftNotAvailable)
    await refused(town, on(town, town.cai, None, token=token, charity_id=charity_id), GiftNotForYou)
    await refused(town, on(town, town.an, gift.gift_id, charity_id=charity_id), GiftIsYourOwn)
    shared = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.an)
    await refused(town, on(town, town.bo, None, token=token, charity_id=charity_id), SharedGiftStays)
    town.ground.clock.move(timedelta(hours=24))
    await refused(town, on(town, town.bo, gift.gift_id, charity_id=charity_id), GiftNotAvailable)


@pytest.mark.parametrize("to", [{}, {"charity_id": 1, "friend_id": 2}, {"charity_id": 1, "sentence": "rude"}])
async def test_one_sentence_and_one_place_are_asked_for(town, to):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, on(town, town.bo, gift.gift_id, **to), FieldNotValid)


async def test_what_is_linked_goes_on_by_who_holds_the_link(town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await on(town, town.bo, None, token=token, friend_id=town.cai)
    await refused(town, claim(town, town.stranger, None, token=token), GiftNotAvailable)
    assert (await claim(town, town.cai, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_the_policy_says_where_and_a_voucher_goes_to_no_charity(town):
    charity_id = await charity(town)
    await choose(town, gift_to_charity="no", gift_onward="never")
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, on(town, town.bo, gift.gift_id, charity_id=charity_id), GiftNotPassedOn, reason="policy")
    await refused(town, on(town, town.bo, gift.gift_id, friend_id=town.cai), GiftNotPassedOn, reason="policy")
    cafe = await open_cafe(town)
    voucher = await give_paid(town, town.an, town.bo, cafe.sku_id)
    await choose(town)
    other = await give_paid(town, town.an, town.bo, cafe.sku_id)
    await refused(town, on(town, town.bo, other.gift_id, charity_id=charity_id), GiftNotPassedOn, reason="voucher")
    assert voucher.gift_id != other.gift_id


async def test_a_set_goes_on_to_a_friend_and_to_no_charity(town):
    charity_id = await charity(town)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (town.blue, 1))
    await refused(town, on(town, town.bo, gift.gift_id, charity_id=charity_id), GiftNotPassedOn, reason="set")
    await on(town, town.bo, gift.gift_id, friend_id=town.cai)
    assert (await claim(town, town.cai, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_a_charity_off_the_list_or_out_of_reach_gets_nothing(town):
    charity_id, far_id = await charity(town), await charity(town, FAR_STREET)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, on(town, town.bo, gift.gift_id, charity_id=far_id), GiftUndeliverable)
    end = EndACharity(town.owner_id, charity_id)
    await end_a_charity(town.ground, end, town.key(town.owner_id))
    await refused(town, end_a_charity(town.ground, end, town.key(town.owner_id)), CharityUnknown)
    await refused(town, on(town, town.bo, gift.gift_id, charity_id=charity_id), CharityUnknown)
    assert [one.id for one in await charities.listed(town.ground.db)] == [far_id]
    left = await town.ground.db.fetchval("SELECT count(*) FROM people_address WHERE sealed <> ''")
    assert left == 6, "the town's five, and the charity's that is still on the list"


async def test_only_an_operator_keeps_the_list_and_it_has_an_end(town):
    where = people.NewAddress(STREET, "收件处", "13800000009", "善路 1 号")
    ask = AddACharity(town.bo, charities.NewCharity("山区图书馆", ""), where)
    await refused(town, add_a_charity(town.ground, ask, town.key(town.bo)), NothingSetAside)
    await charity(town)
    no_name = AddACharity(town.owner_id, charities.NewCharity(" ", ""), where)
    await refused(town, add_a_charity(town.ground, no_name, town.key(town.owner_id)), FieldNotValid)
    for _ in range(charities.CHARITIES_MAX - 1):
        await charity(town)
    with pytest.raises(TooManyCharities):
        await charity(town)


async def test_a_giver_may_give_it_to_somebody_else_after_it_moved_on(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await on(town, town.bo, gift.gift_id, friend_id=town.cai)
    ask = ReaddressAGift(town.an, gift.gift_id, recipient_id=town.bo)
    await readdress_a_gift(town.ground, ask, town.key(town.an))
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.to is not None and page.to.id == town.bo and not page.passed_on
    assert (await claim(town, town.bo, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_a_giver_takes_back_what_moves_on_at_that_moment(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    answers = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id),
        lambda: on(town, town.bo, gift.gift_id, friend_id=town.cai),
        lambda: withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an)),
    )
    assert [type(answer).__name__ for answer in answers] == ["PassedOn", "Ended"], answers
    await all_is_well(town)


async def test_of_fifty_who_tap_at_once_one_wins(town):
    charity_id = await charity(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    kinds = (
        lambda: on(town, town.bo, gift.gift_id, charity_id=charity_id),
        lambda: on(town, town.bo, gift.gift_id, friend_id=town.cai),
        lambda: claim(town, town.bo, gift.gift_id),
        lambda: refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift.gift_id), town.key(town.bo)),
        lambda: withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an)),
    )
    answers = await asyncio.gather(*(kinds[n % len(kinds)]() for n in range(RACERS)), return_exceptions=True)
    wanted = "SELECT state, ended_how, passed_by FROM gift_gift WHERE id = $1"
    state = await town.ground.db.fetchrow(wanted, gift.gift_id)
    won = [one for one in answers if not isinstance(one, BaseException)]
    if state["state"] == 10 or (state["passed_by"] and state["ended_how"]):
        # It moved on first; then its giver may still have taken it back.
        assert 1 <= len(won) <= 2 and state["passed_by"] == town.bo
    elif state["state"] == 20:
        assert {type(one).__name__ for one in won} in ({"PassedOn"}, {"Claimed"}), "a repeated claim has its answer"
    else:
        assert len(won) == 1
    await all_is_well(town)
