"""A cart is kept, looked at as things stand today, and ordered once however many devices try."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from crowd import gather_a_crowd, refused
from interleaving import one_after_the_other
from town import Town, build_town, raised, snapshot

from renqing.books import catalog, people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.batcher import Batcher
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyReused, Once
from renqing.journeys.check_out import CheckOut, OfferOver, Placed, check_out
from renqing.journeys.keep_a_cart import (
    CartLeft,
    ChangeCart,
    PutInCart,
    TakeOut,
    change_my_cart,
    put_in_carts,
    take_out_of_my_cart,
)
from renqing.trade.carts import LINES_MAX, CartChanged, CartFull, CartLineUnknown, InCart, TooManyPieces
from renqing.views.cart_page import cart_order_page, cart_page, lines_in_cart
from renqing.views.check import check

LOCK = ("SELECT pg_advisory_xact_lock(hashtextextended('cart:' || $1::bigint, 7))",)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def put(town: Town, person_id: int, sku_id: int, quantity: int = 1, once: Once | None = None) -> InCart:
    ask = PutInCart(person_id, sku_id, quantity)
    stands: InCart = raised((await put_in_carts(town.ground, [(ask, once or town.key(person_id))]))[0])
    return stands


async def order(town: Town, person_id: int, *lines: tuple[int, int], **changed: Any) -> Placed:
    ask = CheckOut(person_id, lines, town.addresses[person_id], "sandbox", from_cart=changed.get("from_cart", True))
    placed: Placed = raised((await check_out(town.ground, [(ask, town.key(person_id))]))[0])
    return placed


async def held(town: Town, person_id: int) -> dict[int, int]:
    page = await cart_page(town.ground, person_id)
    return {line.sku_id: line.quantity for shop in page.shops for line in shop.lines}


async def another_shop(town: Town, price: int = 500) -> int:
    async def story(tx: Any) -> int:
        shop = await people.open_shop(tx, people.NewShop(name_zh="另一家", name_en="Another"), town.bo)
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        draft = catalog.ProductDraft(
            shop_id=shop.id,
            category_id=category,
            title_zh="茶",
            title_en="Tea",
            spec_names=(),
            skus=(catalog.SkuDraft(price=price, original_price=price, specs=()),),
        )
        (sku_id,) = (await catalog.save_product(tx, draft)).sku_ids
        await stock.receive(tx, [(sku_id, 3)], "test", 1)
        return sku_id

    return await town.ground.db.run(story)


async def test_a_cart_is_filled_changed_and_emptied(town: Town):
    assert await put(town, town.an, town.red, 2) == InCart(town.red, 2, 1)
    assert await put(town, town.an, town.red) == InCart(town.red, 3, 1)
    assert await put(town, town.an, town.dear) == InCart(town.dear, 1, 2)
    changed = await change_my_cart(town.ground, ChangeCart(town.an, town.red, 5), town.key(town.an))
    assert changed == InCart(town.red, 5, 2)
    assert await lines_in_cart(town.ground, town.an) == 2
    out = await take_out_of_my_cart(town.ground, TakeOut(town.an, town.red), town.key(town.an))
    assert out == CartLeft(1) and await held(town, town.an) == {town.dear: 1}
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}


async def test_a_repeat_puts_nothing_more_in(town: Town):
    once = town.key(town.an, "body")
    first = await put(town, town.an, town.red, 2, once)
    await put(town, town.an, town.red)
    assert await put(town, town.an, town.red, 2, once) == first
    with pytest.raises(KeyReused):
        await put(town, town.an, town.blue, 2, Once(once.subject, once.key, b"another fingerprint"))
    assert await held(town, town.an) == {town.red: 3}


@pytest.mark.parametrize("quantity", [0, -1, 1_000, 2**70])
async def test_a_quantity_that_is_none_is_refused(town: Town, quantity: int):
    await put(town, town.an, town.red)
    for asked in (
        put(town, town.an, town.red, quantity),
        change_my_cart(town.ground, ChangeCart(town.an, town.red, quantity), town.key(town.an)),
    ):
        await refused(town, asked, FieldNotValid, field="quantity", min=1, max=999)
    assert await held(town, town.an) == {town.red: 1}


async def test_what_is_off_sale_or_unknown_is_not_put_in_and_what_is_sold_out_is(town: Town):
    await refused(town, put(town, town.an, 404), OfferOver, sku_id=404)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.blue, 10, "test", 1))
    await put(town, town.an, town.blue)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.red)
    await refused(town, put(town, town.an, town.red), OfferOver, sku_id=town.red)
    assert await held(town, town.an) == {town.blue: 1}


async def test_more_than_a_line_takes_is_refused_and_the_others_go_on(town: Town):
    asks = [
        (PutInCart(town.an, town.red, 999), town.key(town.an)),
        (PutInCart(town.an, town.red), town.key(town.an)),
        (PutInCart(town.bo, town.red), town.key(town.bo)),
    ]
    answers = await put_in_carts(town.ground, asks)
    assert [type(answer) for answer in answers] == [InCart, TooManyPieces, InCart]
    assert await held(town, town.an) == {town.red: 999} and await held(town, town.bo) == {town.red: 1}


async def test_what_changed_since_is_shown_and_nothing_is_dropped(town: Town):
    tea = await another_shop(town)
    for sku, quantity in ((town.red, 2), (town.blue, 1), (town.dear, 4)):
        await put(town, town.an, sku, quantity)
    town.ground.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    await put(town, town.an, tea)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET price = 11900 WHERE id = $1", town.red)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.blue)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.dear, 8, "test", 1))
    page = await cart_page(town.ground, town.an)
    assert [(shop.name_zh, shop.total, len(shop.lines)) for shop in page.shops] == [
        ("另一家", 500, 1),
        ("山茶铺", 23_800, 3),
    ]
    lines = {line.sku_id: line for line in page.shops[1].lines}
    assert (lines[town.red].price, lines[town.red].price_seen, lines[town.red].standing) == (11_900, 12_900, "ready")
    assert lines[town.blue].standing == "off_sale"
    assert (lines[town.dear].standing, lines[town.dear].stock, lines[town.dear].left) == ("too_many", "few", 2)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.dear, 2, "test", 1))
    gone = (await cart_page(town.ground, town.an)).shops[1].lines
    assert {line.sku_id: (line.standing, line.stock) for line in gone}[town.dear] == ("sold_out", "none")
    assert page.lines == 4 and (await cart_page(town.ground, town.bo)).shops == []


async def test_before_the_order_only_what_is_ready_of_one_shop_is_counted(town: Town):
    tea = await another_shop(town)
    for sku, quantity in ((town.red, 2), (town.blue, 1), (tea, 1)):
        await put(town, town.an, sku, quantity)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.blue)
    page = await cart_order_page(town.ground, town.an, [town.red, town.blue])
    assert page is not None and page.chosen is not None
    assert ([line.sku_id for line in page.shop.lines], page.freight, page.total) == ([town.red], 0, 25_800)
    assert page.delivers and page.chosen.id == town.addresses[town.an]
    assert await cart_order_page(town.ground, town.an, [town.blue]) is None
    assert await cart_order_page(town.ground, town.bo, [town.red]) is None
    with pytest.raises(people.AddressUnknown):
        await cart_order_page(town.ground, town.an, [town.red], town.addresses[town.bo])


async def test_a_cart_is_nobody_elses(town: Town):
    await put(town, town.an, town.red)
    ground = town.ground
    theirs = (ChangeCart(town.bo, town.red, 2), TakeOut(town.bo, town.red))
    await refused(town, change_my_cart(ground, theirs[0], town.key(town.bo)), CartLineUnknown)
    await refused(town, take_out_of_my_cart(ground, theirs[1], town.key(town.bo)), CartLineUnknown)
    await refused(town, order(town, town.bo, (town.red, 1)), CartChanged, sku_id=town.red)
    assert await held(town, town.an) == {town.red: 1}


async def test_the_chosen_lines_leave_the_cart_with_their_order(town: Town):
    for sku, quantity in ((town.red, 2), (town.blue, 1), (town.dear, 1)):
        await put(town, town.an, sku, quantity)
    await put(town, town.bo, town.red, 2)
    placed = await order(town, town.an, (town.red, 2), (town.dear, 1))
    assert placed.total == 45_700
    assert await held(town, town.an) == {town.blue: 1} and await held(town, town.bo) == {town.red: 2}
    assert (await check(town.ground)).is_clean


async def test_an_order_without_the_cart_leaves_the_cart_alone(town: Town):
    await put(town, town.an, town.red, 2)
    await order(town, town.an, (town.red, 2), from_cart=False)
    assert await held(town, town.an) == {town.red: 2}


async def test_an_order_that_is_refused_leaves_the_cart_as_it_was(town: Town):
    await put(town, town.an, town.red, 2)
    await put(town, town.an, town.blue, 11)
    for lines, kind in (
        (((town.red, 1),), CartChanged),
        (((town.red, 2), (town.dear, 1)), CartChanged),
        (((town.blue, 11),), StockRanOut),
    ):
        await refused(town, order(town, town.an, *lines), kind)
    assert await held(town, town.an) == {town.red: 2, town.blue: 11}


async def test_of_two_devices_that_order_the_same_cart_one_does(town: Town):
    await put(town, town.an, town.red, 2)
    first, second = await one_after_the_other(
        town.ground.db,
        (*LOCK, town.an),
        lambda: order(town, town.an, (town.red, 2)),
        lambda: order(town, town.an, (town.red, 2)),
    )
    assert isinstance(first, Placed) and isinstance(second, CartChanged)
    assert await held(town, town.an) == {}
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 2)}
    again = [
        (CheckOut(town.an, ((town.red, 1),), town.addresses[town.an], "sandbox", from_cart=True), town.key(town.an))
        for _ in range(2)
    ]
    await put(town, town.an, town.red)
    assert [type(one) for one in await check_out(town.ground, again)] == [Placed, CartChanged]


async def test_a_device_that_adds_while_another_orders_loses_nothing(town: Town):
    """Whoever is first: what is put in behind an order is there after it, and an order behind it is told."""
    await put(town, town.an, town.red)
    placed, stands = await one_after_the_other(
        town.ground.db,
        (*LOCK, town.an),
        lambda: order(town, town.an, (town.red, 1)),
        lambda: put(town, town.an, town.red, 3),
    )
    assert isinstance(placed, Placed) and stands == InCart(town.red, 3, 1)
    stands, told = await one_after_the_other(
        town.ground.db,
        (*LOCK, town.an),
        lambda: put(town, town.an, town.red),
        lambda: order(town, town.an, (town.red, 3)),
    )
    assert stands == InCart(town.red, 4, 1) and isinstance(told, CartChanged)
    assert await held(town, town.an) == {town.red: 4}


async def test_fifty_devices_put_in_exactly_what_they_are_told(town: Town):
    batcher = Batcher(partial(put_in_carts, town.ground), key=lambda ask: (ask[1].subject, ask[1].key))
    crowd = await gather_a_crowd(town, 5)
    asks = [(PutInCart(person, town.red, 2), town.key(person)) for person in crowd for _ in range(10)]
    single = [put(town, person, town.red) for person in crowd]
    answers = await asyncio.gather(*(batcher.ask(ask) for ask in asks), *single)
    assert {type(answer) for answer in answers} == {InCart}
    assert [await held(town, person) for person in crowd] == [{town.red: 21}] * 5
    before = await snapshot(town.ground)
    assert await asyncio.gather(*(batcher.ask(ask) for ask in asks)) == answers[:50]
    assert await snapshot(town.ground) == before


async def test_the_last_place_in_a_cart_is_taken_once(town: Town):
    rows = [(town.an, 10_000 + number) for number in range(LINES_MAX - 1)]
    await town.ground.db.pool.executemany(
        "INSERT INTO cart_line VALUES ($1, $2, 1, 100, 'CNY', now())",
        rows,
    )
    answers = await one_after_the_other(
        town.ground.db,
        (*LOCK, town.an),
        lambda: put(town, town.an, town.red),
        lambda: put(town, town.an, town.blue),
    )
    assert answers[0] == InCart(town.red, 1, LINES_MAX)
    assert isinstance(answers[1], CartFull)
    assert await lines_in_cart(town.ground, town.an) == LINES_MAX


async def test_a_key_that_is_used_again_for_something_else_is_told_so_before_what_it_asks_is_judged(town: Town):
    await put(town, town.an, town.red)
    once = town.key(town.an, "body")
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 5), once)
    again = Once(once.subject, once.key, b"another fingerprint")
    await refused(town, change_my_cart(town.ground, ChangeCart(town.an, town.red, 1000), again), KeyReused)
