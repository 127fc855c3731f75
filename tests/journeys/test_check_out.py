from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
from crowd import gather_a_crowd, refused
from interleaving import one_after_the_other
from town import Town, build_town, place, raised, snapshot

from renqing.books import catalog, people, stock
from renqing.books.stock import StockRanOut
from renqing.foundation.batcher import Batcher
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyReused, Once
from renqing.journeys.check_out import (
    LINES_MAX,
    CheckOut,
    NotDelivered,
    OfferOver,
    Placed,
    TotalChanged,
    check_out,
)
from renqing.trade import orders, shipping
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def ask(town: Town, *lines: tuple[int, int], **changed: Any) -> CheckOut:
    said = CheckOut(town.an, lines or ((town.red, 1),), town.addresses[town.an], "sandbox")
    return msgspec.structs.replace(said, **changed)


async def one(town: Town, said: CheckOut, once: Once | None = None) -> Placed:
    placed: Placed = raised((await check_out(town.ground, [(said, once or town.key(said.buyer_id))]))[0])
    return placed


async def levels(town: Town) -> tuple[int, int]:
    return (await stock.levels(town.ground.db, [town.red]))[town.red]


async def test_an_order_waits_for_its_payment_with_its_stock_held(town: Town):
    placed = await one(town, ask(town, (town.red, 2), (town.dear, 1), note="请轻放"))
    order = await town.ground.db.run(lambda tx: orders.get(tx, placed.order_id))
    assert (order.state, order.goods_amount, order.freight_amount, order.total_amount) == (10, 45_700, 0, 45_700)
    assert (order.payer_id, order.owner_id, order.note, order.fee_ppm) == (town.an, town.an, "请轻放", 50_000)
    assert (placed.total, placed.currency) == (45_700, "CNY")
    assert (placed.pay_by - town.ground.clock.now()).total_seconds() == 15 * 60
    assert await stock.levels(town.ground.db, [town.red, town.dear]) == {town.red: (10, 2), town.dear: (10, 1)}
    lines = await orders.lines(town.ground.db, placed.order_id)
    assert [(line.title_zh, line.specs, line.quantity, line.unit_price) for line in lines] == [
        ("青瓷杯", ["红"], 2, 12_900),
        ("青瓷杯", ["金"], 1, 19_900),
    ]
    timers = await town.ground.db.fetch("SELECT kind, key, due_at FROM timer")
    assert [tuple(row.values()) for row in timers] == [("close_unpaid_order", placed.order_id, placed.pay_by)]
    assert (await check(town.ground)).is_clean


async def test_freight_is_the_shops_for_that_place(town: Town):
    rate = shipping.Rate(region_code=330000, fee=800, free_from=25_000, delivers=True)
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, rate))
    assert (await one(town, ask(town))).total == 13_700
    assert (await one(town, ask(town, (town.red, 2)))).total == 25_800


async def test_a_repeat_places_nothing_new(town: Town):
    once = town.key(town.an, "body")
    placed = await one(town, ask(town), once)
    assert await one(town, ask(town), once) == placed
    assert await levels(town) == (10, 1)
    await refused(town, one(town, ask(town), msgspec_other(once)), KeyReused)


def msgspec_other(once: Once) -> Once:
    return Once(once.subject, once.key, b"another fingerprint")


@pytest.mark.parametrize(
    ("lines", "field", "facts"),
    [
        ((), "lines", {"reason": "count", "max": LINES_MAX}),
        ((("red", 0),), "quantity", {"min": 1, "max": 999}),
        ((("red", -1),), "quantity", {}),
        ((("red", 1_000),), "quantity", {}),
        ((("red", 2**70),), "quantity", {}),
        ((("red", 1), ("red", 1)), "lines", {}),
    ],
)
async def test_lines_that_are_no_lines_are_refused(
    town: Town, lines: Sequence[tuple[str, int]], field: str, facts: dict[str, Any]
):
    asked = ask(town, lines=tuple((getattr(town, name), quantity) for name, quantity in lines))
    await refused(town, one(town, asked), FieldNotValid, field=field, **facts)


async def test_too_many_lines_are_refused(town: Town):
    asked = ask(town, *((number, 1) for number in range(LINES_MAX + 1)))
    await refused(town, one(town, asked), FieldNotValid, field="lines")


