"""Who claims a gift takes something else of its shop instead: within its value, once, and the rest goes back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest_asyncio
from counter import answer, ask_for, books, channel_refunds, receive, set_freight, ship, wish
from counter_vouchers import open_cafe
from crowd import gather_a_crowd, refused
from household import worker_of
from sets import give_set_paid, open_second
from town import Town, build_town, claim, give_paid, pay, raised

from renqing.books import catalog, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.ask_for_a_refund import AnswerARefundAsk, AskForARefund, answer_a_refund_ask, ask_for_a_refund
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.keep_engravings import KeepEngravings, keep_engravings
from renqing.journeys.start_a_fund import PutIn, StartAFund, put_in, start_a_fund
from renqing.social import gifts
from renqing.trade import orders, shipping, swaps
from renqing.trade.choices import OtherNotOffered, OtherNotWithin
from renqing.trade.engravings import Engraving, Terms
from renqing.trade.refund_asks import REASONS, RefundAskNotNow
from renqing.views.check import check

RACERS = 50


@dataclass(slots=True)
class Shelf:
    """What else the shop has: ten of each but the last. Prices are fen."""

    bowl: int  # 99.00
    spoon: int  # 15.00
    pot: int  # 129.00
    urn: int  # 129.01
    last: int  # 99.00, one in stock


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def fill(town: Town) -> Shelf:
    """Other products of the shop."""

    async def story(tx: Tx) -> Shelf:
        category = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="器", name_en="Ware"))
        made = []
        for title, price in (("碗", 9_900), ("勺", 1_500), ("壶", 12_900), ("瓮", 12_901), ("孤品", 9_900)):
            draft = catalog.ProductDraft(
                shop_id=town.shop_id,
                category_id=category,
                title_zh=title,
                title_en=f"{title} (en)",
                skus=(catalog.SkuDraft(price=price, original_price=price),),
            )
            made += (await catalog.save_product(tx, draft)).sku_ids
        await stock.receive(tx, [(sku, 10) for sku in made[:-1]] + [(made[-1], 1)], "test", 3)
        return Shelf(*made)

    return await town.ground.db.run(story)


async def offers(town: Town, rule: str = "single", **changes: Any) -> None:
    """From now on gifts of the shop are bought under this rule."""
    choice = gifts.Choice("house", GiftPolicyChanges(gift_other=rule, **changes))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def all_is_well(town: Town) -> None:
    assert [(one.id, one.shown) for one in (await check(town.ground)).findings if one.differences] == []


async def levels(town: Town, *skus: int) -> list[tuple[int, int]]:
    found = await stock.levels(town.ground.db, list(skus))
    return [found[sku] for sku in skus]


async def given(town: Town, rule: str = "single", sku: int = 0, **changes: Any) -> tuple[Shelf, int, int]:
    """A gift of the red cup that waits for Bo, by this rule; its id, and its order's."""
    shelf = await fill(town)
    await offers(town, rule, **changes)
    gift = await give_paid(town, town.an, town.bo, sku or town.red)
    return shelf, gift.gift_id, gift.order_id


# the story -----------------------------------------------------------------------------------------------------------
async def test_what_is_chosen_instead_is_an_order_of_its_own_and_the_rest_goes_back_to_the_giver(town):
    shelf, gift_id, whole_id = await given(town)
    claimed = await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))
    assert claimed.order_id != whole_id
    order = await town.ground.db.run(lambda tx: orders.get(tx, claimed.order_id))
    assert (order.state, order.owner_id, order.payer_id, order.part_of) == (20, town.bo, town.an, whole_id)
    assert (order.goods_amount, order.freight_amount, order.total_amount) == (9_900, 0, 9_900)
    assert await levels(town, town.red, shelf.bowl) == [(10, 0), (10, 1)]
    assert (await books(town))["escrow"] == (9_900, 0)
    assert (await books(town))["refunds_due"] == (3_000, 0)
    await all_is_well(town)
    assert await channel_refunds(town, whole_id) == 1
    assert "refunds_due" not in await books(town)
    await all_is_well(town)


async def test_the_giver_s_order_keeps_what_was_given(town):
    shelf, gift_id, whole_id = await given(town)
    await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))
    (line,) = await orders.lines(town.ground.db, whole_id)
    whole = await town.ground.db.run(lambda tx: orders.get(tx, whole_id))
    assert (line.sku_id, line.amount) == (town.red, 12_900)
    assert (whole.total_amount, whole.divided_amount, whole.refunded_amount) == (12_900, 9_900, 3_000)


