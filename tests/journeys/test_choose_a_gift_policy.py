"""Which policy a gift is bought under: chosen by an operator, kept by the gift."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from town import Town, build_town, claim, give, give_paid, snapshot

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.choose_a_gift_policy import ChooseGiftPolicy, choose_a_gift_policy
from renqing.journeys.end_a_gift import WithdrawAGift, withdraw_a_gift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social import gifts
from renqing.views.buying_page import wrapping_desk
from renqing.views.gift_page import GiverPage, OpenGift, gift_page
from renqing.views.product_page import product_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    town = await build_town(ground)
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    return town


async def choose(town: Town, preset: str | None, *, shop_id: int | None = None, by: int = 0, **changes):
    ask = ChooseGiftPolicy(
        by or town.cai, town.shop_id if shop_id is None else shop_id, preset, GiftPolicyChanges(**changes)
    )
    return await choose_a_gift_policy(town.ground, ask, town.key(by or town.cai))


async def withdraw(town: Town, gift_id: int):
    return await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift_id), town.key(town.an))


def pass_time(town: Town, **time) -> None:
    town.ground.clock.move(timedelta(**time))


async def test_a_gift_keeps_the_policy_it_was_bought_under(town):
    before = await give_paid(town, town.an, town.bo, town.red)
    assert (await choose(town, "wechat")).policy.gift_withdraw == "never"
    after = await give_paid(town, town.an, town.bo, town.red)
    pass_time(town, minutes=2)
    with pytest.raises(gifts.GiftWithdrawalLate):
        await withdraw(town, after.gift_id)
    page = await gift_page(town.ground, town.an, after.gift_id)
    assert isinstance(page, GiverPage) and not page.may_withdraw
    assert (await withdraw(town, before.gift_id)).gift_id == before.gift_id


async def test_a_mistaken_send_is_undone_for_two_minutes_whatever_the_policy(town):
    await choose(town, "wechat")
    sent = await give_paid(town, town.an, town.bo, town.red)
    pass_time(town, seconds=119)
    page = await gift_page(town.ground, town.an, sent.gift_id)
    assert isinstance(page, GiverPage) and page.may_withdraw
    assert (await withdraw(town, sent.gift_id)).refund == 12900


async def test_what_was_opened_is_no_mistake_any_more(town):
    await choose(town, "wechat")
    sent = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, sent.gift_id), town.key(town.bo))
    before = await snapshot(town.ground)
    with pytest.raises(gifts.GiftWithdrawalLate):
        await withdraw(town, sent.gift_id)
    assert await snapshot(town.ground) == before


async def test_times_and_greetings_are_those_of_the_shops_policy(town):
    await choose(town, "douyin")
    with pytest.raises(FieldNotValid):
        await give(town, town.an, town.bo, town.red, open_for_hours=48)
    with pytest.raises(FieldNotValid):
        await give(town, town.an, town.bo, town.red, greeting="一二三四五六七八九十一二三四五")
    assert await give(town, town.an, town.bo, town.red, greeting="一二三四五六七八九十一二三四")
    desk = await wrapping_desk(town.ground, town.an, town.red)
    assert desk.policy.greeting_characters_max == 14


async def test_what_may_be_given_is_said_by_the_shops_policy_on_every_page(town):
    with pytest.raises(gifts.GiftNotAllowed):
        await give(town, town.an, town.bo, town.ring)
    await choose(town, "goody", gift_price_max_minor=12_900)
    assert await give(town, town.an, town.bo, town.red)
    with pytest.raises(gifts.GiftNotAllowed):
        await give(town, town.an, town.bo, town.dear)
    said = {style.sku_id: style.gift_refusal for style in (await product_page(town.ground, town.product_id)).styles}
    assert said == {town.red: "", town.blue: "", town.dear: "price"}
    assert (await wrapping_desk(town.ground, town.an, town.ring)).gift_refusal == "price"


async def test_a_gift_of_a_policy_without_styles_is_taken_as_given(town):
    await choose(town, "jd")
    sent = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, sent.gift_id), town.key(town.bo))
    page = await gift_page(town.ground, town.bo, sent.gift_id)
    assert isinstance(page, OpenGift) and [style.sku_id for style in page.styles] == [town.red]
    with pytest.raises(gifts.StyleNotOffered):
        await claim(town, town.bo, sent.gift_id, sku_id=town.blue)
    assert (await claim(town, town.bo, sent.gift_id)).gift_id == sent.gift_id


async def test_the_platforms_choice_holds_where_a_shop_has_none(town):
    await choose(town, "kakao", shop_id=people.PLATFORM)
    sent = await give(town, town.an, town.bo, town.red, open_for_hours=168)
    seconds = await town.ground.db.fetchval("SELECT open_for_seconds FROM gift_gift WHERE id = $1", sent.gift_id)
    assert seconds == 7 * 86_400
    assert (await choose(town, "jd")).policy.gift_open_for_hours == 24
    assert (await choose(town, None)).policy.gift_open_for_hours == 168
    assert (await choose(town, None)).preset is None
    facts = await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'GiftPolicyChosen'")
    assert facts == 3


async def test_only_an_operator_chooses(town):
    for person in (town.owner_id, town.stranger):
        with pytest.raises(people.ShopUnknown):
            await choose(town, "jd", by=person)
    with pytest.raises(people.ShopUnknown):
        await choose(town, "jd", shop_id=404)
    with pytest.raises(FieldNotValid):
        await choose(town, "wechat", gift_open_for_hours=48)
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_policy") == 0
