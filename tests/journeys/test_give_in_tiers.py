"""A gift in tiers: a large share, some medium, many small; who comes first gets the largest that is left."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest
from channel import FakeChannel
from counter import answer, ask_for, books, books_are_right, receive, set_freight, ship
from crowd import gather_a_crowd, refused
from household import worker_of
from town import Town, build_town, claim, give, give_paid, snapshot

from renqing.books import catalog, people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import OfferOver
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.social import gifts
from renqing.social.gifts import GiftNotAllowed, StyleNotOffered
from renqing.trade import orders

DEAR, PRICE, FREIGHT = 19_900, 12_900, 700


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def three_tiers(town: Town) -> tuple[tuple[int, int], ...]:
    """One large, two medium, three small."""
    return (town.dear, 1), (town.red, 2), (town.blue, 3)


async def tiered(town: Town, tiers: Any = None, **wrapping: Any) -> tuple[GiftPrepared, str]:
    """A paid gift in tiers for whoever holds its link, and that link's token."""
    tiers = tiers or three_tiers(town)
    shares = sum(count for _, count in tiers)
    gift = await give_paid(town, town.an, None, tiers[0][0], shares=shares, tiers=tiers, **wrapping)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    return gift, token


async def style_of(town: Town, order_id: int) -> tuple[int, int]:
    """The style and the price of an order of one line."""
    (line,) = await orders.lines(town.ground.db, order_id)
    return line.sku_id, line.amount


# the story -----------------------------------------------------------------------------------------------------------
async def test_who_comes_first_gets_the_largest_share_that_is_left(town: Town):
    gift, token = await tiered(town)
    assert gift.total == DEAR + 5 * PRICE
    crowd = await gather_a_crowd(town, 6)
    got = [await style_of(town, (await claim(town, person, None, token=token)).order_id) for person in crowd]
    assert got == [(town.dear, DEAR), *[(town.red, PRICE)] * 2, *[(town.blue, PRICE)] * 3]
    assert await stock.levels(town.ground.db, [town.dear, town.red, town.blue]) == {
        town.dear: (10, 1),
        town.red: (10, 2),
        town.blue: (10, 3),
    }
    await books_are_right(town.ground)


async def test_a_hundred_at_once_for_six_shares_get_exactly_what_the_tiers_say(town: Town):
    gift, token = await tiered(town)
    crowd = await gather_a_crowd(town, 100)
    claims = Batcher(partial(claim_gifts, town.ground), batch_max=17)
    asked = [
        claims.ask((ClaimAGift(person, town.addresses[person], token=token), town.key(person))) for person in crowd
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    won = [one for one in answers if not isinstance(one, Exception)]
    assert sorted([await style_of(town, one.order_id) for one in won]) == sorted(
        [(town.dear, DEAR), *[(town.red, PRICE)] * 2, *[(town.blue, PRICE)] * 3]
    )
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", gift.gift_id) == 20
    await books_are_right(town.ground)


async def test_two_batches_at_once_deal_no_share_twice(town: Town):
    _, token = await tiered(town)
    crowd = await gather_a_crowd(town, 6)
    asks = [
        [(ClaimAGift(one, town.addresses[one], token=token), town.key(one)) for one in half]
        for half in (crowd[:3], crowd[3:])
    ]
    answers = await asyncio.gather(*(claim_gifts(town.ground, ask) for ask in asks))
    assert all(not isinstance(one, Exception) for half in answers for one in half)
    assert await town.ground.db.fetchval("SELECT count(DISTINCT n) FROM gift_share") == 6
    await books_are_right(town.ground)


async def test_shares_are_shipped_settled_and_refunded_each_with_its_own_price(town: Town):
    await set_freight(town, FREIGHT)
    gift, token = await tiered(town)
    assert gift.total == DEAR + 5 * PRICE + 6 * FREIGHT
    first = await claim(town, town.bo, None, token=token)
    second = await claim(town, town.cai, None, token=token)
    case = await ask_for(town, town.bo, first.order_id)
    await answer(town, case.case_id)
    await ship(town, second.order_id)
    await receive(town, town.cai, second.order_id)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    assert sorted(ask.amount for ask in channel.refunds.values()) == [DEAR + FREIGHT, 4 * (PRICE + FREIGHT)]
    assert await stock.levels(town.ground.db, [town.dear, town.red, town.blue]) == {
        town.dear: (10, 0),
        town.red: (9, 0),
        town.blue: (10, 0),
    }
    fee = (PRICE + FREIGHT) * 5 // 100
    assert await books(town) == {
        "clearing": (-(PRICE + FREIGHT), 0),
        "fee": (fee, 0),
        "shop": (PRICE + FREIGHT - fee, 0),
    }
    await books_are_right(town.ground)


async def test_nobody_claims_and_everything_goes_back_as_one_refund(town: Town):
    await set_freight(town, 333)
    gift, _ = await tiered(town)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    assert await books(town) == {}
    await books_are_right(town.ground)


async def test_a_share_comes_in_the_style_of_its_tier(town: Town):
    _, token = await tiered(town)
    await claim(town, town.bo, None, token=token)
    await refused(town, claim(town, town.cai, None, token=token, sku_id=town.blue), StyleNotOffered)


# what does not add up ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tiers", "shares", "facts"),
    [
        ([("dear", 1), ("red", 2)], 4, {"reason": "sum", "sum": 3, "shares": 4}),
        ([("dear", 1), ("red", 0)], 1, {"reason": "sum"}),
        ([("dear", 1), ("dear", 2)], 3, {"reason": "id_repeated"}),
        ([("red", 1), ("dear", 2)], 3, {"reason": "first"}),
        ([("dear", 1)] * 11, 11, {"reason": "count", "max": 10}),
    ],
)
async def test_tiers_that_do_not_add_up_change_nothing(town: Town, tiers: Any, shares: int, facts: Any):
    named = tuple((getattr(town, name), count) for name, count in tiers)
    asked = give(town, town.an, None, town.dear, shares=shares, tiers=named)
    await refused(town, asked, FieldNotValid, field="tiers", **facts)