async def test_what_costs_exactly_as_much_is_within_and_a_fen_more_is_not(town):
    shelf, gift_id, _ = await given(town)
    await refused(town, claim(town, town.bo, gift_id, instead=((shelf.urn, 1),)), OtherNotWithin, reason="offer")
    await claim(town, town.bo, gift_id, instead=((shelf.pot, 1),))
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_refund") == 0
    await all_is_well(town)


async def test_freight_counts_on_both_sides_by_the_rate_of_now(town):
    await set_freight(town, 800)
    shelf, gift_id, whole_id = await given(town)
    await set_freight(town, 900)
    await refused(town, claim(town, town.bo, gift_id, instead=((shelf.pot, 1),)), OtherNotWithin, reason="offer")
    free_from = shipping.Rate(shipping.EVERYWHERE, fee=900, free_from=9_900)
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, free_from))
    claimed = await claim(town, town.bo, gift_id, instead=((shelf.urn, 1),))
    order = await town.ground.db.run(lambda tx: orders.get(tx, claimed.order_id))
    assert (order.goods_amount, order.freight_amount) == (12_901, 0)
    assert (await books(town))["refunds_due"] == (13_700 - 12_901, 0)
    assert await channel_refunds(town, whole_id) == 1
    await all_is_well(town)


async def test_several_things_up_to_the_value_where_the_policy_offers_them(town):
    shelf, gift_id, _ = await given(town, "multiple")
    too_much = ((shelf.bowl, 1), (shelf.spoon, 3))
    await refused(town, claim(town, town.bo, gift_id, instead=too_much), OtherNotWithin, reason="value")
    claimed = await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1), (shelf.spoon, 2)))
    lines = await orders.lines(town.ground.db, claimed.order_id)
    assert [(line.n, line.sku_id, line.quantity, line.amount) for line in lines] == [
        (1, shelf.bowl, 1, 9_900),
        (2, shelf.spoon, 2, 3_000),
    ]
    assert await levels(town, town.red, shelf.bowl, shelf.spoon) == [(10, 0), (10, 1), (10, 2)]
    await all_is_well(town)


async def test_what_was_given_may_be_among_several_once_it_costs_less(town):
    shelf, gift_id, _ = await given(town, "multiple")
    await town.ground.db.pool.execute("UPDATE catalog_sku SET price = 9900 WHERE id = $1", town.red)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 5))
    await claim(town, town.bo, gift_id, instead=((town.red, 1), (shelf.spoon, 2)))
    assert await levels(town, town.red, shelf.spoon) == [(1, 1), (10, 2)]
    await all_is_well(town)


async def test_claiming_again_is_answered_alike(town):
    shelf, gift_id, _ = await given(town)
    ask = ClaimAGift(town.bo, town.addresses[town.bo], gift_id=gift_id, instead=((shelf.bowl, 1),))
    key = town.key(town.bo, ask)
    first = (await claim_gifts(town.ground, [(ask, key)]))[0]
    assert await claim_gifts(town.ground, [(ask, key)]) == [first]
    assert await claim(town, town.bo, gift_id) == first, "as it was given, with another key"
    assert await claim(town, town.bo, gift_id, instead=((shelf.spoon, 1),)) == first
    await all_is_well(town)


# afterwards ----------------------------------------------------------------------------------------------------------
async def test_it_is_shipped_received_and_settled_for_what_was_sold(town):
    shelf, gift_id, whole_id = await given(town)
    order_id = (await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))).order_id
    await channel_refunds(town, whole_id)
    await ship(town, order_id)
    await receive(town, town.bo, order_id)
    await worker_of(town.ground).drain()
    fee = 9_900 * town.ground.policy.platform_fee_ppm // 1_000_000
    found = await books(town)
    assert (found["shop"], found.get("fee", (0, 0))) == ((9_900 - fee, 0), (fee, 0))
    await all_is_well(town)


async def test_an_aftersale_pays_the_giver_what_was_chosen_and_no_more_than_was_paid_in_all(town):
    shelf, gift_id, whole_id = await given(town)
    order_id = (await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))).order_id
    case = await ask_for(town, town.bo, order_id)
    await answer(town, case.case_id)
    assert await channel_refunds(town, whole_id) == 2
    row = await town.ground.db.fetchrow(
        "SELECT captured_amount, refunded_amount FROM payment_intent WHERE order_id = $1", whole_id
    )
    assert tuple(row.values()) == (12_900, 12_900)
    assert await books(town) == {"clearing": (0, 0)} or "escrow" not in await books(town)
    assert await levels(town, town.red, shelf.bowl) == [(10, 0), (10, 0)]
    await all_is_well(town)