async def test_what_is_off_sale_or_unknown_cannot_be_bought(town: Town):
    await refused(town, one(town, ask(town, (404, 1))), OfferOver, sku_id=404)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.red)
    await refused(town, one(town, ask(town)), OfferOver, sku_id=town.red)


async def test_one_order_is_of_one_shop(town: Town):
    async def another(tx: Any) -> int:
        shop = await people.open_shop(tx, people.NewShop(name_zh="另一家", name_en="Another"), town.bo)
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        draft = catalog.ProductDraft(
            shop_id=shop.id,
            category_id=category,
            title_zh="茶",
            title_en="Tea",
            spec_names=(),
            skus=(catalog.SkuDraft(price=100, original_price=100, specs=()),),
        )
        return (await catalog.save_product(tx, draft)).sku_ids[0]

    foreign = await town.ground.db.run(another)
    asked = ask(town, (town.red, 1), (foreign, 1))
    await refused(town, one(town, asked), FieldNotValid, field="lines", reason="one_shop_an_order")


async def test_the_address_must_be_the_buyers_own_and_within_reach(town: Town):
    foreign = ask(town, address_id=town.addresses[town.bo])
    await refused(town, one(town, foreign), people.AddressUnknown)
    far = msgspec.structs.replace(ask(town), buyer_id=town.bo, address_id=town.far_address)
    await refused(town, one(town, far), NotDelivered)


async def test_a_total_that_the_buyer_did_not_see_is_refused(town: Town):
    await refused(town, one(town, ask(town, expected_total=12_899)), TotalChanged, total=12_900, currency="CNY")
    assert (await one(town, ask(town, expected_total=12_900))).total == 12_900


async def test_more_than_there_is_cannot_be_bought(town: Town):
    await refused(town, one(town, ask(town, (town.blue, 1), (town.red, 11))), StockRanOut, sku_id=town.red)


async def test_one_who_is_refused_does_not_hold_up_the_others(town: Town):
    asks = [ask(town, (town.red, 6)), ask(town, (404, 1)), ask(town, (town.red, 6)), ask(town, (town.red, 4))]
    answers = await check_out(town.ground, [(said, town.key(town.an)) for said in asks])
    assert [type(answer) for answer in answers] == [Placed, OfferOver, StockRanOut, Placed]
    assert await levels(town) == (10, 10)


async def test_fifty_people_for_the_last_piece_make_one_order(town: Town):
    crowd = await gather_a_crowd(town, 50)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 1))
    answers = await asyncio.gather(*(place(town, person, town.red) for person in crowd), return_exceptions=True)
    assert sum(isinstance(answer, Placed) for answer in answers) == 1
    assert sum(isinstance(answer, StockRanOut) for answer in answers) == 49
    assert await levels(town) == (1, 1)
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 1
    assert (await check(town.ground)).is_clean


@pytest.mark.parametrize("pieces", [1, 7])
async def test_fifty_people_share_batches_and_get_exactly_what_there_is(town: Town, pieces: int):
    """As the server does it: concurrent callers share a transaction."""
    crowd = await gather_a_crowd(town, 50)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 10 - pieces, "test", 1))
    batcher = Batcher(partial(check_out, town.ground), key=lambda asked: (asked[1].subject, asked[1].key))
    asks = [
        (CheckOut(person, ((town.red, 1),), town.addresses[person], "sandbox"), town.key(person)) for person in crowd
    ]
    answers = await asyncio.gather(*(batcher.ask(asked) for asked in asks), return_exceptions=True)
    assert sum(isinstance(answer, Placed) for answer in answers) == pieces
    assert sum(isinstance(answer, StockRanOut) for answer in answers) == 50 - pieces
    before = await snapshot(town.ground)
    again = await asyncio.gather(*(batcher.ask(asked) for asked in asks), return_exceptions=True)
    assert [answer for answer in again if isinstance(answer, Placed)] == [
        answer for answer in answers if isinstance(answer, Placed)
    ]
    assert await snapshot(town.ground) == before
    assert (await check(town.ground)).is_clean


async def test_of_two_in_line_for_the_last_piece_the_first_gets_it(town: Town):
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 1))
    first, second = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red),
        lambda: place(town, town.an, town.red),
        lambda: place(town, town.bo, town.red),
    )
    assert isinstance(first, Placed)
    assert isinstance(second, StockRanOut)
