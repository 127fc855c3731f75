"""The demo world comes whole, once, quickly, and shows the rules that people will ask about."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from renqing.books import people
from renqing.books.catalog import Catalogue
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.ground import Ground
from renqing.journeys import make_the_demo_world as journey
from renqing.journeys.demo.reading import SHOPS, catalogue_of, people_of_the_demo, picture_key, shelf
from renqing.journeys.import_a_catalogue import CatalogueNotValid
from renqing.journeys.make_the_demo_world import make_the_demo_world
from renqing.trade import engravings, lateness, shipping, vouchers
from renqing.views.market import categories, market
from renqing.views.product_page import ProductPage, product_page

MEDIA = Path(journey.__file__).parents[1] / "doors/web/media"
SECONDS_MAX = 5
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LHASA_STREET = 540102001


def ignore(_words: str) -> None:
    pass


async def page_of(ground: Ground, shop: str, product: str) -> ProductPage:
    title = next(one.zh[0] for one in shelf(shop).product if one.id == product)
    return await product_page(
        ground, await ground.db.fetchval("SELECT id FROM catalog_product WHERE title_zh = $1", title)
    )


async def counted(ground: Ground) -> dict[str, Any]:
    row = await ground.db.fetchrow(
        """SELECT (SELECT count(*) FROM people_person) AS people, (SELECT count(*) FROM people_friend) AS friends,
                  (SELECT count(*) FROM people_group) AS groups, (SELECT count(*) FROM people_shop) AS shops,
                  (SELECT count(*) FROM people_address) AS addresses,
                  (SELECT count(*) FROM catalog_product) AS products,
                  (SELECT count(*) FROM catalog_sku) AS skus, (SELECT sum(on_hand) FROM stock_item) AS pieces,
                  (SELECT count(*) FROM catalog_review) AS reviews, (SELECT count(*) FROM outbox_fact) AS facts"""
    )
    return dict(row)


async def test_the_demo_world_comes_whole_and_quickly(ground: Ground) -> None:
    said: list[str] = []
    began = monotonic_seconds()
    await make_the_demo_world(ground, said.append)
    assert monotonic_seconds() - began < SECONDS_MAX
    assert len(said) == 1 + len(SHOPS)
    world = await counted(ground)
    goods = [product for shop in SHOPS for product in shelf(shop).product]
    assert (world["products"], world["skus"]) == (len(goods), sum(len(product.skus) for product in goods))
    assert world["products"] >= 110
    assert (world["people"], world["shops"], world["groups"], world["addresses"]) == (15, 6, 2, 9)
    shown = await market(ground)
    assert shown.total == sum(product.on_sale for product in goods)
    assert all(card.picture and card.title_en for card in shown.cards)
    assert [one.name_en for one in await categories(ground)] == [
        "Tea & drinks", "Food", "Stationery & books", "Home", "Play & pets", "Nearby", "Jewellery", "Courses",
    ]  # fmt: skip


async def test_the_demo_world_is_made_once(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    before = await counted(ground)
    async with ground.db.transaction() as tx:
        found = await people.person_by_phone(tx, people.phone_hash(tx.keys, "13800000001"))
        assert found is not None
        await people.change_person(tx, found.id, name="改了名")
        before["facts"] += 1
    await make_the_demo_world(ground, ignore)
    assert await counted(ground) == before


async def test_of_two_who_start_at_once_one_makes_the_demo_world(ground: Ground) -> None:
    """The second waits for the first's lock, and then finds everything there."""
    said: list[str] = []
    await asyncio.gather(*(make_the_demo_world(ground, said.append) for _ in range(2)))
    assert (await counted(ground))["shops"] == len(SHOPS)
    assert len(said) == 1 + len(SHOPS)