async def test_who_chose_something_else_asks_for_no_other_style_afterwards(town):
    shelf, gift_id, _ = await given(town)
    order_id = (await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))).order_id
    await refused(town, wish(town, town.bo, order_id, town.blue), swaps.SwapNotOffered, reason="chosen")


async def test_the_giver_s_ask_for_a_refund_is_about_what_was_chosen(town):
    shelf, gift_id, _ = await given(town)
    order_id = (await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1),))).order_id
    ask = AskForARefund(town.an, gift_id, REASONS[0])
    await ask_for_a_refund(town.ground, ask, town.key(town.an))
    said = await answer_a_refund_ask(town.ground, AnswerARefundAsk(town.bo, gift_id, agrees=True), town.key(town.bo))
    assert said.case_id is not None
    assert await town.ground.db.fetchval("SELECT order_id FROM aftersale_case WHERE id = $1", said.case_id) == order_id
    await all_is_well(town)


async def test_of_several_things_a_refund_is_the_recipients_to_ask(town):
    shelf, gift_id, _ = await given(town, "multiple")
    await claim(town, town.bo, gift_id, instead=((shelf.bowl, 1), (shelf.spoon, 1)))
    ask = AskForARefund(town.an, gift_id, REASONS[0])
    await refused(town, ask_for_a_refund(town.ground, ask, town.key(town.an)), RefundAskNotNow, reason="shares")


# who comes first ------------------------------------------------------------------------------------------------------
async def test_of_fifty_who_choose_at_once_one_has_it_and_nothing_is_held_twice(town):
    shelf = await fill(town)
    await offers(town)
    gift = await give_paid(town, town.an, None, town.red)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    crowd = await gather_a_crowd(town, RACERS)
    wanted = [(shelf.bowl, shelf.pot, shelf.spoon, None)[n % 4] for n in range(RACERS)]

    async def one(person: int, sku: int | None) -> Any:
        instead = ((sku, 1),) if sku else ()
        ask = ClaimAGift(person, town.addresses[person], token=token, instead=instead)
        return (await claim_gifts(town.ground, [(ask, town.key(person))]))[0]

    said = await asyncio.gather(*(one(*pair) for pair in zip(crowd, wanted, strict=True)))
    won = [answer for answer in said if isinstance(answer, Claimed)]
    assert len(won) == 1
    assert {type(answer) for answer in said if not isinstance(answer, Claimed)} == {gifts.GiftNotAvailable}
    held = [level[1] for level in await levels(town, town.red, shelf.bowl, shelf.pot, shelf.spoon)]
    assert sum(held) == 1
    await all_is_well(town)


async def test_of_fifty_gifts_for_the_last_piece_one_gets_it_and_the_others_may_choose_again(town):
    shelf = await fill(town)
    await offers(town)
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, RACERS)], "test", 4))
    crowd = await gather_a_crowd(town, RACERS)
    made = [await give_paid(town, town.an, None, town.red) for _ in crowd]
    tokens = [await gifts.link_token(town.ground.db, town.ground.keys, one.gift_id, town.an) for one in made]

    async def one(person: int, token: str | None) -> Any:
        ask = ClaimAGift(person, town.addresses[person], token=token, instead=((shelf.last, 1),))
        return (await claim_gifts(town.ground, [(ask, town.key(person))]))[0]

    said = await asyncio.gather(*(one(*pair) for pair in zip(crowd, tokens, strict=True)))
    assert sum(isinstance(answer, Claimed) for answer in said) == 1
    assert sum(isinstance(answer, stock.StockRanOut) for answer in said) == RACERS - 1
    assert await levels(town, shelf.last, town.red) == [(1, 1), (10 + RACERS, RACERS - 1)]
    late = next(n for n, answer in enumerate(said) if isinstance(answer, stock.StockRanOut))
    ask = ClaimAGift(crowd[late], town.addresses[crowd[late]], token=tokens[late], instead=((shelf.bowl, 1),))
    assert isinstance(raised((await claim_gifts(town.ground, [(ask, town.key(crowd[late]))]))[0]), Claimed)
    await all_is_well(town)


