"""Words on what somebody buys for themselves: with the cart's line, then with the order's, for them and the shop."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from counter import books_are_right
from crowd import refused
from sets import give_set
from town import Town, build_town, pay, raised

from renqing.foundation.errors import FieldNotValid
from renqing.journeys.check_out import CheckOut, Placed, check_out
from renqing.journeys.engrave_an_order import check_words_pass
from renqing.journeys.keep_a_cart import (
    ChangeCart,
    PutInCart,
    TakeOut,
    change_my_cart,
    put_in_carts,
    take_out_of_my_cart,
)
from renqing.social import moderation
from renqing.trade import engravings
from renqing.trade.carts import CartLineUnknown
from renqing.trade.engravings import Terms
from renqing.views.cart_page import cart_page
from renqing.views.order_page import OrderPage, order_page
from renqing.views.shop_orders import shop_order


@pytest_asyncio.fixture
async def town(ground) -> Town:
    town = await build_town(ground)
    await takes(town, Terms(8))
    return town


async def takes(town: Town, terms: Terms) -> None:
    await town.ground.db.run(lambda tx: engravings.keep_terms(tx, town.shop_id, town.product_id, terms))


def order(town: Town, buyer: int, *lines: tuple[int, int], **asked: Any) -> tuple[CheckOut, Any]:
    return CheckOut(buyer, lines, town.addresses[buyer], "sandbox", **asked), town.key(buyer)


async def buys(town: Town, buyer: int, *lines: tuple[int, int], **asked: Any) -> Placed:
    placed: Placed = raised((await check_out(town.ground, [order(town, buyer, *lines, **asked)]))[0])
    return placed


async def put(town: Town, who: int, sku_id: int, words: str | None = None, quantity: int = 1) -> None:
    raised((await put_in_carts(town.ground, [(PutInCart(who, sku_id, quantity, words), town.key(who))]))[0])


async def in_cart(town: Town, who: int) -> dict[int, str]:
    page = await cart_page(town.ground, who)
    return {line.sku_id: line.words for shop in page.shops for line in shop.lines}


async def made(town: Town, order_id: int) -> dict[int, str]:
    """What its buyer reads, which is what its shop reads."""
    page = await order_page(town.ground, town.an, order_id)
    assert isinstance(page, OrderPage)
    by_line = {line.n: line.words for line in page.lines if line.words}
    assert by_line == (await shop_order(town.ground, town.owner_id, order_id)).words
    return by_line


async def test_words_are_ordered_with_a_line_and_made_by_its_shop(town):
    placed = await buys(town, town.an, (town.dear, 1), (town.red, 2), words=((town.red, " 小安 "),))
    await pay(town, placed.intent_id, placed.total)
    assert await made(town, placed.order_id) == {2: "小安"}
    await books_are_right(town.ground)


async def test_of_two_puts_of_one_line_told_together_the_later_says_the_words_and_also_that_there_are_none(town):
    for later in ("安安", ""):
        puts = [(PutInCart(town.an, town.red, 1, words), town.key(town.an)) for words in ("小安", later)]
        for answer in await put_in_carts(town.ground, puts):
            raised(answer)
        assert await in_cart(town, town.an) == {town.red: later}


async def test_words_are_kept_with_the_line_of_the_cart_and_made_when_it_is_ordered(town):
    await put(town, town.an, town.red, "小安")
    await put(town, town.an, town.blue)
    await put(town, town.an, town.red)
    assert await in_cart(town, town.an) == {town.red: "小安", town.blue: ""}, "one more piece, the same words"
    ask = ChangeCart(town.an, town.red, 3, "安安")
    await change_my_cart(town.ground, ask, town.key(town.an))
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 2), town.key(town.an))
    placed = await buys(town, town.an, (town.blue, 1), (town.red, 2), from_cart=True)
    assert await made(town, placed.order_id) == {2: "安安"}
    assert await in_cart(town, town.an) == {}
    await put(town, town.an, town.red)
    assert await in_cart(town, town.an) == {town.red: ""}, "a new line says nothing"


async def test_words_leave_with_the_line_however_it_leaves(town):
    await put(town, town.an, town.red, "小安")
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 1, ""), town.key(town.an))
    assert await in_cart(town, town.an) == {town.red: ""}
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 1, "小安"), town.key(town.an))
    await take_out_of_my_cart(town.ground, TakeOut(town.an, town.red), town.key(town.an))
    await put(town, town.an, town.red, quantity=2)
    assert await in_cart(town, town.an) == {town.red: ""}
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 2, "小安"), town.key(town.an))
    await give_set(town, town.an, town.bo, (town.red, 2), from_cart=True)
    await put(town, town.an, town.red)
    assert await in_cart(town, town.an) == {town.red: ""}
    gone = change_my_cart(town.ground, ChangeCart(town.an, town.blue, 1, "小安"), town.key(town.an))
    await refused(town, gone, CartLineUnknown)


async def test_what_a_thing_does_not_take_is_refused_and_nothing_moves(town):
    too_long = "一二三四五六七八九"
    for asked in (((town.red, too_long),), ((town.blue, "小安"),)):  # too long; and of a line that is not ordered
        await refused(town, buys(town, town.an, (town.red, 1), words=asked), FieldNotValid)
    await refused(town, buys(town, town.an, (town.ring, 1), words=((town.ring, "小安"),)), FieldNotValid)
    await refused(town, put(town, town.an, town.red, too_long), FieldNotValid, field="custom_word")
    await refused(town, put(town, town.an, town.ring, "小安"), FieldNotValid, field="custom_word", reason="not_taken")
    assert await in_cart(town, town.an) == {}


async def test_a_shop_that_takes_no_words_any_more_says_so_and_holds_nobody_else_up(town):
    await put(town, town.an, town.red, "小安")
    await put(town, town.bo, town.red)
    await takes(town, Terms())
    asks = [order(town, who, (town.red, 1), from_cart=True) for who in (town.an, town.bo)]
    mine, theirs = await check_out(town.ground, asks)
    assert isinstance(mine, FieldNotValid) and isinstance(theirs, Placed)
    await change_my_cart(town.ground, ChangeCart(town.an, town.red, 1, ""), town.key(town.an))
    assert await made(town, (await buys(town, town.an, (town.red, 1), from_cart=True)).order_id) == {}


async def test_what_a_moderator_holds_is_kept_with_no_cart(town):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "代开发票"))
    await refused(town, check_words_pass(town.ground, None, ["要代开发票吗"]), FieldNotValid, reason="held")
    await check_words_pass(town.ground, None, [None, "", "小安"])
    await put(town, town.an, town.red)
    said = change_my_cart(town.ground, ChangeCart(town.an, town.red, 1, "代开发票"), town.key(town.an))
    await refused(town, said, FieldNotValid, field="custom_word", reason="held")


async def test_the_words_are_gone_with_who_had_them_made(town):
    await put(town, town.an, town.blue, "小安")
    placed = await buys(town, town.an, (town.red, 1), words=((town.red, "小安"),))
    await town.ground.db.run(lambda tx: engravings.forget(tx, town.an))
    assert await made(town, placed.order_id) == {} and await in_cart(town, town.an) == {town.blue: ""}
