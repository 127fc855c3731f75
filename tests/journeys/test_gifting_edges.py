"""Edge cases of gifts that no other file tells: what happens between sending and claim, and who is gone by then."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from channel import FakeChannel
from counter import answer, ask_for, buy, decide, receive, ship, wish
from crowd import refused
from household import worker_of
from town import Town, build_town, claim, give_paid

from renqing.books import catalog, people, stock
from renqing.books.stock import StockRanOut
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social.gifts import GiftNotAvailable, StyleNotOffered
from renqing.trade import orders
from renqing.views.check import check
from renqing.views.gift_page import GiverPage, OpenGift, gift_page
from renqing.views.swap_page import swap_of_order


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def pass_by(town: Town, channel: FakeChannel | None = None, **time) -> FakeChannel:
    """Time passes and the worker does what fell due; the bank that was asked."""
    town.ground.clock.move(timedelta(**time))
    asked = channel or FakeChannel()
    await worker_of(town.ground, asked).drain()
    return asked


async def seen_by_giver(town: Town, gift_id: int) -> GiverPage:
    page = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(page, GiverPage)
    return page


# what the shop does meanwhile ---------------------------------------------------------------------------------------
async def test_what_was_paid_for_is_there_though_everything_else_was_sold_or_written_off(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await buy(town, town.cai, town.red, 9)
    await refused(town, buy(town, town.cai, town.red, 1), StockRanOut)
    write_off = town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 1, "test", 2))
    await refused(town, write_off, StockRanOut)
    claimed = await claim(town, town.bo, gift.gift_id)
    await ship(town, claimed.order_id)
    await all_is_well(town)


async def test_what_was_taken_off_sale_after_the_sending_is_claimed_and_shipped_as_it_was(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.run(lambda tx: catalog.take_off_sale(tx, town.shop_id, [town.product_id]))
    await town.ground.db.pool.execute("UPDATE catalog_product SET title_zh = '别的'")
    claimed = await claim(town, town.bo, gift.gift_id)
    (line,) = await orders.lines(town.ground.db, claimed.order_id)
    assert (line.title_zh, line.sku_id, line.unit_price) == ("青瓷杯", town.red, 12_900)
    await ship(town, claimed.order_id)
    await all_is_well(town)


# who is gone by then ------------------------------------------------------------------------------------------------
async def test_who_the_giver_blocked_after_the_sending_may_still_claim_and_is_told_nothing(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.run(lambda tx: people.block(tx, town.an, town.bo))
    assert type(await gift_page(town.ground, town.bo, gift.gift_id)).__name__ == "Envelope"
    await claim(town, town.bo, gift.gift_id)
    assert (await seen_by_giver(town, gift.gift_id)).state == 20
    await all_is_well(town)


async def test_a_gift_of_somebody_whom_its_recipient_blocked_is_as_good_as_refused_and_the_giver_sees_only_silence(
    town,
):
    gift, other = [await give_paid(town, town.an, one, town.red) for one in (town.bo, town.cai)]
    await town.ground.db.run(lambda tx: people.block(tx, town.bo, town.an))
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.bo, gift.gift_id)
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    blocked, silent = [await seen_by_giver(town, one.gift_id) for one in (gift, other)]
    assert (blocked.state, blocked.opened_at, blocked.expires_at) == (silent.state, None, silent.expires_at)
    channel = await pass_by(town, hours=24)
    assert {channel.given_back(one.intent_id) for one in (gift, other)} == {12_900}
    blocked, silent = [await seen_by_giver(town, one.gift_id) for one in (gift, other)]
    assert (
        (blocked.state, blocked.ended_how, blocked.refusal)
        == (silent.state, silent.ended_how, "")
        == (181, "expired", "")
    )
    await all_is_well(town)


async def test_who_left_the_group_claims_no_share_any_more_and_keeps_the_one_they_have(town):
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "Cousins", [town.bo, town.cai]))
    group_id = group.id
    gift = await give_paid(town, town.an, None, town.red, shares=2, group_id=group_id)
    kept = await claim(town, town.cai, gift.gift_id)
    for person in (town.bo, town.cai):
        await town.ground.db.run(lambda tx, person=person: people.leave_group(tx, group_id, person))
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.bo, gift.gift_id)
    assert await claim(town, town.cai, gift.gift_id) == kept
    await ship(town, kept.order_id)
    await all_is_well(town)


async def test_a_recipient_who_closed_their_account_leaves_the_gift_to_its_deadline_and_the_money_to_the_giver(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await erase_a_person(town.ground, EraseMe(town.bo, "Bo"))
    assert (await seen_by_giver(town, gift.gift_id)).state == 10
    channel = await pass_by(town, hours=24)
    assert channel.given_back(gift.intent_id) == 12_900
    assert (await seen_by_giver(town, gift.gift_id)).state == 181
    await all_is_well(town)


async def test_a_giver_who_closed_their_account_after_the_claim_is_still_given_back_by_the_way_they_paid(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    claimed = await claim(town, town.bo, gift.gift_id)
    await ship(town, claimed.order_id)
    await receive(town, town.bo, claimed.order_id)
    await erase_a_person(town.ground, EraseMe(town.an, "安"))
    case = await ask_for(town, town.bo, claimed.order_id)
    await answer(town, case.case_id)
    channel = await pass_by(town)
    assert channel.given_back(gift.intent_id) == 12_900
    await all_is_well(town)


# what the recipient may take instead ---------------------------------------------------------------------------------
async def styles_of(town: Town, gift_id: int) -> list[int]:
    """The styles that the recipient's page offers once the envelope is open."""
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id), town.key(town.bo))
    page = await gift_page(town.ground, town.bo, gift_id)
    assert isinstance(page, OpenGift)
    return [style.sku_id for style in page.styles]


