"""Several things in one gift, of one shop or of several: paid once, claimed once, and each shop has its own order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from channel import FakeChannel
from counter import answer, ask_for, books, books_are_right, channel_refunds, order_state, receive, set_freight, ship
from counter_vouchers import open_cafe
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import one_after_the_other
from sets import BOX, CUP, FREIGHT, GOLD, TIN, Second, give_set, give_set_paid, held, open_second, parts_of, set_of
from town import STREET, Town, build_town, claim, give_paid, snapshot

from renqing.books import people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import OfferOver, TotalChanged
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared, give_a_gift
from renqing.journeys.keep_a_cart import PutInCart, put_in_carts
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.social import funds, gifts, peace
from renqing.social.gifts import (
    GiftNotAllowed,
    GiftNotAvailable,
    GiftNotKept,
    SetNotOffered,
    SetUndeliverable,
    StyleNotOffered,
)
from renqing.social.greeting_cards import GreetingCard
from renqing.trade import carts, orders, shipping
from renqing.trade.orders import OrderState, OrderUnknown


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
async def tea(town: Town) -> Second:
    return await open_second(town, fee=FREIGHT)


async def gift_state(town: Town, gift: GiftPrepared) -> int:
    return int(await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", gift.gift_id))


# several things of one shop ------------------------------------------------------------------------------------------
async def test_several_pieces_of_one_shop_are_one_gift_and_one_order(town: Town):
    await set_freight(town, FREIGHT)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 2), (town.dear, 1))
    assert gift.total == 2 * CUP + GOLD + FREIGHT, "one parcel, one freight"
    assert await held(town, town.red, town.dear) == [2, 1]
    claimed = await claim(town, town.bo, gift.gift_id)
    assert claimed.order_id == gift.order_id
    assert await order_state(town, gift.order_id) == OrderState.TO_SHIP
    await ship(town, gift.order_id)
    await receive(town, town.bo, gift.order_id)
    assert await stock.levels(town.ground.db, [town.red, town.dear]) == {town.red: (8, 0), town.dear: (9, 0)}
    fee = gift.total * 5 // 100
    assert await books(town) == {"clearing": (-gift.total, 0), "fee": (fee, 0), "shop": (gift.total - fee, 0)}
    await books_are_right(town.ground)


async def test_two_of_the_same_are_a_set_too(town: Town):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 3))
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    assert await held(town, town.red) == [0]
    assert await channel_refunds(town, gift.order_id) == 1
    assert await books(town) == {}
    await books_are_right(town.ground)


async def test_one_line_of_one_piece_is_a_gift_as_any_other(town: Town):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1))
    await claim(town, town.bo, gift.gift_id, sku_id=town.blue)
    (line,) = await orders.lines(town.ground.db, gift.order_id)
    assert line.sku_id == town.blue
    await books_are_right(town.ground)


# a set across shops --------------------------------------------------------------------------------------------------
async def a_set(town: Town, tea: Second, **asked: Any) -> GiftPrepared:
    """A cup, two tins and a golden cup, mixed as they were put together."""
    return await give_set_paid(town, town.an, town.bo, (town.red, 1), (tea.tin, 2), (town.dear, 1), **asked)


async def test_a_set_of_two_shops_is_paid_once_and_becomes_an_order_of_each(town: Town, tea: Second):
    gift = await a_set(town, tea)
    assert gift.total == CUP + GOLD + 2 * TIN + FREIGHT
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_intent") == 1
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 1, (
        "no shop has anything before the claim"
    )
    claimed = await claim(town, town.bo, gift.gift_id)
    cups, leaves = await parts_of(town, gift)
    assert claimed.order_id == cups.part_id
    assert await order_state(town, gift.order_id) == OrderState.DIVIDED
    rows = await town.ground.db.fetch(
        "SELECT id, shop_id, owner_id, state, total_amount, ship_from FROM order_order WHERE part_of = $1 ORDER BY id",
        gift.order_id,
    )
    now = town.ground.clock.now()
    assert [tuple(row.values()) for row in rows] == [
        (cups.part_id, town.shop_id, town.bo, 20, CUP + GOLD, now),
        (leaves.part_id, tea.shop_id, town.bo, 20, 2 * TIN + FREIGHT, now),
    ]
    lines = await orders.lines_of(town.ground.db, [cups.part_id, leaves.part_id])
    assert [(line.n, line.sku_id, line.quantity) for line in lines[cups.part_id]] == [
        (1, town.red, 1),
        (2, town.dear, 1),
    ]
    assert [(line.n, line.sku_id, line.quantity) for line in lines[leaves.part_id]] == [(1, tea.tin, 2)]
    for part in (cups, leaves):
        there = await orders.destination(town.ground.db, town.ground.keys, part.part_id)
        assert there is not None
        assert there.region_code == STREET
    await books_are_right(town.ground)


async def test_each_shop_ships_and_is_settled_by_itself_to_the_fen(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await claim(town, town.bo, gift.gift_id)
    cups, leaves = await parts_of(town, gift)
    await ship(town, cups.part_id)
    await receive(town, town.bo, cups.part_id)
    foreign = ShipOrder(town.owner_id, leaves.part_id, "SF", "SF90001", None)
    await refused(town, ship_an_order(town.ground, foreign, town.key(town.owner_id)), OrderUnknown)
    own = ShipOrder(tea.owner_id, leaves.part_id, "SF", "SF90002", None)
    await ship_an_order(town.ground, own, town.key(tea.owner_id))
    await receive(town, town.bo, leaves.part_id)
    paid = await town.ground.db.fetch(
        "SELECT owner_id, balance FROM ledger_account WHERE owner_kind = 'shop' ORDER BY owner_id"
    )
    shares = {town.shop_id: CUP + GOLD, tea.shop_id: 2 * TIN + FREIGHT}
    assert [tuple(row.values()) for row in paid] == [
        (shop, due - due * 5 // 100) for shop, due in sorted(shares.items())
    ]
    assert (await books(town))["fee"] == (sum(due * 5 // 100 for due in shares.values()), 0)
    assert await stock.levels(town.ground.db, [town.red, town.dear, tea.tin]) == {
        town.red: (9, 0),
        town.dear: (9, 0),
        tea.tin: (8, 0),
    }
    await books_are_right(town.ground)


async def test_an_aftersale_of_one_shop_leaves_the_other_alone_and_pays_the_giver(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await claim(town, town.bo, gift.gift_id)
    cups, leaves = await parts_of(town, gift)
    case = await ask_for(town, town.bo, cups.part_id)
    await answer(town, case.case_id)
    assert await channel_refunds(town, gift.order_id) == 1
    assert await town.ground.db.fetchval("SELECT sum(amount) FROM payment_refund") == CUP
    assert await order_state(town, cups.part_id) == OrderState.TO_SHIP
    assert await order_state(town, leaves.part_id) == OrderState.TO_SHIP
    assert await held(town, town.red, town.dear, tea.tin) == [0, 1, 2]
    await books_are_right(town.ground)


async def test_each_product_of_a_set_counts_as_given_once(town: Town, tea: Second):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 2), (town.dear, 1), (tea.tin, 2))
    await claim(town, town.bo, gift.gift_id)
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT giver_id, times FROM peace_given ORDER BY product_id")
    assert [tuple(row.values()) for row in rows] == [(town.an, 1), (town.an, 1)], "a cup in two styles, and the tea"


async def test_sets_and_plain_gifts_that_are_claimed_at_once_become_each_what_they_are(town: Town, tea: Second):
    both = await give_set_paid(town, town.an, town.bo, (town.red, 1), (tea.tin, 1))
    plain = await give_paid(town, town.an, town.cai, town.red)
    asks = [
        (ClaimAGift(who, town.addresses[who], gift_id=gift_id), town.key(who))
        for who, gift_id in ((town.bo, both.gift_id), (town.cai, plain.gift_id))
    ]
    said = await claim_gifts(town.ground, asks)
    assert all(isinstance(one, Claimed) for one in said), said
    rows = await town.ground.db.fetch("SELECT owner_id, count(*) AS n FROM order_order WHERE state = 20 GROUP BY 1")
    assert {row["owner_id"]: row["n"] for row in rows} == {town.bo: 2, town.cai: 1}
    await books_are_right(town.ground)


async def test_claiming_again_gives_the_same_answer(town: Town, tea: Second):
    gift = await a_set(town, tea)
    first = await claim(town, town.bo, gift.gift_id)
    assert await claim(town, town.bo, gift.gift_id) == first
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order WHERE part_of IS NOT NULL") == 2


async def test_a_set_for_a_group_goes_whole_to_who_comes_first(town: Town, tea: Second):
    await gather_a_crowd(town, 1)
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "我们", [town.bo, town.cai]))
    gift = await give_set_paid(town, town.an, None, (town.red, 1), (tea.tin, 1), group_id=group.id)
    await claim(town, town.cai, gift.gift_id)
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    await books_are_right(town.ground)


# it goes back whole --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["refused", "withdrawn", "expired"])
async def test_however_it_ends_everything_goes_back_as_one_refund(town: Town, tea: Second, how: str):
    gift = await a_set(town, tea)
    channel = FakeChannel()
    if how == "refused":
        ask = RefuseAGift(town.bo, "too_much", gift_id=gift.gift_id)
        await refuse_a_gift(town.ground, ask, town.key(town.bo))
    elif how == "withdrawn":
        ended = await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
        assert ended.refund == gift.total
    else:
        town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    await worker_of(town.ground, channel).drain()
    assert [ask.amount for ask in channel.refunds.values()] == [gift.total]
    assert await held(town, town.red, town.dear, tea.tin) == [0, 0, 0]
    assert await order_state(town, gift.order_id) == OrderState.CLOSED
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 1
    assert await books(town) == {}
    await books_are_right(town.ground)


async def test_unpaid_it_frees_every_shops_stock(town: Town, tea: Second):
    await give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 2))
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    await worker_of(town.ground, FakeChannel()).drain()
    assert await held(town, town.red, tea.tin) == [0, 0]
    await books_are_right(town.ground)


@pytest.mark.parametrize("claim_first", [True, False])
async def test_of_a_claim_and_a_refusal_of_a_set_the_first_wins_whole(town: Town, tea: Second, claim_first: bool):  # noqa: FBT001
    gift = await a_set(town, tea)
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id)
    no = RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id)
    deeds = [
        lambda: claim(town, town.bo, gift.gift_id),
        lambda: refuse_a_gift(town.ground, no, town.key(town.bo)),
    ]
    first, second = deeds if claim_first else reversed(deeds)
    answers = await one_after_the_other(town.ground.db, lock, first, second)
    assert isinstance(answers[1], GiftNotAvailable)
    assert isinstance(answers[0], Claimed) is claim_first
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == (3 if claim_first else 1)
    await books_are_right(town.ground)


async def test_a_claim_at_its_deadline_gets_nothing_of_any_shop_and_one_before_gets_all(town: Town, tea: Second):
    late, early = await a_set(town, tea), await a_set(town, tea)
    town.ground.clock.move(timedelta(hours=24) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    await claim(town, town.bo, early.gift_id)
    town.ground.clock.move(timedelta(microseconds=1))  # type: ignore[attr-defined]
    await refused(town, claim(town, town.bo, late.gift_id), GiftNotAvailable)
    await worker_of(town.ground, FakeChannel()).drain()
    assert await held(town, town.red, tea.tin) == [1, 2]
    await books_are_right(town.ground)


async def test_the_deadline_and_a_claim_race_to_one_winner(town: Town, tea: Second):
    gift = await a_set(town, tea)
    town.ground.clock.move(timedelta(hours=24) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id)

    async def its_time_is_over() -> None:
        town.ground.clock.move(timedelta(microseconds=1))  # type: ignore[attr-defined]
        await worker_of(town.ground, FakeChannel()).drain()

    answers = await one_after_the_other(
        town.ground.db, lock, lambda: claim(town, town.bo, gift.gift_id), its_time_is_over
    )
    assert isinstance(answers[0], Claimed)
    assert await gift_state(town, gift) == 20
    await books_are_right(town.ground)


async def test_of_fifty_with_one_link_one_has_the_whole_set(town: Town, tea: Second):
    gift = await give_set_paid(town, town.an, None, (town.red, 1), (tea.tin, 1))
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    crowd = await gather_a_crowd(town, 50)
    won = []
    for person in crowd:
        try:
            won.append(await claim(town, person, None, token=token))
        except GiftNotAvailable:
            continue
    assert len(won) == 1
    owners = await town.ground.db.fetch("SELECT DISTINCT owner_id FROM order_order WHERE part_of = $1", gift.order_id)
    assert len(owners) == 1
    await books_are_right(town.ground)


# what is refused, and that nothing moved then -------------------------------------------------------------------------
async def test_where_one_shop_does_not_deliver_nothing_moves_and_the_shop_is_named(town: Town, tea: Second):
    gift = await a_set(town, tea)
    no_tea = shipping.Rate(region_code=330000, fee=0, delivers=False)
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, tea.shop_id, no_tea))
    await refused(town, claim(town, town.bo, gift.gift_id), SetUndeliverable, shop_en="Cloud Tea")
    far = claim(town, town.bo, gift.gift_id, address_id=town.far_address)
    await refused(town, far, SetUndeliverable, shop_en="Camellia")
    await town.ground.db.run(lambda tx: shipping.remove_rate(tx, tea.shop_id, 330000))
    await claim(town, town.bo, gift.gift_id)
    await books_are_right(town.ground)


async def test_stock_is_held_for_all_of_it_or_for_nothing(town: Town, tea: Second):
    short = give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 11))
    await refused(town, short, StockRanOut)
    assert await held(town, town.red, tea.tin) == [0, 0]


async def test_a_giver_takes_a_set_back_and_does_not_keep_it(town: Town, tea: Second):
    gift = await a_set(town, tea)
    town.ground.clock.move(timedelta(minutes=3))  # type: ignore[attr-defined]
    keeping = keep_my_gift(town.ground, KeepMyGift(town.an, gift.gift_id, town.addresses[town.an]), town.key(town.an))
    await refused(town, keeping, GiftNotKept, reason="set")


async def test_what_is_in_a_set_comes_as_given(town: Town, tea: Second):
    gift = await a_set(town, tea)
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.blue), StyleNotOffered)
    pair = await give_set_paid(town, town.an, town.bo, (town.red, 2))
    await refused(town, claim(town, town.bo, pair.gift_id, sku_id=town.blue), StyleNotOffered)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"shares": 2, "recipient_id": None}, "shares"),
        ({"draw": DrawAsked, "recipient_id": None}, "shares"),
        ({"tiers": True, "recipient_id": None}, "shares"),
        ({"channel": funds.FUND}, "together"),
    ],
)
async def test_a_set_is_neither_divided_nor_drawn_nor_given_together(
    town: Town, tea: Second, asked: dict[str, Any], reason: str
):
    if "draw" in asked:
        asked = {**asked, "draw": DrawAsked(town.ground.clock.now() + timedelta(hours=1))}
    if "tiers" in asked:
        asked = {**asked, "tiers": ((town.red, 1),)}
    recipient_id = asked.pop("recipient_id", town.bo)
    ask = set_of(town.an, recipient_id, (town.red, 1), (tea.tin, 1), **asked)
    await refused(town, give_a_gift(town.ground, ask, town.key(town.an)), SetNotOffered, reason=reason)


async def test_every_line_may_be_given_by_its_own_shop(town: Town, tea: Second):
    await refused(town, give_set(town, town.an, town.bo, (tea.tin, 1), (town.ring, 1)), GiftNotAllowed)
    await town.ground.db.pool.execute("UPDATE people_shop SET gifts_allowed = false WHERE id = $1", tea.shop_id)
    await refused(town, give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1)), GiftNotAllowed, reason="shop")


async def test_a_card_of_paper_goes_with_a_set_of_one_shop_and_with_no_other(town: Town, tea: Second):
    await town.ground.db.pool.execute("UPDATE people_shop SET writes_cards = true")
    card = GreetingCard("小博", "安", "生日快乐")
    both = give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1), card=card)
    await refused(town, both, FieldNotValid, reason="several_shops")
    await give_set(town, town.an, town.bo, (town.red, 2), card=card)


async def test_lines_that_make_no_set_are_refused(town: Town, tea: Second):
    for lines in (((town.red, 1), (town.red, 1)), ((town.red, 0),), ((town.red, 1000),), ((town.red, 1), (1, 1))):
        kind = OfferOver if lines[-1][0] == 1 else FieldNotValid
        await refused(town, give_set(town, town.an, town.bo, *lines), kind)
    other_first = set_of(town.an, town.bo, (town.red, 1), (tea.tin, 1))
    ask = msgspec.structs.replace(other_first, sku_id=tea.tin)
    await refused(town, give_a_gift(town.ground, ask, town.key(town.an)), FieldNotValid, reason="first")
    changed = give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1), expected_total=CUP + TIN)
    await refused(town, changed, TotalChanged, total=CUP + TIN + FREIGHT)


async def test_a_line_that_went_off_sale_refuses_all_of_it(town: Town, tea: Second):
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", tea.tin)
    await refused(town, give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1)), OfferOver)


async def test_what_somebody_takes_at_most_counts_for_all_that_is_in_it(town: Town, tea: Second):
    rule = msgspec.structs.replace(peace.DEFAULT_RULE, gift_price_max=CUP + TIN)
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.bo, rule))
    await give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1))
    await refused(town, give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 2)), peace.GiftTooDear)


async def test_all_that_is_in_it_counts_for_whom_it_goes_on_to_as_well(town: Town, tea: Second):
    rule = msgspec.structs.replace(peace.DEFAULT_RULE, gift_price_max=CUP)
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.cai, rule))
    gift = await a_set(town, tea)
    moved = ReaddressAGift(town.an, gift.gift_id, recipient_id=town.cai)
    await refused(town, readdress_a_gift(town.ground, moved, town.key(town.an)), peace.GiftTooDear)
    onward = PassAGiftOn(town.bo, "kind_thought", gift_id=gift.gift_id, friend_id=town.cai)
    await refused(town, pass_a_gift_on(town.ground, onward, town.key(town.bo)), peace.GiftTooDear)


# from the cart -------------------------------------------------------------------------------------------------------
async def test_what_is_given_from_the_cart_leaves_it_exactly_or_not_at_all(town: Town, tea: Second):
    for sku, pieces in ((town.red, 1), (tea.tin, 2), (town.dear, 1)):
        await put_in_carts(town.ground, [(PutInCart(town.an, sku, pieces), town.key(town.an))])
    await refused(
        town, give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1), from_cart=True), carts.CartChanged
    )
    await give_set_paid(town, town.an, town.bo, (town.red, 1), (tea.tin, 2), from_cart=True)
    left = await town.ground.db.fetch("SELECT sku_id, quantity FROM cart_line")
    assert [tuple(row.values()) for row in left] == [(town.dear, 1)]
    await books_are_right(town.ground)


async def test_freight_of_each_shop_is_by_what_it_sends(town: Town):
    tea = await open_second(town, fee=FREIGHT, free_from=2 * TIN)
    assert (await give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1))).total == CUP + TIN + FREIGHT
    assert (await give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 2))).total == CUP + 2 * TIN
    parts = await parts_of(town, await give_set(town, town.an, town.bo, (tea.box, 1), (town.red, 1)))
    assert [(part.goods_amount, part.freight_amount) for part in parts] == [(BOX, FREIGHT), (CUP, 0)]


# the law in the database ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE order_order SET state = 20 WHERE shop_id IS NULL",
        "UPDATE order_order SET owner_id = payer_id WHERE shop_id IS NULL",
        "UPDATE order_section SET shop_id = 1",
        "DELETE FROM order_section",
        "UPDATE gift_gift SET shares = 2",
    ],
)
async def test_the_database_refuses_what_no_set_may_do(town: Town, tea: Second, deed: str):
    await a_set(town, tea)
    before = await snapshot(town.ground)
    with pytest.raises(asyncpg.PostgresError):
        await town.ground.db.pool.execute(deed)
    assert await snapshot(town.ground) == before


async def test_no_voucher_and_no_second_currency_is_in_a_set(town: Town, tea: Second):
    cafe = await open_cafe(town)
    await refused(
        town, give_set(town, town.an, town.bo, (town.red, 1), (cafe.sku_id, 1)), SetNotOffered, reason="vouchers"
    )
    await town.ground.db.pool.execute(
        "UPDATE catalog_product SET currency = 'USD' WHERE id = (SELECT product_id FROM catalog_sku WHERE id = $1)",
        tea.tin,
    )
    await refused(town, give_set(town, town.an, town.bo, (town.red, 1), (tea.tin, 1)), SetNotOffered, reason="currency")