# what cannot be had ---------------------------------------------------------------------------------------------------
async def test_one_other_thing_is_one_of_it_and_not_what_was_given(town):
    shelf, gift_id, _ = await given(town)
    for wrong in (((shelf.spoon, 2),), ((shelf.spoon, 1), (shelf.bowl, 1)), ((town.red, 1),)):
        await refused(town, claim(town, town.bo, gift_id, instead=wrong), OtherNotWithin, reason="one")
    both = claim(town, town.bo, gift_id, instead=((shelf.spoon, 1),), sku_id=town.blue)
    await refused(town, both, FieldNotValid, field="instead", reason="with_style")


async def test_whatever_is_not_there_for_this_gift_is_answered_alike(town):
    shelf, gift_id, _ = await given(town)
    other = await open_second(town)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", shelf.pot)
    await town.ground.db.pool.execute(
        "UPDATE catalog_product SET giftable = false WHERE id = (SELECT product_id FROM catalog_sku WHERE id = $1)",
        shelf.spoon,
    )
    await town.ground.db.pool.execute("UPDATE catalog_sku SET price = 5 WHERE id = $1", town.ring)
    for sku in (shelf.pot, shelf.spoon, shelf.urn, town.ring, town.dear, other.tin, 1):
        await refused(town, claim(town, town.bo, gift_id, instead=((sku, 1),)), OtherNotWithin, reason="offer")


async def test_a_gift_keeps_the_rule_it_was_bought_under(town):
    shelf = await fill(town)
    before = await give_paid(town, town.an, town.bo, town.red)
    await offers(town)
    bowl = ((shelf.bowl, 1),)
    await refused(town, claim(town, town.bo, before.gift_id, instead=bowl), OtherNotOffered, reason="policy")
    after = await give_paid(town, town.an, town.bo, town.red)
    await offers(town, "disabled")
    await claim(town, town.bo, after.gift_id, instead=bowl)


async def test_shares_sets_surprises_engravings_and_vouchers_come_as_given(town):
    shelf = await fill(town)
    await offers(town)
    bowl = ((shelf.bowl, 1),)
    many = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, many.gift_id, town.an)
    await refused(town, claim(town, town.bo, None, token=token, instead=bowl), OtherNotOffered, reason="shares")
    couple = await give_set_paid(town, town.an, town.bo, (town.red, 1), (town.blue, 1))
    await refused(town, claim(town, town.bo, couple.gift_id, instead=bowl), OtherNotOffered, reason="set")
    hidden = await give_paid(town, town.an, town.bo, town.red, surprise="opened")
    await refused(town, claim(town, town.bo, hidden.gift_id, instead=bowl), OtherNotOffered, reason="surprise")
    terms = KeepEngravings(town.owner_id, town.shop_id, town.product_id, Terms(8, "any", takes_pictures=True))
    await keep_engravings(town.ground, terms, town.key(town.owner_id))
    marked = await give_paid(town, town.an, town.bo, town.red, engraving=Engraving("words", "平安"))
    await refused(town, claim(town, town.bo, marked.gift_id, instead=bowl), OtherNotOffered, reason="engraved")
    cafe = await open_cafe(town)
    voucher = await give_paid(town, town.an, town.bo, cafe.sku_id)
    asked = claim(town, town.bo, voucher.gift_id, instead=bowl, address_id=None)
    await refused(town, asked, OtherNotOffered, reason="voucher")
    wanted = claim(town, town.bo, couple.gift_id, instead=((cafe.sku_id, 1),))
    await refused(town, wanted, OtherNotOffered, reason="set")
    plain = await give_paid(town, town.an, town.bo, town.dear)
    await refused(town, claim(town, town.bo, plain.gift_id, instead=((cafe.sku_id, 1),)), OtherNotWithin)


async def test_what_several_paid_for_comes_as_given(town):
    shelf = await fill(town)
    await offers(town)
    gift = GiveAGift(town.an, town.red, town.bo, "birthday", "", 24, "")
    until = town.ground.clock.now() + timedelta(hours=5)
    fund = await start_a_fund(town.ground, StartAFund(gift, until, guest_ids=(town.cai,)), town.key(town.an))
    share = await put_in(town.ground, PutIn(town.an, fund.order_id, 12_900, "sandbox"), town.key(town.an))
    intent = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", share.contribution_id)
    await pay(town, intent, 12_900)
    asked = claim(town, town.bo, fund.gift_id, instead=((shelf.bowl, 1),))
    await refused(town, asked, OtherNotOffered, reason="together")
    await claim(town, town.bo, fund.gift_id)
    await all_is_well(town)
