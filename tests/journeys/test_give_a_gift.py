from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from crowd import refused
from town import Town, build_town, give, give_paid, place

from renqing.books import people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyReused, Once
from renqing.foundation.settings import Policy
from renqing.journeys.check_out import OfferOver, TotalChanged
from renqing.journeys.give_a_gift import GiveAGift, give_a_gift
from renqing.social import gifts
from renqing.social.gifts import GiftIsYourOwn, GiftNotAllowed, GiftState, RecipientNotReachable
from renqing.trade import shipping
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def test_a_wrapped_gift_waits_for_its_payment(town: Town):
    prepared = await give(
        town, town.an, town.bo, town.red, greeting="  生日快乐  ", cover="birthday", open_for_hours=48
    )
    gift = await gifts.by_id(town.ground.db, prepared.gift_id)
    assert gift is not None
    assert (gift.state, gift.giver_id, gift.recipient_id) == (GiftState.UNPAID, town.an, town.bo)
    assert (gift.greeting, gift.cover, gift.open_for_seconds) == ("生日快乐", "birthday", 48 * 3600)
    assert (gift.unit_price, gift.claimable_at, gift.expires_at) == (12_900, None, None)
    assert prepared.total == 12_900
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}
    assert (await check(town.ground)).is_clean


async def test_its_time_to_be_claimed_begins_with_the_payment(town: Town):
    prepared = await give_paid(town, town.an, town.bo, town.red, open_for_hours=2)
    gift = await gifts.by_id(town.ground.db, prepared.gift_id)
    assert gift is not None
    assert (gift.state, gift.claimable_at) == (GiftState.CLAIMABLE, town.ground.clock.now())
    assert gift.expires_at is not None
    assert (gift.expires_at - town.ground.clock.now()).total_seconds() == 7_200
    timers = await town.ground.db.fetch("SELECT kind, key, due_at FROM timer ORDER BY kind")
    half_time = gift.claimable_at + timedelta(hours=1)
    assert [tuple(row.values()) for row in timers] == [
        ("expire_gift", gift.id, gift.expires_at),
        ("remind_gift", gift.id, half_time),
    ]


async def test_freight_of_a_gift_is_the_everywhere_rate(town: Town):
    await town.ground.db.run(
        lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(shipping.EVERYWHERE, fee=600))
    )
    assert (await give(town, town.an, None, town.red)).total == 13_500


async def test_a_repeat_prepares_nothing_new(town: Town):
    once = town.key(town.an, "body")
    ask = GiveAGift(town.an, town.red, town.bo, "thanks", "", 24, "sandbox")
    prepared = await give_a_gift(town.ground, ask, once)
    assert await give_a_gift(town.ground, ask, once) == prepared
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_gift") == 1
    other = give_a_gift(town.ground, ask, Once(once.subject, once.key, b"another body"))
    await refused(town, other, KeyReused)


# who -----------------------------------------------------------------------------------------------------------------
async def test_friends_and_members_of_a_shared_group_can_be_given_to(town: Town):
    await give(town, town.an, town.bo, town.red)
    await refused(town, give(town, town.an, town.stranger, town.red), RecipientNotReachable)
    await town.ground.db.run(lambda tx: people.befriend(tx, town.bo, town.stranger))
    await town.ground.db.run(lambda tx: people.make_group(tx, town.bo, "邻居", [town.an, town.stranger]))
    await give(town, town.an, town.stranger, town.red)


async def test_nobody_gives_to_themselves_or_to_nobody(town: Town):
    await refused(town, give(town, town.an, town.an, town.red), GiftIsYourOwn)
    await refused(town, give(town, town.an, 404, town.red), RecipientNotReachable)


@pytest.mark.parametrize("blocker", ["an", "bo"])
async def test_a_block_on_either_side_looks_like_not_being_friends(town: Town, blocker: str):
    who, whom = (town.an, town.bo) if blocker == "an" else (town.bo, town.an)
    await town.ground.db.run(lambda tx: people.block(tx, who, whom))
    await refused(town, give(town, town.an, town.bo, town.red), RecipientNotReachable)


# what ----------------------------------------------------------------------------------------------------------------
async def test_no_jewellery_and_no_education(town: Town):
    await refused(
        town, give(town, town.an, town.bo, town.ring), GiftNotAllowed, reason="category", category="jewellery"
    )
    await town.ground.db.pool.execute(
        "UPDATE catalog_category SET gift_forbidden = 'education' WHERE gift_forbidden = 'jewellery'"
    )
    await refused(
        town, give(town, town.an, town.bo, town.ring), GiftNotAllowed, reason="category", category="education"
    )


async def test_nothing_whose_original_price_is_above_the_cap(town: Town):
    raise_to = "UPDATE catalog_sku SET original_price = $2, price = 12900 WHERE id = $1"
    await town.ground.db.pool.execute(raise_to, town.red, 1_000_000)
    await give(town, town.an, town.bo, town.red)
    await town.ground.db.pool.execute(raise_to, town.red, 1_000_001)
    await refused(town, give(town, town.an, town.bo, town.red), GiftNotAllowed, reason="price")


async def test_the_cap_is_the_operators(town: Town):
    rules = Policy(gift_price_max_minor=12_899)
    town.ground.settings = msgspec.structs.replace(town.ground.settings, policy=rules)
    await refused(town, give(town, town.an, town.bo, town.red), GiftNotAllowed, reason="price")


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        ("UPDATE catalog_product SET giftable = false", "merchant"),
        ("UPDATE people_shop SET gifts_allowed = false", "shop"),
    ],
)
async def test_a_merchant_can_opt_out(town: Town, switch: str, reason: str):
    await town.ground.db.pool.execute(switch)
    await refused(town, give(town, town.an, town.bo, town.red), GiftNotAllowed, reason=reason)
    assert (await place(town, town.an, town.red)).total == 12_900, "it can still be bought"


async def test_what_ran_out_or_is_off_sale_cannot_be_given(town: Town):
    await place(town, town.an, town.red, 10)
    await refused(town, give(town, town.an, town.bo, town.red), StockRanOut, sku_id=town.red)
    await town.ground.db.pool.execute("UPDATE catalog_product SET on_sale = false")
    await refused(town, give(town, town.an, town.bo, town.blue), OfferOver, sku_id=town.blue)


# how -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wrapping", "field"),
    [
        ({"greeting": "好" * 101}, "greeting"),
        ({"cover": "no-such-cover"}, "cover"),
        ({"open_for_hours": 0}, "open_for_hours"),
        ({"open_for_hours": 721}, "open_for_hours"),
    ],
)
async def test_wrapping_outside_its_limits_is_refused(town: Town, wrapping: dict[str, Any], field: str):
    await refused(town, give(town, town.an, town.bo, town.red, **wrapping), FieldNotValid, field=field)


async def test_a_total_that_the_giver_did_not_see_is_refused(town: Town):
    ask = GiveAGift(town.an, town.red, town.bo, "thanks", "", 24, "sandbox", expected_total=12_000)
    await refused(town, give_a_gift(town.ground, ask, town.key(town.an)), TotalChanged, total=12_900)