async def price(town: Town, sku_id: int, amount: int) -> None:
    """A style costs something else from now on."""
    await town.ground.db.pool.execute(
        "UPDATE catalog_sku SET price = $2, original_price = $2 WHERE id = $1", sku_id, amount
    )


async def test_a_sale_after_the_sending_takes_no_style_away_and_brings_none_of_another_price_in(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    for sku, amount in ((town.red, 9_900), (town.blue, 9_900), (town.dear, 12_900)):
        await price(town, sku, amount)
    assert await styles_of(town, gift.gift_id) == [town.red, town.blue]
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.dear), StyleNotOffered)
    claimed = await claim(town, town.bo, gift.gift_id, sku_id=town.blue)
    (line,) = await orders.lines(town.ground.db, claimed.order_id)
    assert (line.sku_id, line.amount) == (town.blue, 12_900), "what was paid stays what it is"
    await all_is_well(town)


async def test_a_style_that_grew_dearer_after_the_sending_is_still_one_to_take_after_the_claim_too(town):
    gift, swapped = [await give_paid(town, town.an, town.bo, town.red) for _ in range(2)]
    await price(town, town.blue, 19_900)
    await claim(town, town.bo, gift.gift_id, sku_id=town.blue)
    claimed = await claim(town, town.bo, swapped.gift_id)
    choices = (await swap_of_order(town.ground, town.bo, claimed.order_id)).choices
    assert [choice.sku_id for choice in choices] == [town.blue]
    await refused(town, wish(town, town.bo, claimed.order_id, town.dear), StyleNotOffered)
    await wish(town, town.bo, claimed.order_id, town.blue)
    assert (await decide(town, claimed.order_id, "approve")).state == 4
    await all_is_well(town)


async def test_a_gift_from_before_prices_were_kept_goes_by_the_prices_of_today(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.pool.execute("UPDATE gift_gift SET equal_skus = NULL")
    await price(town, town.blue, 12_800)
    assert await styles_of(town, gift.gift_id) == [town.red]
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.blue), StyleNotOffered)
