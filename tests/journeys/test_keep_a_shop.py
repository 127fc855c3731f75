"""A shop keeps itself: its face, freight, products and stock, and nobody else keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from counter import add_clerk, books_are_right, buy, gift_to, receive, ship
from town import Town, build_town, give_paid, snapshot

from renqing.books import catalog, people, stock
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.ask_the_staff import OwnersOnly
from renqing.journeys.keep_a_product import (
    KeepProduct,
    SwitchProducts,
    allow_products_as_gifts,
    keep_a_product,
    put_products_on_sale,
)
from renqing.journeys.keep_a_shop import DropFreight, KeepShop, SetFreight, drop_freight, keep_a_shop, set_freight
from renqing.journeys.put_right import NothingSetAside, PutRight, run_a_timer_again, tell_a_fact_again
from renqing.journeys.read_an_address import AddressClosed, ReadAddress, read_an_address
from renqing.journeys.receive_stock import ReceiveStock, WriteOffStock, receive_stock, write_off_stock
from renqing.trade import orders, shipping


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def _draft(town: Town) -> catalog.ProductDraft:
    known = await town.ground.db.run(lambda tx: catalog.get_product(tx, town.shop_id, town.product_id))
    return catalog.ProductDraft(
        id=known.id,
        shop_id=town.shop_id,
        category_id=known.category_id,
        title_zh=known.title_zh,
        title_en=known.title_en,
        spec_names=known.spec_names,
        seen_changed_at=known.changed_at,
        skus=tuple(
            catalog.SkuDraft(id=sku.id, price=sku.price, original_price=sku.original_price, specs=sku.specs)
            for sku in known.skus
        ),
    )


async def test_staff_save_a_product_and_its_source_stays(town: Town) -> None:
    await town.ground.db.run(
        lambda tx: tx.execute(
            "UPDATE catalog_product SET source = 'litemall', source_id = '1006002' WHERE id = $1", town.product_id
        )
    )
    await add_clerk(town, town.cai)
    draft = msgspec.structs.replace(
        await _draft(town), title_zh="青瓷茶杯", source="mine", source_id="9", popularity=999
    )
    kept = await keep_a_product(town.ground, KeepProduct(town.cai, draft), town.key(town.cai))
    assert (kept.product_id, kept.how) == (town.product_id, "changed")
    assert kept.sku_ids == (town.red, town.blue, town.dear)
    row = await town.ground.db.fetchrow(
        "SELECT title_zh, source, source_id, popularity FROM catalog_product WHERE id = $1", town.product_id
    )
    assert tuple(row.values()) == ("青瓷茶杯", "litemall", "1006002", 0)


async def test_an_edit_of_a_version_that_somebody_changed_is_refused(town: Town) -> None:
    draft = await _draft(town)
    town.ground.clock.move(timedelta(seconds=1))
    other = msgspec.structs.replace(draft, title_zh="另一个名字")
    await keep_a_product(town.ground, KeepProduct(town.owner_id, other), town.key(town.owner_id))
    with pytest.raises(catalog.ProductChangedMeanwhile):
        await keep_a_product(town.ground, KeepProduct(town.owner_id, draft), town.key(town.owner_id))
    assert (
        await town.ground.db.fetchval("SELECT title_zh FROM catalog_product WHERE id = $1", town.product_id)
        == "另一个名字"
    )


async def test_a_new_product_is_the_shops_own(town: Town) -> None:
    draft = msgspec.structs.replace(await _draft(town), id=None, seen_changed_at=None, title_zh="新杯")
    kept = await keep_a_product(town.ground, KeepProduct(town.owner_id, draft), town.key(town.owner_id))
    assert kept.how == "new" and kept.product_id != town.product_id
    assert not set(kept.sku_ids) & {town.red, town.blue, town.dear}


async def test_products_are_switched_and_only_the_shops_own(town: Town) -> None:
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="邻家"), town.an))
    ask = SwitchProducts(town.an, other.id, (town.product_id,), on=False)
    assert (await put_products_on_sale(town.ground, ask, town.key(town.an))).product_ids == ()
    mine = SwitchProducts(town.owner_id, town.shop_id, (town.product_id,), on=False)
    assert (await put_products_on_sale(town.ground, mine, town.key(town.owner_id))).product_ids == (town.product_id,)
    assert (await put_products_on_sale(town.ground, mine, town.key(town.owner_id))).product_ids == ()
    assert (await allow_products_as_gifts(town.ground, mine, town.key(town.owner_id))).product_ids == (town.product_id,)
    row = await town.ground.db.fetchrow("SELECT on_sale, giftable FROM catalog_product WHERE id = $1", town.product_id)
    assert tuple(row.values()) == (False, False)
    with pytest.raises(FieldNotValid):
        await put_products_on_sale(
            town.ground, msgspec.structs.replace(mine, product_ids=tuple(range(1, 202))), town.key(town.owner_id)
        )


async def test_pieces_come_in_and_are_written_off(town: Town) -> None:
    ask = ReceiveStock(town.owner_id, town.shop_id, ((town.red, 5), (town.blue, 1)))
    key = once(town.owner_id, "same", "stock", ask)
    first = await receive_stock(town.ground, ask, key)
    assert first.levels == ((town.red, 15, 0), (town.blue, 11, 0))
    assert await receive_stock(town.ground, ask, key) == first
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (15, 0)}
    await buy(town, town.an, town.red, 10)
    off = WriteOffStock(town.owner_id, town.shop_id, town.red, 6)
    before = await snapshot(town.ground)
    with pytest.raises(stock.StockRanOut):  # ten are held
        await write_off_stock(town.ground, off, town.key(town.owner_id))
    assert await snapshot(town.ground) == before
    levels = await write_off_stock(town.ground, msgspec.structs.replace(off, quantity=5), town.key(town.owner_id))
    assert levels.levels == ((town.red, 10, 10),)


@pytest.mark.parametrize("lines", [(), ((1, 1),), "zero", "negative", "twice", "huge"])
async def test_pieces_that_cannot_be_are_not_counted(town: Town, lines: object) -> None:
    told = {
        "zero": ((town.red, 0),),
        "negative": ((town.red, -1),),
        "twice": ((town.red, 1), (town.red, 1)),
        "huge": ((town.red, 2**62),),
    }
    asked = told.get(lines, lines) if isinstance(lines, str) else lines
    before = await snapshot(town.ground)
    with pytest.raises((FieldNotValid, catalog.ProductNotFound)):
        await receive_stock(
            town.ground,
            ReceiveStock(town.owner_id, town.shop_id, asked),  # type: ignore[arg-type]
            town.key(town.owner_id),
        )
    assert await snapshot(town.ground) == before


async def test_the_owner_sets_freight_and_a_clerk_does_not(town: Town) -> None:
    await add_clerk(town, town.cai)
    rate = shipping.Rate(330000, fee=800, free_from=9900)
    with pytest.raises(OwnersOnly):
        await set_freight(town.ground, SetFreight(town.cai, town.shop_id, rate), town.key(town.cai))
    kept = await set_freight(town.ground, SetFreight(town.owner_id, town.shop_id, rate), town.key(town.owner_id))
    assert rate in kept.rates
    everywhere = shipping.Rate(shipping.EVERYWHERE, fee=500)
    kept = await set_freight(town.ground, SetFreight(town.owner_id, town.shop_id, everywhere), town.key(town.owner_id))
    assert everywhere in kept.rates and rate in kept.rates
    with pytest.raises(FieldNotValid):  # no such region
        await set_freight(
            town.ground,
            SetFreight(town.owner_id, town.shop_id, shipping.Rate(999999, fee=1)),
            town.key(town.owner_id),
        )
    kept = await drop_freight(town.ground, DropFreight(town.owner_id, town.shop_id, 330000), town.key(town.owner_id))
    assert rate not in kept.rates


async def test_an_owner_ends_gifts_of_the_shop_and_wrapped_ones_stay(town: Town) -> None:
    wrapped = await give_paid(town, town.an, town.bo, town.red)
    face = people.NewShop(name_zh="山茶铺", name_en="Camellia", gifts_allowed=False)
    kept = await keep_a_shop(town.ground, KeepShop(town.owner_id, town.shop_id, face), town.key(town.owner_id))
    assert not kept.shop.gifts_allowed
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", wrapped.gift_id) == 10


async def test_others_learn_nothing_of_a_shop_they_do_not_work_for(town: Town) -> None:
    draft = await _draft(town)
    face = people.NewShop(name_zh="抢来的店")
    rate = shipping.Rate(shipping.EVERYWHERE, fee=1)
    switch = SwitchProducts(town.an, town.shop_id, (town.product_id,), on=False)
    before = await snapshot(town.ground)
    for person in (town.an, town.stranger):
        for story in (
            keep_a_product(town.ground, KeepProduct(person, draft), town.key(person)),
            put_products_on_sale(town.ground, msgspec.structs.replace(switch, staff_id=person), town.key(person)),
            allow_products_as_gifts(town.ground, msgspec.structs.replace(switch, staff_id=person), town.key(person)),
            receive_stock(town.ground, ReceiveStock(person, town.shop_id, ((town.red, 1),)), town.key(person)),
            write_off_stock(town.ground, WriteOffStock(person, town.shop_id, town.red, 1), town.key(person)),
            keep_a_shop(town.ground, KeepShop(person, town.shop_id, face), town.key(person)),
            set_freight(town.ground, SetFreight(person, town.shop_id, rate), town.key(person)),
            drop_freight(town.ground, DropFreight(person, town.shop_id, 0), town.key(person)),
        ):
            with pytest.raises(people.ShopUnknown):
                await story
    assert await snapshot(town.ground) == before


async def test_an_address_is_opened_for_the_shop_while_its_order_is_on_its_way(town: Town) -> None:
    gift = await give_paid(town, town.an, town.bo, town.red)
    with pytest.raises(AddressClosed):
        await read_an_address(town.ground, ReadAddress(town.owner_id, gift.order_id))
    order_id = await gift_to(town, town.an, town.bo, town.blue)
    for person in (town.an, town.bo, town.stranger):
        with pytest.raises(orders.OrderUnknown):
            await read_an_address(town.ground, ReadAddress(person, order_id))
    assert await town.ground.db.fetchval("SELECT count(*) FROM people_address_read") == 0
    for _ in range(2):
        opened = await read_an_address(town.ground, ReadAddress(town.owner_id, order_id))
        assert (opened.name, opened.phone, opened.detail) == ("收件人", "13800000001", "文三路 1 号")
    await ship(town, order_id)
    await read_an_address(town.ground, ReadAddress(town.owner_id, order_id, "help"))
    await receive(town, town.bo, order_id)
    with pytest.raises(AddressClosed):
        await read_an_address(town.ground, ReadAddress(town.owner_id, order_id))
    rows = await town.ground.db.fetch("SELECT reader_id, order_id, why FROM people_address_read ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        (town.owner_id, order_id, "ship"),
        (town.owner_id, order_id, "ship"),
        (town.owner_id, order_id, "help"),
    ]


async def test_an_operator_lets_what_was_set_aside_go_on(town: Town) -> None:
    db = town.ground.db
    await db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    fact_id = await db.fetchval("SELECT min(id) FROM outbox_fact")
    await db.run(
        lambda tx: tx.execute("UPDATE outbox_fact SET set_aside_at = $2, attempts = 8 WHERE id = $1", fact_id, tx.now)
    )
    await db.run(
        lambda tx: tx.execute(
            """INSERT INTO timer (id, kind, key, due_at, made_at, attempts, set_aside_at)
               VALUES (7, 'receive_order', 7, $1, $1, 12, $1)""",
            tx.now,
        )
    )
    for person in (town.owner_id, town.an):
        with pytest.raises(NothingSetAside):
            await tell_a_fact_again(town.ground, PutRight(person, fact_id), town.key(person))
        with pytest.raises(NothingSetAside):
            await run_a_timer_again(town.ground, PutRight(person, 7), town.key(person))
    await tell_a_fact_again(town.ground, PutRight(town.cai, fact_id), town.key(town.cai))
    await run_a_timer_again(town.ground, PutRight(town.cai, 7), town.key(town.cai))
    fact = await db.fetchrow("SELECT set_aside_at, attempts FROM outbox_fact WHERE id = $1", fact_id)
    timer = await db.fetchrow("SELECT set_aside_at, attempts FROM timer WHERE id = 7")
    assert (tuple(fact.values()), tuple(timer.values())) == ((None, 0), (None, 0))
    with pytest.raises(NothingSetAside):
        await tell_a_fact_again(town.ground, PutRight(town.cai, fact_id), town.key(town.cai))
    with pytest.raises(NothingSetAside):
        await run_a_timer_again(town.ground, PutRight(town.cai, 7), town.key(town.cai))
