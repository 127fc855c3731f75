"""Another style of what is in a set, of one shop or of several: chosen with the claim, at the price of when it came."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from counter import answer, ask_for, books, books_are_right, receive, ship
from crowd import gather_a_crowd, refused
from interleaving import holding, until_blocked
from sets import CUP, FREIGHT, GOLD, TIN, Second, give_set_paid, held, open_second, parts_of
from town import Town, build_town, claim, give_paid, raised

from renqing.books import stock
from renqing.books.stock import StockRanOut
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.foundation.ground import Ground
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.social import gifts
from renqing.social.gifts import Choice, GiftNotAvailable, StyleNotOffered
from renqing.trade import orders
from renqing.views.gift_page import GiverPage, KeptGift, OpenGift, gift_page


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
async def tea(town: Town) -> Second:
    return await open_second(town, fee=FREIGHT)


async def lines_of(town: Town, order_id: int) -> list[tuple[int, int, list[str], int]]:
    """Style, pieces, what it is called and what it costs, of each line."""
    return [
        (line.sku_id, line.quantity, line.specs, line.amount) for line in await orders.lines(town.ground.db, order_id)
    ]


async def price(town: Town, sku_id: int, amount: int) -> None:
    """What it costs from now on."""
    sql = "UPDATE catalog_sku SET price = $2, original_price = $2 WHERE id = $1"
    await town.ground.db.pool.execute(sql, sku_id, amount)


async def lose(town: Town, pieces: int, *skus: int) -> None:
    """So many pieces of each are gone from the shelf."""
    for sku in skus:
        await town.ground.db.run(lambda tx, sku=sku: stock.write_off(tx, sku, pieces, "test", 9))


async def a_set(town: Town, tea: Second, **asked: Any) -> GiftPrepared:
    """Two cups, three tins and a golden cup."""
    return await give_set_paid(town, town.an, town.bo, (town.red, 2), (tea.tin, 3), (town.dear, 1), **asked)


# what holds --------------------------------------------------------------------------------------------------------
async def test_of_several_things_of_one_shop_one_is_taken_in_another_style(town: Town):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 2), (town.dear, 1))
    claimed = await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),))
    assert claimed.order_id == gift.order_id
    assert await lines_of(town, gift.order_id) == [(town.blue, 2, ["蓝"], 2 * CUP), (town.dear, 1, ["金"], GOLD)]
    assert await held(town, town.red, town.blue, town.dear) == [0, 2, 1]
    await ship(town, gift.order_id)
    await receive(town, town.bo, gift.order_id)
    assert await stock.levels(town.ground.db, [town.red, town.blue]) == {town.red: (10, 0), town.blue: (8, 0)}
    fee = gift.total * 5 // 100
    assert await books(town) == {"clearing": (-gift.total, 0), "fee": (fee, 0), "shop": (gift.total - fee, 0)}
    await books_are_right(town.ground)


async def test_of_a_set_across_shops_each_shops_order_has_the_style_that_was_taken(town: Town, tea: Second):
    gift = await a_set(town, tea)
    styles = ((town.red, town.blue), (tea.tin, tea.jar))
    claimed = await claim(town, town.bo, gift.gift_id, styles=styles)
    cups, leaves = await parts_of(town, gift)
    assert claimed.order_id == cups.part_id
    assert await lines_of(town, cups.part_id) == [(town.blue, 2, ["蓝"], 2 * CUP), (town.dear, 1, ["金"], GOLD)]
    assert await lines_of(town, leaves.part_id) == [(tea.jar, 3, ["瓶"], 3 * TIN)]
    assert await held(town, town.red, town.blue, tea.tin, tea.jar) == [0, 2, 0, 3]
    await books_are_right(town.ground)
    await ship(town, cups.part_id)
    await ship_an_order(
        town.ground, ShipOrder(tea.owner_id, leaves.part_id, "SF", "SF90002", None), town.key(tea.owner_id)
    )
    assert await stock.levels(town.ground.db, [town.blue, tea.jar]) == {town.blue: (8, 0), tea.jar: (7, 0)}
    await books_are_right(town.ground)


async def test_an_aftersale_of_a_taken_style_pays_back_what_was_paid_whatever_it_costs_now(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await price(town, tea.jar, 9_900)
    await claim(town, town.bo, gift.gift_id, styles=((tea.tin, tea.jar),))
    _, leaves = await parts_of(town, gift)
    case = await ask_for(town, town.bo, leaves.part_id, quantity=1)
    await answer(town, case.case_id, staff_id=tea.owner_id)
    assert await town.ground.db.fetchval("SELECT sum(amount) FROM payment_refund") == TIN
    assert await held(town, tea.tin, tea.jar) == [0, 2]
    await books_are_right(town.ground)


async def test_what_is_told_of_it_names_each_thing_to_the_platform_and_none_to_the_giver(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await claim(town, town.bo, gift.gift_id, styles=((tea.tin, tea.jar), (town.red, town.blue)))
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'GiftStyleTaken' ORDER BY id")
    told = [(row["payload"]["given_sku_id"], row["payload"]["sku_id"]) for row in rows]
    assert told == [(tea.tin, tea.jar), (town.red, town.blue)]
    (fact,) = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'GiftClaimed'")
    assert fact["payload"]["another_style"] is True
    assert not any(str(sku) in str(fact["payload"]) for sku in (town.blue, tea.jar)), "that, and not which"


async def test_its_recipient_sees_what_they_took_and_its_giver_what_they_gave(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await town.ground.db.pool.execute("UPDATE gift_gift SET opened_at = $1", town.ground.clock.now())
    open_page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(open_page, OpenGift)
    offered = [(thing.n, thing.sku_id, [style.sku_id for style in thing.styles]) for thing in open_page.set_styles]
    assert offered == [(1, town.red, [town.red, town.blue]), (3, tea.tin, [tea.tin, tea.jar])], "gold has no other"
    await claim(town, town.bo, gift.gift_id, styles=((tea.tin, tea.jar), (town.red, town.blue)))
    kept = await gift_page(town.ground, town.bo, gift.gift_id)
    given = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(kept, KeptGift)
    assert isinstance(given, GiverPage)
    specs = [[line.goods.specs for part in page.parts for line in part.lines] for page in (kept, given)]
    assert specs == [[["蓝"], ["金"], ["瓶"]], [["红"], ["金"], ["罐"]]]


async def test_two_things_that_change_places_need_no_more_than_there_was(town: Town):
    await lose(town, 9, town.red, town.blue)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (town.blue, 1))
    await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue), (town.blue, town.red)))
    assert [sku for sku, *_ in await lines_of(town, gift.order_id)] == [town.blue, town.red]
    assert await held(town, town.red, town.blue) == [1, 1]
    await ship(town, gift.order_id)
    assert await held(town, town.red, town.blue) == [0, 0]


async def test_a_thing_may_be_taken_as_another_that_is_in_the_set_already(town: Town, tea: Second):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (town.blue, 2), (tea.tin, 1))
    await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),))
    cups, _ = await parts_of(town, gift)
    assert [(sku, pieces) for sku, pieces, *_ in await lines_of(town, cups.part_id)] == [(town.blue, 1), (town.blue, 2)]
    assert await held(town, town.red, town.blue) == [0, 3]
    await books_are_right(town.ground)
    await ship(town, cups.part_id, ((1, 1),))
    await books_are_right(town.ground)
    await ship(town, cups.part_id, ((2, 2),))
    assert await held(town, town.blue) == [0]
    await books_are_right(town.ground)


async def test_what_cost_as_much_then_may_be_taken_whatever_it_costs_by_now(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await price(town, town.blue, 14_900)
    await price(town, town.dear, CUP)
    await refused(town, claim(town, town.bo, gift.gift_id, styles=((town.red, town.dear),)), StyleNotOffered)
    await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),))
    cups, _ = await parts_of(town, gift)
    assert (await lines_of(town, cups.part_id))[0] == (town.blue, 2, ["蓝"], 2 * CUP)


async def test_the_same_style_as_given_is_no_choice_and_told_to_nobody(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await claim(town, town.bo, gift.gift_id, styles=((town.red, town.red),))
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'GiftStyleTaken'") == 0


async def test_a_gift_of_one_thing_is_asked_for_in_the_same_words(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, claim(town, town.bo, gift.gift_id, styles=((town.dear, town.blue),)), StyleNotOffered)
    await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),))
    assert [sku for sku, *_ in await lines_of(town, gift.order_id)] == [town.blue]


async def test_claiming_again_answers_as_before_whatever_style_is_named_then(town: Town, tea: Second):
    gift = await a_set(town, tea)
    first = await claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),))
    assert await claim(town, town.bo, gift.gift_id, styles=((tea.tin, tea.jar),)) == first
    assert await held(town, tea.tin, tea.jar) == [3, 0]


# what is refused, and that nothing moved then -----------------------------------------------------------------------
async def test_no_style_of_another_price_thing_or_shop_is_taken(town: Town, tea: Second):
    gift = await a_set(town, tea)
    for given, wanted in (
        (town.red, town.dear),  # another price
        (tea.tin, tea.box),
        (town.red, tea.tin),  # another shop's, at whatever price
        (town.red, town.ring),  # another product
        (town.blue, town.red),  # not in the set
        (town.red, 12345),  # nothing at all
    ):
        await refused(town, claim(town, town.bo, gift.gift_id, styles=((given, wanted),)), StyleNotOffered)
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.blue), StyleNotOffered)
    one_wrong = ((town.red, town.blue), (tea.tin, tea.box))
    await refused(town, claim(town, town.bo, gift.gift_id, styles=one_wrong), StyleNotOffered)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.blue)
    await refused(town, claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),)), StyleNotOffered)
    await claim(town, town.bo, gift.gift_id)


async def test_a_style_that_sold_out_between_leaves_all_of_it_to_be_claimed_as_given(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await lose(town, 8, tea.jar)
    both = ((town.red, town.blue), (tea.tin, tea.jar))
    await refused(town, claim(town, town.bo, gift.gift_id, styles=both), StockRanOut, sku_id=tea.jar)
    page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert not isinstance(page, KeptGift)
    await claim(town, town.bo, gift.gift_id)
    assert await held(town, town.red, town.blue, tea.tin, tea.jar) == [2, 0, 3, 0]
    await books_are_right(town.ground)


async def test_a_thing_is_named_once_and_only_one_way(town: Town, tea: Second):
    gift = await a_set(town, tea)
    twice = claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue), (town.red, town.red)))
    await refused(town, twice, FieldNotValid, field="styles", reason="twice")
    ways = claim(town, town.bo, gift.gift_id, sku_id=town.red, styles=((town.red, town.blue),))
    await refused(town, ways, FieldNotValid, field="styles", reason="with_style")
    other = claim(town, town.bo, gift.gift_id, instead=((town.blue, 1),), styles=((town.red, town.blue),))
    await refused(town, other, FieldNotValid, field="instead", reason="with_style")


@pytest.mark.parametrize("whose", ["the gift's", "the shop's"])
async def test_where_a_policy_lets_nobody_choose_all_comes_as_given(town: Town, tea: Second, whose: str):
    as_given, free = Choice("house", GiftPolicyChanges(gift_style="as_given")), Choice("house")
    chosen = {0: as_given, town.shop_id: free} if whose == "the gift's" else {town.shop_id: as_given}
    for shop, choice in chosen.items():
        await town.ground.db.run(lambda tx, shop=shop, choice=choice: gifts.choose_policy(tx, shop, choice))
    gift = await a_set(town, tea)
    await refused(town, claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),)), StyleNotOffered)
    tins = claim(town, town.bo, gift.gift_id, styles=((tea.tin, tea.jar),))
    if whose == "the gift's":
        await refused(town, tins, StyleNotOffered)
    else:
        await tins


async def test_a_set_from_before_styles_were_kept_comes_as_given(town: Town, tea: Second):
    gift = await a_set(town, tea)
    async with town.ground.db.transaction() as tx:
        await tx.execute("ALTER TABLE gift_set_thing DISABLE TRIGGER append_only")
        await tx.execute("DELETE FROM gift_set_thing")
        await tx.execute("ALTER TABLE gift_set_thing ENABLE TRIGGER append_only")
    await refused(town, claim(town, town.bo, gift.gift_id, styles=((town.red, town.blue),)), StyleNotOffered)
    await claim(town, town.bo, gift.gift_id)
    await books_are_right(town.ground)


async def test_shares_and_surprises_come_as_given(town: Town, tea: Second):
    shared = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.an)
    of_many = claim(town, town.bo, None, token=token, styles=((town.red, town.blue),))
    await refused(town, of_many, StyleNotOffered)
    hidden = await a_set(town, tea, surprise="delivered")
    await refused(town, claim(town, town.bo, hidden.gift_id, styles=((town.red, town.blue),)), StyleNotOffered)


async def test_what_a_set_was_given_as_never_changes(town: Town, tea: Second):
    await a_set(town, tea)
    for deed in ("UPDATE gift_set_thing SET equal_skus = '{}'", "DELETE FROM gift_set_thing"):
        with pytest.raises(asyncpg.PostgresError, match="append"):
            await town.ground.db.pool.execute(deed)


# races --------------------------------------------------------------------------------------------------------------
async def test_of_fifty_sets_and_ten_of_the_other_style_ten_are_taken_so_and_the_rest_keep_what_they_were(
    town: Town, tea: Second
):
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 40), (tea.tin, 40)], "test", 9))
    crowd = await gather_a_crowd(town, 50)
    asks = []
    for person in crowd:
        gift = await give_set_paid(town, town.an, None, (town.red, 1), (tea.tin, 1))
        token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
        ask = ClaimAGift(person, town.addresses[person], token=token, styles=((town.red, town.blue),))
        asks.append((ask, town.key(person)))
    batches = [asks[at::5] for at in range(5)]
    answers = [
        one for said in await asyncio.gather(*(claim_gifts(town.ground, one) for one in batches)) for one in said
    ]
    assert sum(isinstance(one, Claimed) for one in answers) == 10
    assert sum(isinstance(one, StockRanOut) for one in answers) == 40
    assert await held(town, town.red, town.blue) == [40, 10]
    await books_are_right(town.ground)


async def test_of_fifty_with_one_link_one_has_the_set_and_the_style_of_their_choice(town: Town, tea: Second):
    gift = await give_set_paid(town, town.an, None, (town.red, 1), (tea.tin, 1))
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    crowd = await gather_a_crowd(town, 50)
    asks = []
    for n, person in enumerate(crowd):
        styles = ((town.red, town.blue),) if n % 2 else ((tea.tin, tea.jar),)
        asks.append((ClaimAGift(person, town.addresses[person], token=token, styles=styles), town.key(person)))
    said = await asyncio.gather(*(claim_gifts(town.ground, [one]) for one in asks))
    answers = [one for (one,) in said]
    (winner,) = [crowd[n] for n, one in enumerate(answers) if isinstance(one, Claimed)]
    assert all(isinstance(one, Claimed | GiftNotAvailable) for one in answers)
    took_blue = crowd.index(winner) % 2 == 1
    assert await held(town, town.red, town.blue, tea.tin, tea.jar) == ([0, 1, 1, 0] if took_blue else [1, 0, 0, 1])
    await books_are_right(town.ground)


async def test_sets_that_take_styles_crosswise_never_block_each_other_in_a_circle(town: Town, tea: Second):
    batches = []
    for first, second in ((town.red, town.blue), (town.blue, town.red)):
        gift = await give_set_paid(town, town.an, town.bo, (first, 1), (tea.tin, 1))
        styles = ((first, second), (tea.tin, tea.jar))
        ask = ClaimAGift(town.bo, town.addresses[town.bo], gift_id=gift.gift_id, styles=styles)
        batches.append([(ask, town.key(town.bo))])
    async with holding(town.ground.db, "SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red):
        running = [asyncio.ensure_future(claim_gifts(town.ground, asks)) for asks in batches]
        await until_blocked(town.ground.db, 2)
    for answers in await asyncio.gather(*running):
        assert isinstance(raised(answers[0]), Claimed)
    assert await held(town, town.red, town.blue, tea.tin, tea.jar) == [1, 1, 0, 2]
    await books_are_right(town.ground)


async def test_a_refusal_and_a_claim_in_another_style_have_one_winner_and_nothing_stays_held(town: Town, tea: Second):
    gift = await a_set(town, tea)
    ask = ClaimAGift(town.bo, town.addresses[town.bo], gift_id=gift.gift_id, styles=((town.red, town.blue),))
    no = refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    claims, refusal = await asyncio.gather(
        claim_gifts(town.ground, [(ask, town.key(town.bo))]), no, return_exceptions=True
    )
    assert isinstance(claims, list)
    if isinstance(refusal, Exception):
        assert isinstance(claims[0], Claimed)
        assert await held(town, town.red, town.blue) == [0, 2]
    else:
        assert isinstance(claims[0], GiftNotAvailable)
        assert await held(town, town.red, town.blue) == [0, 0]
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    await books_are_right(town.ground)