async def test_more_shares_than_stock_in_any_tier_hold_nothing(town: Town):
    asked = give(town, town.an, None, town.dear, shares=13, tiers=((town.dear, 1), (town.red, 12)))
    await refused(town, asked, StockRanOut, sku_id=town.red)


async def test_every_tier_must_be_on_sale_allowed_and_of_one_shop(town: Town):
    other = await town.ground.db.run(_elsewhere)
    for style, kind, facts in (
        (404, OfferOver, {"sku_id": 404}),
        (town.ring, GiftNotAllowed, {"reason": "category"}),
        (other, FieldNotValid, {"field": "tiers", "reason": "one_shop"}),
    ):
        asked = give(town, town.an, None, town.red, shares=2, tiers=((town.red, 1), (style, 1)))
        await refused(town, asked, kind, **facts)


async def test_a_gift_for_a_friend_has_no_tiers(town: Town):
    asked = give(town, town.an, town.bo, town.red, shares=2, tiers=((town.red, 1), (town.blue, 1)))
    await refused(town, asked, FieldNotValid, field="shares")


async def test_one_tier_is_a_gift_of_equal_shares(town: Town):
    _, token = await tiered(town, ((town.red, 2),))
    await claim(town, town.bo, None, token=token)
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_tier") == 0
    await books_are_right(town.ground)


async def test_a_process_that_knows_of_no_tiers_is_refused_and_hands_out_nothing_wrong(town: Town):
    """While a new version is rolled out, the old one runs beside it: its claim is the statement of that version."""
    gift, _ = await tiered(town)
    before = await snapshot(town.ground)
    with pytest.raises(asyncpg.CheckViolationError, match="dealt_by_ways"):
        await town.ground.db.pool.execute("UPDATE gift_gift SET shares_claimed = 1 WHERE id = $1", gift.gift_id)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await town.ground.db.pool.execute("UPDATE gift_tier SET shares = 9")
    assert await snapshot(town.ground) == before


async def _elsewhere(tx: Tx) -> int:
    """A style of another shop."""
    owner = await people.join(tx, name="别家")
    shop = await people.open_shop(tx, people.NewShop(name_zh="别家铺"), owner.id)
    category = await tx.fetchval("SELECT min(id) FROM catalog_category")
    draft = catalog.ProductDraft(
        shop_id=shop.id,
        category_id=category,
        title_zh="别家的杯",
        spec_names=(),
        skus=(catalog.SkuDraft(price=100, original_price=100, specs=()),),
    )
    return (await catalog.save_product(tx, draft)).sku_ids[0]


# the rules -----------------------------------------------------------------------------------------------------------
def test_every_share_is_of_exactly_one_tier_and_the_tiers_make_the_whole_to_the_fen():
    counts = ((1, 1), (2, 5), (3, 20))
    spans = gifts.spans(counts, 26)
    assert [(span.start, span.stop) for span in spans] == [(1, 2), (2, 7), (7, 27)]
    tiers = [
        gifts.Tier(1, n, span.start, len(span), 1, n, 100, goods, freight)
        for n, (span, goods, freight) in enumerate(zip(spans, (101, 333, 1_999), (7, 11, 13), strict=True), 1)
    ]
    shares = []
    for n in range(1, 27):
        tier = gifts.tier_of(tiers, n)
        assert tier is not None
        shares.append(orders.share_of(tier.goods_amount, tier.freight_amount, tier.shares, n - tier.first_share + 1))
    assert (sum(goods for goods, _ in shares), sum(freight for _, freight in shares)) == (2_433, 31)
    assert gifts.tier_of([], 1) is None