async def test_a_demo_world_that_fails_on_its_last_shop_is_not_there(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await counted(ground)

    def faulty(shop: str, now: datetime, currency: str) -> Catalogue:
        whole = catalogue_of(shop, now, currency)
        return msgspec.structs.replace(whole, products=[]) if shop == "play" else whole

    monkeypatch.setattr(journey, "catalogue_of", faulty)
    with pytest.raises(CatalogueNotValid):
        await make_the_demo_world(ground, ignore)
    assert await counted(ground) == before


async def test_the_demo_shows_the_rules_of_gifts(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    why = {
        (shop, product): (await page_of(ground, shop, product)).gift_refusal
        for shop, product in (
            ("home", "ring"), ("paper", "course"), ("play", "piano"), ("tea", "mate"), ("tea", "longjing"),
        )
    }  # fmt: skip
    assert list(why.values()) == ["category", "category", "price", "merchant", ""]
    assert (await page_of(ground, "tea", "icetea")).stock == "none"
    assert (await page_of(ground, "tea", "old-tree")).stock == "few"
    assert not (await page_of(ground, "play", "firework")).on_sale


async def test_people_know_each_other_live_somewhere_and_work(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    async with ground.db.transaction() as tx:
        found = {
            one.id: await people.person_by_phone(tx, people.phone_hash(tx.keys, one.phone))
            for one in people_of_the_demo().person
        }
        lin, zhe, henrik = (found[name] for name in ("lin", "zhe", "henrik"))
        assert lin is not None
        assert zhe is not None
        assert henrik is not None
        assert await people.are_friends(tx, lin.id, zhe.id)
        assert not await people.are_friends(tx, lin.id, henrik.id)
        address = await people.open_address(tx, lin.id, (await people.address_ids(tx, lin.id))[0])
        assert (address.region_name, address.is_default) == ("浙江省 杭州市 西湖区 西溪街道", True)
    roles = await ground.db.fetch("SELECT role, count(*) AS n FROM people_staff GROUP BY role")
    assert {row["role"]: row["n"] for row in roles} == {"owner": 6, "clerk": 3, "operator": 1}


async def test_the_shop_of_the_street_sells_vouchers_and_nothing_else(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    promised = {}
    for product in shelf("nearby").product:
        page = await page_of(ground, "nearby", product.id)
        terms = (await vouchers.terms_of_products(ground.db, [page.product_id]))[page.product_id]
        assert not page.gift_refusal
        promised[product.id] = (terms.uses, terms.unclaimed, len(terms.location_ids))
    assert promised["pourover"] == (5, "refunded", 2) and promised["dumplings"] == (1, "returned_for_use", 2)
    assert await ground.db.fetchval("SELECT count(DISTINCT product_id) FROM voucher_terms") == len(promised)


async def test_freight_is_free_from_an_amount_and_a_far_region_is_left_out(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    fruit = (await page_of(ground, "fruit", "peach")).shop.shop_id
    async with ground.db.transaction() as tx:
        near = [await shipping.quote(tx, fruit, 330106004, amount) for amount in (8799, 8800)]
        far = await shipping.quote(tx, fruit, LHASA_STREET, 8800)
    assert [(quote.fee, quote.delivers) for quote in near] == [(1200, True), (0, True)]
    assert not far.delivers


def test_every_picture_of_the_demo_is_there_and_none_is_idle() -> None:
    named: set[str] = set()
    for shop in SHOPS:
        catalogue = catalogue_of(shop, NOW, "CNY")
        named.update(picture for product in catalogue.products for picture in product.pictures)
        named.update(category.picture for category in catalogue.categories)
        named.add(picture_key(shelf(shop).shop.logo))
    named.update(picture_key(person.avatar) for person in people_of_the_demo().person)
    assert {file.relative_to(MEDIA).as_posix() for file in MEDIA.glob("emoji/*.webp")} == named


def test_every_product_speaks_both_languages() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for shop in SHOPS:
        for product in shelf(shop).product:
            assert all(han.search(text) for text in product.zh), product.id
            assert all(text and not han.search(text) for text in product.en), product.id


def test_no_two_products_share_a_picture() -> None:
    pictures = [product.picture for shop in SHOPS for product in shelf(shop).product]
    assert len(pictures) == len(set(pictures))


async def test_the_orchard_pays_for_lateness_and_says_so(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    rows = await ground.db.fetch(
        "SELECT s.name_en, p.share_bp FROM lateness_promise p JOIN people_shop s ON s.id = p.shop_id"
    )
    assert [tuple(row.values()) for row in rows] == [("Orchard Hall", 1_000)]
    peach = await page_of(ground, "fruit", "peach")
    promise = await lateness.promise_of(ground.db, peach.shop.shop_id)
    assert promise is not None
    assert (promise.lowest_amount, promise.highest_amount, promise.grace_hours) == (200, 3_000, 24)


async def test_the_pen_takes_words_and_the_diary_a_picture_too(ground: Ground) -> None:
    await make_the_demo_world(ground, ignore)
    pen, diary, gel = [(await page_of(ground, "paper", name)).product_id for name in ("fountain", "diary", "gel")]
    terms = await engravings.terms_of(ground.db, [pen, diary, gel])
    assert terms == {pen: engravings.Terms(12), diary: engravings.Terms(20, takes_pictures=True)}
