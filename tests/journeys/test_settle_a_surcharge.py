"""A giver allows more freight for a far place: what it needs stays, the rest comes back, in every end a gift has."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from channel import FakeChannel
from counter import answer, ask_for, receive, ship
from counter_vouchers import open_cafe
from household import worker_of
from interleaving import holding, one_after_the_other, until_blocked
from town import Town, build_town, claim, give, give_paid, pay, raised, snapshot

from renqing.books import catalog, ledger, stock
from renqing.foundation.clock import SetClock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.foundation.ground import Ground
from renqing.foundation.text import say
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.social import charities, gifts
from renqing.trade import orders, shipping
from renqing.views.buying_page import wrapping_desk
from renqing.views.check import check
from renqing.views.gift_page import GiverPage, gift_page
from renqing.views.gift_reach import reach_to_region, why_not_there
from renqing.views.notice_page import notices_page

PRICE, ALLOWED = 12_900, 1_500
ZHEJIANG = 330106109


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def far(town: Town, fee: int, region: int = 330000) -> None:
    """Where Bo lives costs so much from now on; anywhere else nothing."""
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(region, fee=fee)))


async def choose(town: Town, **changes: Any) -> None:
    choice = gifts.Choice("house", GiftPolicyChanges(**changes))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def order_of(town: Town, order_id: int) -> orders.Order:
    return await town.ground.db.run(lambda tx: orders.get(tx, order_id))


async def back(town: Town) -> int:
    """What is on its way back to payers."""
    return (await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")))[0]


async def is_clean(town: Town) -> bool:
    found = [(one.id, one.shown) for one in (await check(town.ground)).findings if not one.holds]
    assert found == []
    return True


async def refused(town: Town, person_id: int, gift_id: int) -> Refusal:
    ask = ClaimAGift(person_id, town.addresses[person_id], gift_id)
    (said,) = await claim_gifts(town.ground, [(ask, town.key(person_id))])
    assert isinstance(said, Refusal)
    return said


async def test_it_is_paid_with_the_gift_as_a_part_of_its_freight(town):
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    order = await order_of(town, gift.order_id)
    assert gift.total == PRICE + ALLOWED and (order.goods_amount, order.freight_amount) == (PRICE, ALLOWED)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.surcharge is not None
    assert (page.surcharge.allowed_amount, page.surcharge.used_amount) == (ALLOWED, None)
    assert await is_clean(town)


@pytest.mark.parametrize(
    ("fee", "used"), [(0, 0), (1, 1), (800, 800), (ALLOWED, ALLOWED), (ALLOWED + 1, ALLOWED), (99_900, ALLOWED)]
)
async def test_what_the_place_needs_stays_with_the_freight_and_the_rest_goes_back_with_the_claim(town, fee, used):
    await far(town, fee)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    await claim(town, town.bo, gift.gift_id)
    order = await order_of(town, gift.order_id)
    assert (order.refunded_amount, order.freight_back) == (ALLOWED - used, ALLOWED - used)
    assert await back(town) == ALLOWED - used
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.surcharge is not None and page.surcharge.used_amount == used
    worker = worker_of(town.ground, FakeChannel())
    await worker.drain()
    assert await back(town) == 0
    told = [one.kind for one in (await notices_page(town.ground, town.an)).notices]
    assert told.count("refund_done") == (1 if used < ALLOWED else 0)
    assert "refund_done" not in [one.kind for one in (await notices_page(town.ground, town.bo)).notices]
    assert await is_clean(town)


async def test_the_shop_earns_on_what_was_needed_and_the_platforms_fee_is_of_that(town):
    await far(town, 800)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    await claim(town, town.bo, gift.gift_id)
    await ship(town, gift.order_id)
    await receive(town, town.bo, gift.order_id)
    clock = town.ground.clock
    assert isinstance(clock, SetClock)
    clock.move(timedelta(days=30))
    await worker_of(town.ground, FakeChannel()).drain()
    kept = PRICE + 800
    fee = kept * town.ground.policy.platform_fee_ppm // 1_000_000
    assert (await ledger.balance_of(town.ground.db, ledger.fee("CNY")))[0] == fee
    assert (await ledger.balance_of(town.ground.db, ledger.shop_balance(town.shop_id, "CNY")))[0] == kept - fee
    assert await is_clean(town)


async def test_a_refund_before_it_leaves_gives_back_what_is_left_of_freight_and_never_more_than_was_paid(town):
    await far(town, 800)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    await claim(town, town.bo, gift.gift_id)
    case = await ask_for(town, town.bo, gift.order_id)
    await answer(town, case.case_id)
    order = await order_of(town, gift.order_id)
    assert order.refunded_amount == order.total_amount == PRICE + ALLOWED
    await worker_of(town.ground, FakeChannel()).drain()
    assert await is_clean(town)


@pytest.mark.parametrize("end", ["refused", "expired", "withdrawn"])
async def test_every_end_without_a_place_gives_all_of_it_back(town, end):
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    channel = FakeChannel()
    if end == "refused":
        await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    elif end == "withdrawn":
        await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    else:
        assert isinstance(town.ground.clock, SetClock)
        town.ground.clock.move(timedelta(hours=24))
    await worker_of(town.ground, channel).drain()
    assert channel.given_back(gift.intent_id) == PRICE + ALLOWED
    assert await is_clean(town)


async def test_a_gift_that_its_giver_keeps_goes_to_their_own_place_and_the_rest_comes_back(town):
    await choose(town, gift_keep="until_claimed", gift_surcharge_max_minor=5_000)
    await far(town, 300)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    ask = KeepMyGift(town.an, gift.gift_id, town.addresses[town.an])
    kept = await keep_my_gift(town.ground, ask, town.key(town.an))
    order = await order_of(town, kept.kept_order_ids[0])
    assert (order.total_amount, order.freight_back, await back(town)) == (PRICE + ALLOWED, 1_200, 1_200)
    assert await is_clean(town)


async def test_of_a_gift_for_which_something_else_was_chosen_all_of_it_comes_back_and_buys_no_goods(town):
    async def bowls(tx: Tx) -> list[int]:
        category = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="器", name_en="Ware"))
        made: list[int] = []
        for price in (9_900, PRICE + 1):
            draft = catalog.ProductDraft(
                shop_id=town.shop_id,
                category_id=category,
                title_zh="碗",
                title_en="bowl",
                skus=(catalog.SkuDraft(price=price, original_price=price),),
            )
            made += (await catalog.save_product(tx, draft)).sku_ids
        await stock.receive(tx, [(sku, 5) for sku in made], "test", 3)
        return made

    cheap, dear = await town.ground.db.run(bowls)
    await choose(town, gift_other="single", gift_surcharge_max_minor=5_000)
    await far(town, 800)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    ask = ClaimAGift(town.bo, town.addresses[town.bo], gift.gift_id, instead=((dear, 1),))
    (said,) = await claim_gifts(town.ground, [(ask, town.key(town.bo))])
    assert getattr(said, "code", "") == "other_not_within"
    await claim(town, town.bo, gift.gift_id, instead=((cheap, 1),))
    assert await back(town) == PRICE - 9_900 + ALLOWED and await is_clean(town)


async def test_a_charity_far_away_uses_it_as_anybody(town):
    charity = await town.ground.db.run(lambda tx: _charity(tx, town))
    await choose(town, gift_to_charity="yes", gift_surcharge_max_minor=5_000)
    await far(town, 500)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    ask = PassAGiftOn(town.bo, "have_one", gift_id=gift.gift_id, charity_id=charity)
    await pass_a_gift_on(town.ground, ask, town.key(town.bo))
    assert (await order_of(town, gift.order_id)).freight_back == 1_000 and await is_clean(town)


async def _charity(tx: Tx, town: Town) -> int:
    new = charities.NewCharity("善", "善")
    return (await charities.add(tx, new, town.stranger, town.addresses[town.stranger], town.owner_id)).id


# who is first ---------------------------------------------------------------------------------------------------------
ORDER_LOCK = "SELECT 1 FROM order_order WHERE id = $1 FOR NO KEY UPDATE"


@pytest.mark.parametrize("claim_first", [True, False])
async def test_of_a_claim_and_a_withdrawal_the_first_wins_and_it_comes_back_exactly_once(town, claim_first):
    await far(town, 800)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)

    async def claims() -> Any:
        return await claim(town, town.bo, gift.gift_id)

    async def withdraws() -> Any:
        return await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))

    order = (claims, withdraws) if claim_first else (withdraws, claims)
    first, second = await one_after_the_other(town.ground.db, (ORDER_LOCK, gift.order_id), *order)
    assert not isinstance(first, BaseException) and isinstance(second, gifts.GiftNotAvailable)
    await came_back(town, gift, 700 if claim_first else PRICE + ALLOWED)


@pytest.mark.parametrize("claim_first", [True, False])
async def test_of_a_claim_and_the_deadline_the_first_wins_and_it_comes_back_exactly_once(town, claim_first):
    await far(town, 800)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    clock, worker = town.ground.clock, worker_of(town.ground)
    assert isinstance(clock, SetClock)
    async with holding(town.ground.db, ORDER_LOCK, gift.order_id):
        if not claim_first:
            clock.move(timedelta(hours=24))
            sweeps = asyncio.ensure_future(worker.run_deadlines(10))
            await until_blocked(town.ground.db, 1)
            clock.move(-timedelta(seconds=1))
        claims = asyncio.ensure_future(claim(town, town.bo, gift.gift_id))
        await until_blocked(town.ground.db, 1 if claim_first else 2)
        if claim_first:
            clock.move(timedelta(hours=24))
            sweeps = asyncio.ensure_future(worker.run_deadlines(10))
            await until_blocked(town.ground.db, 2)
    await sweeps
    (said,) = await asyncio.gather(claims, return_exceptions=True)
    assert isinstance(said, Claimed if claim_first else gifts.GiftNotAvailable)
    clock.move(timedelta(seconds=1))
    await came_back(town, gift, 700 if claim_first else PRICE + ALLOWED)


async def came_back(town: Town, gift: GiftPrepared, amount: int) -> None:
    """So much went back to its payer, once, and the books agree."""
    channel = FakeChannel()
    for _ in range(2):
        await worker_of(town.ground, channel).drain()
    assert [ask.amount for ask in channel.refunds.values()] == [amount]
    assert channel.given_back(gift.intent_id) == amount and await back(town) == 0
    assert await is_clean(town)


# who bears it --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("allowed", "may"), [(0, False), (ALLOWED - 1, False), (ALLOWED, True), (ALLOWED + 1, True)])
async def test_where_the_giver_bears_it_a_place_that_costs_more_than_they_allowed_is_refused_in_words(
    town, allowed, may
):
    await choose(town, gift_surcharge="giver", gift_surcharge_max_minor=5_000)
    await far(town, ALLOWED)
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=allowed)
    reach = await reach_to_region(town.ground, gift.gift_id, ZHEJIANG)
    assert (reach.delivers, reach.surcharge) == (may, not may)
    away = await why_not_there(town.ground, gift.gift_id, [ZHEJIANG])
    assert away == ({} if may else {ZHEJIANG: "surcharge"})
    if may:
        await claim(town, town.bo, gift.gift_id)
    else:
        said = await refused(town, town.bo, gift.gift_id)
        assert (said.code, said.facts["reason"]) == ("cannot_receive", "surcharge") and await back(town) == 0
        for language in ("zh", "en"):
            words = say("error.cannot_receive.surcharge", language, region="浙江")
            assert not any(letter.isdigit() or letter == "¥" for letter in words), "no sum is told"
    assert await is_clean(town)


async def test_by_the_houses_rule_the_shop_bears_it_as_ever(town):
    await far(town, ALLOWED)
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert isinstance(await claim(town, town.bo, gift.gift_id), Claimed)
    assert await is_clean(town)


# what may be allowed -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "asked",
    [
        {"surcharge_allowed": 5_001},
        {"surcharge_allowed": -1},
        {"surcharge_allowed": 1, "shares": 2, "recipient_id": None},
    ],
)
async def test_too_much_less_than_nothing_and_a_gift_for_many_are_refused_and_nothing_moves(town, asked):
    to = asked.get("recipient_id", town.bo)
    with pytest.raises(FieldNotValid) as said:
        await give(town, town.an, to, town.red, **{name: asked[name] for name in asked if name != "recipient_id"})
    assert said.value.facts["field"] == "surcharge_allowed"
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 0
    assert await town.ground.db.fetchval("SELECT count(*) FROM surcharge_allowed") == 0


async def test_where_the_policy_lets_nobody_allow_anything_nothing_can_be(town):
    await choose(town, gift_surcharge_max_minor=0)
    await far(town, 800)
    assert (await wrapping_desk(town.ground, town.an, town.red)).surcharge_most == 0
    with pytest.raises(FieldNotValid):
        await give(town, town.an, town.bo, town.red, surcharge_allowed=1)


async def test_the_desk_offers_what_the_dearest_place_costs_more_and_nothing_where_none_does(town):
    assert (await wrapping_desk(town.ground, town.an, town.red)).surcharge_most == 0
    await far(town, 800)
    await far(town, 2_000, region=650000)
    assert (await wrapping_desk(town.ground, town.an, town.red)).surcharge_most == 2_000
    await far(town, 90_000, region=540000)
    assert (await wrapping_desk(town.ground, town.an, town.red)).surcharge_most == 5_000, "the policy's most"


async def test_a_claim_that_is_told_again_settles_it_once(town):
    await far(town, 800)
    gift = await give(town, town.an, town.bo, town.red, surcharge_allowed=ALLOWED)
    await pay(town, gift.intent_id, gift.total)
    ask, once = ClaimAGift(town.bo, town.addresses[town.bo], gift.gift_id), town.key(town.bo)
    for _ in range(3):
        raised((await claim_gifts(town.ground, [(ask, once)]))[0])
    assert await back(town) == 700 and await is_clean(town)


async def test_a_voucher_goes_to_no_place_and_nothing_is_allowed_for_one(town):
    cafe = await open_cafe(town)
    before = await snapshot(town.ground)
    with pytest.raises(FieldNotValid) as why:
        await give(town, town.an, town.bo, cafe.sku_id, surcharge_allowed=ALLOWED)
    assert why.value.facts == {"field": "surcharge_allowed", "reason": "one_parcel"}
    assert await snapshot(town.ground) == before
