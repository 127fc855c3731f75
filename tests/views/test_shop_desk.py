"""A merchant's desk: every number is exact, every list turns its pages, and nobody else sees any of it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from counter import answer, ask_for, books, buy, buy_lines, gift_to, receive, ship
from town import Town, build_town, give_paid, place

from renqing.books import catalog, people, stock
from renqing.foundation.ground import Ground
from renqing.trade import aftersales, orders
from renqing.views.shop_account import StatementCursorNotValid, shop_account
from renqing.views.shop_aftersales import shop_aftersale, shop_aftersales
from renqing.views.shop_desk import DAYS, shop_desk
from renqing.views.shop_orders import SHELVES, ShelfNotValid, shop_order, shop_orders
from renqing.views.shop_parcels import shop_parcels
from renqing.views.shop_products import WantedNotValid, product_form, shop_products
from renqing.views.shop_staff import shops_of

BEIJING = timedelta(hours=8)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def test_the_four_numbers_of_a_morning(town: Town) -> None:
    late = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(hours=48, microseconds=1))
    partly = await buy(town, town.an, town.red, 2)
    await ship(town, partly.order_id, ((1, 1),))
    await gift_to(town, town.an, town.bo, town.blue)
    await give_paid(town, town.an, town.bo, town.blue)  # nobody has claimed it: nothing to ship yet
    await place(town, town.an, town.blue)  # nor paid this one
    await ask_for(town, town.an, late.order_id)
    morning = await shop_desk(town.ground, town.owner_id, town.shop_id, BEIJING)
    assert (morning.to_ship, morning.late, morning.to_answer) == (3, 1, 1)
    assert morning.stock_low == 0
    assert [row.order_id for row in morning.first][:2] == [late.order_id, partly.order_id]
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.dear, 5, "test", 1))
    assert (await shop_desk(town.ground, town.owner_id, town.shop_id)).stock_low == 1


async def test_the_days_are_the_operators_days(town: Town) -> None:
    """Noon in Beijing on the 23rd; eleven hours later it is still that day there, thirteen later the next."""
    await buy(town, town.an, town.red, 2)
    await give_paid(town, town.an, town.bo, town.blue)
    town.ground.clock.move(timedelta(hours=11, minutes=59))
    await buy(town, town.an, town.dear)
    town.ground.clock.move(timedelta(hours=1))
    days = (await shop_desk(town.ground, town.owner_id, town.shop_id, BEIJING)).days
    assert len(days) == DAYS
    assert [(str(day.on), day.orders, day.gifts, day.amount) for day in days[-2:]] == [
        ("2026-11-23", 3, 1, 2 * 12900 + 12900 + 19900),
        ("2026-11-24", 0, 0, 0),
    ]
    town.ground.clock.move(timedelta(days=12))
    morning = await shop_desk(town.ground, town.owner_id, town.shop_id, BEIJING)
    assert (morning.days[0].amount, morning.yesterday.amount, morning.usual) == (58600, 0, 58600 // 12)
    town.ground.clock.move(timedelta(days=1))
    assert sum(day.amount for day in (await shop_desk(town.ground, town.owner_id, town.shop_id, BEIJING)).days) == 0


async def test_lists_turn_their_pages_without_losing_or_doubling(town: Town) -> None:
    placed = [(await buy(town, town.an, town.red)).order_id for _ in range(7)]
    for shelf, expected in (("to_ship", placed), ("all", placed[::-1])):
        seen: list[int] = []
        after = None
        while True:
            page = await shop_orders(town.ground, town.owner_id, town.shop_id, shelf, after, limit=3)
            seen += [row.order_id for row in page.rows]
            after = page.next_after
            if after is None:
                break
        assert seen == expected


async def test_the_orders_of_a_day_are_those_of_its_figure(town: Town) -> None:
    first = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(hours=12, microseconds=-1))
    last = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(microseconds=1))
    next_day = await buy(town, town.an, town.red)
    await ship(town, first.order_id)
    days = (await shop_desk(town.ground, town.owner_id, town.shop_id, BEIJING)).days[-2:]
    seen = []
    for day in days:
        page = await shop_orders(town.ground, town.owner_id, town.shop_id, "all", on=day.on, offset=BEIJING)
        seen.append([row.order_id for row in page.rows])
        assert (len(page.rows), sum(row.total for row in page.rows)) == (day.orders, day.amount)
    assert seen == [[last.order_id, first.order_id], [next_day.order_id]]
    waiting = await shop_orders(town.ground, town.owner_id, town.shop_id, "to_ship", on=days[0].on, offset=BEIJING)
    assert [row.order_id for row in waiting.rows] == [last.order_id]


async def test_each_order_stands_on_its_shelf(town: Town) -> None:
    unpaid = await place(town, town.an, town.red)
    gift = await give_paid(town, town.an, town.bo, town.red)
    waiting, sent, done, ended = [(await buy(town, town.an, town.red)).order_id for _ in range(4)]
    for order_id in (sent, done):
        await ship(town, order_id)
    await receive(town, town.an, done)
    await answer(town, (await ask_for(town, town.an, ended)).case_id)
    shelves = {
        shelf: [row.order_id for row in (await shop_orders(town.ground, town.owner_id, town.shop_id, shelf)).rows]
        for shelf in SHELVES
    }
    assert shelves == {
        "to_ship": [waiting],
        "unclaimed": [gift.order_id],
        "on_the_way": [sent],
        "done": [done],
        "ended": [ended],
        "all": [ended, done, sent, waiting, gift.order_id, unpaid.order_id],
    }
    with pytest.raises(ShelfNotValid):
        await shop_orders(town.ground, town.owner_id, town.shop_id, "everything")


async def test_an_order_tells_its_shop_everything_but_who_and_where(town: Town) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    await ship(town, order_id)
    await receive(town, town.bo, order_id)
    case = await ask_for(town, town.bo, order_id)
    seen = await shop_order(town.ground, town.owner_id, order_id)
    assert (seen.state, seen.purpose, seen.address_opens, seen.region) == (100, "gift", False, "")
    assert (seen.money.total, seen.money.fee, seen.money.shop, seen.money.settled) == (12900, 645, 12255, True)
    assert [parcel.carrier for parcel in seen.parcels] == ["SF"]
    assert (seen.blocked, [one.id for one in seen.cases]) == ({1: 1}, [case.case_id])
    said = msgspec.json.encode(seen).decode()
    for secret in ("13800000001", "文三路", "收件人", '"安"', '"Bo"', "谢谢你"):
        assert secret not in said


async def test_province_and_city_are_known_while_the_order_is_on_its_way(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    seen = await shop_order(town.ground, town.owner_id, order.order_id)
    assert (seen.region, seen.address_opens, seen.late) == ("浙江省 杭州市", True, False)
    assert seen.ship_by == town.ground.clock.now() + timedelta(hours=48)
    town.ground.clock.move(timedelta(hours=48, microseconds=1))
    assert (await shop_order(town.ground, town.owner_id, order.order_id)).late


async def test_a_return_tells_what_the_answer_would_move(town: Town) -> None:
    order = await buy_lines(town, town.an, ((town.red, 1), (town.dear, 2)))
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return", 2, 2, "颜色不对")
    page = await shop_aftersales(town.ground, town.owner_id, town.shop_id)
    row = page.rows[0]
    assert (row.case_id, row.amount, row.held, row.quantity, row.reason) == (case.case_id, 39800, 37809, 2, "颜色不对")
    assert row.answer_by == town.ground.clock.now() + timedelta(days=2)
    await answer(town, case.case_id)  # now it is the owner's turn
    assert (await shop_aftersales(town.ground, town.owner_id, town.shop_id)).rows == []
    _, one = await shop_aftersale(town.ground, town.owner_id, case.case_id)
    assert one.state == "USER_WAIT_RETURN"
    every = await shop_aftersales(town.ground, town.owner_id, town.shop_id, "all")
    assert [one.case_id for one in every.rows] == [case.case_id]


async def test_parcels_are_listed_with_their_latest_news(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    first = await ship(town, order.order_id, ((1, 1),))
    second = await ship(town, order.order_id)
    page = await shop_parcels(town.ground, town.owner_id, town.shop_id, limit=1)
    assert ([row.parcel_id for row in page.rows], page.next_after) == ([second.parcel_id], second.parcel_id)
    rest = await shop_parcels(town.ground, town.owner_id, town.shop_id, page.next_after, limit=1)
    assert ([row.parcel_id for row in rest.rows], rest.next_after) == ([first.parcel_id], None)
    assert (rest.rows[0].pieces, rest.rows[0].state) == (1, "shipped")


async def test_products_show_stock_and_gift_rules(town: Town) -> None:
    await buy(town, town.an, town.red, 3)
    page = await shop_products(town.ground, town.owner_id, town.shop_id)
    rows = {row.title_zh: row for row in page.rows}
    cup, ring = rows["青瓷杯"], rows["戒指"]
    assert (cup.styles, cup.low, cup.on_hand, cup.held) == (3, 0, 30, 3)
    assert (cup.price_min, cup.price_max, cup.gift_forbidden) == (12900, 19900, None)
    assert (ring.styles, ring.gift_forbidden) == (1, "jewellery")
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 2, "test", 1))
    low = await shop_products(town.ground, town.owner_id, town.shop_id, "low")
    assert [(row.title_zh, row.low) for row in low.rows] == [("青瓷杯", 1)]
    await town.ground.db.run(lambda tx: catalog.take_off_sale(tx, town.shop_id, [town.product_id]))
    off = await shop_products(town.ground, town.owner_id, town.shop_id, "off_sale")
    assert [row.product_id for row in off.rows] == [town.product_id]
    with pytest.raises(WantedNotValid):
        await shop_products(town.ground, town.owner_id, town.shop_id, "nothing")


async def test_a_product_is_listed_with_its_first_picture_that_pages_may_show(town: Town) -> None:
    tea = (await product_form(town.ground, town.owner_id, town.shop_id, town.product_id)).product
    assert tea is not None
    draft = catalog.ProductDraft(
        shop_id=town.shop_id,
        category_id=tea.category_id,
        title_zh="竹茶则",
        pictures=("http://far.example/1.png", "emoji/1f375.webp"),
        skus=(catalog.SkuDraft(price=100, original_price=100),),
    )
    await town.ground.db.run(lambda tx: catalog.save_product(tx, draft))
    seen = {row.title_zh: row.picture for row in (await shop_products(town.ground, town.owner_id, town.shop_id)).rows}
    assert seen == {"竹茶则": "emoji/1f375.webp", "戒指": "", "青瓷杯": ""}


async def test_an_editor_loads_a_product_with_its_stock(town: Town) -> None:
    form = await product_form(town.ground, town.owner_id, town.shop_id, town.product_id)
    assert form.product is not None and form.product.id == town.product_id
    assert (form.stock[town.red].on_hand, form.stock[town.red].held) == (10, 0)
    assert {choice.name_zh: choice.gift_forbidden for choice in form.categories} == {"茶": None, "珠宝": "jewellery"}
    assert (await product_form(town.ground, town.owner_id, town.shop_id, None)).product is None
    with pytest.raises(catalog.ProductNotFound):
        await product_form(town.ground, town.owner_id, town.shop_id, 424242)


async def test_the_account_explains_itself(town: Town) -> None:
    for _ in range(3):
        order = await buy(town, town.an, town.red)
        await ship(town, order.order_id)
        await receive(town, town.an, order.order_id)
    waiting = await buy(town, town.an, town.dear)
    case = await ask_for(town, town.an, order.order_id)
    account = await shop_account(town.ground, town.owner_id, town.shop_id, limit=2)
    assert (account.balance, account.held, account.free) == (36765, 12254, 24511)
    assert (await books(town))["shop"] == (account.balance, account.held)
    assert (account.coming.orders, account.coming.amount) == (1, waiting.total)
    assert [(held.case_id, held.amount, held.order_id) for held in account.holds] == [
        (case.case_id, 12254, order.order_id)
    ]
    newest = account.lines[0]
    assert (newest.amount, newest.balance_after, newest.cause_id) == (12255, 36765, order.order_id)
    rest = await shop_account(town.ground, town.owner_id, town.shop_id, account.next_after, limit=2)
    assert ([line.balance_after for line in rest.lines], rest.next_after) == ([12255], None)
    for wrong in ("x", "1", "1.", "1.99999", "-1.2", "9223372036854775808.1", "１.１"):
        with pytest.raises(StatementCursorNotValid):
            await shop_account(town.ground, town.owner_id, town.shop_id, wrong)


async def test_nobody_else_sees_a_shops_desk(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    case = await ask_for(town, town.an, order.order_id)
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="邻家"), town.cai))
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.bo, people.Role.OPERATOR))
    for person in (town.an, town.bo, town.cai, town.stranger):
        for story in (
            shop_desk(town.ground, person, town.shop_id),
            shop_orders(town.ground, person, town.shop_id),
            shop_products(town.ground, person, town.shop_id),
            product_form(town.ground, person, town.shop_id, None),
            shop_account(town.ground, person, town.shop_id),
            shop_parcels(town.ground, person, town.shop_id),
            shop_aftersales(town.ground, person, town.shop_id),
        ):
            with pytest.raises(people.ShopUnknown):
                await story
        with pytest.raises(orders.OrderUnknown):
            await shop_order(town.ground, person, order.order_id)
        with pytest.raises(aftersales.AftersaleUnknown):
            await shop_aftersale(town.ground, person, case.case_id)
    assert [shop.id for shop in await shops_of(town.ground.db, town.cai)] == [other.id]
    assert (await shop_orders(town.ground, town.cai, other.id)).rows == []
