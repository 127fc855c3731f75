"""The market shows everything once, in order, counts it right, and finds what people look for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from renqing.books import catalog, people, stock
from renqing.books.catalog import CategoryDraft, ProductDraft, SkuDraft
from renqing.foundation.ground import Ground
from renqing.views import market as market_view
from renqing.views.market import CategoryNotFound, CursorNotValid, MarketPage, categories, market
from renqing.views.product_page import product_page


class Shop:
    """A shop whose goods a test names."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.id = 0
        self.names: dict[str, int] = {}

    async def open(self) -> None:
        async with self.ground.db.transaction() as tx:
            owner = await people.join(tx, name="店主")
            self.id = (await people.open_shop(tx, people.NewShop("山茶铺", "Camellia"), owner.id)).id
            self.names["茶"] = await catalog.save_category(tx, CategoryDraft(name_zh="茶", name_en="Tea"))
            for name in ("绿茶", "红茶"):
                draft = CategoryDraft(name_zh=name, parent_id=self.names["茶"])
                self.names[name] = await catalog.save_category(tx, draft)
            self.names["文具"] = await catalog.save_category(tx, CategoryDraft(name_zh="文具", place=1))

    async def sell(self, *titles: str, category: str = "绿茶", **changes: Any) -> list[int]:
        drafts = [
            ProductDraft(
                shop_id=self.id,
                category_id=self.names[category],
                title_zh=title,
                skus=changes.get("skus", (SkuDraft(price=1000, original_price=1000),)),
                popularity=changes.get("popularity", 0),
                **{name: value for name, value in changes.items() if name not in {"skus", "popularity"}},
            )
            for title in titles
        ]
        async with self.ground.db.transaction() as tx:
            return [one.product_id for one in await catalog.save_products(tx, drafts)]


@pytest.fixture
async def shop(ground: Ground) -> Shop:
    shop = Shop(ground)
    await shop.open()
    return shop


async def every_page(ground: Ground, **asked: Any) -> tuple[list[MarketPage], list[str]]:
    pages = [await market(ground, **asked)]
    while pages[-1].next_cursor is not None:
        pages.append(await market(ground, cursor=pages[-1].next_cursor, **asked))
    return pages, [card.title_zh for page in pages for card in page.cards]


async def test_an_empty_market_is_an_empty_page(ground: Ground) -> None:
    nothing = MarketPage(cards=[], total=0, total_is_more=False, matched="everything", next_cursor=None)
    assert await market(ground) == nothing
    assert await categories(ground) == []


async def test_everything_is_shown_once_the_popular_first(ground: Ground, shop: Shop) -> None:
    for n in range(45):
        await shop.sell(f"茶{n}", popularity=n // 3, category=("绿茶", "红茶", "文具")[n % 3])
    await shop.sell("藏起来的", on_sale=False, popularity=99)
    pages, titles = await every_page(ground)
    assert [len(page.cards) for page in pages] == [20, 20, 5]
    assert [page.total for page in pages] == [45, 45, 45]
    assert titles == [f"茶{n}" for n in sorted(range(45), key=lambda n: (-(n // 3), -n))]


async def test_a_category_shows_all_below_it(ground: Ground, shop: Shop) -> None:
    for n in range(50):
        await shop.sell(f"茶{n}", popularity=n % 7, category=("绿茶", "红茶", "文具", "茶")[n % 4])
    wanted = sorted((n for n in range(50) if n % 4 != 2), key=lambda n: (-(n % 7), -n))
    pages, titles = await every_page(ground, category_id=shop.names["茶"])
    assert titles == [f"茶{n}" for n in wanted]
    assert {page.total for page in pages} == {len(wanted)}
    assert (await market(ground, category_id=shop.names["文具"])).total == 12
    with pytest.raises(CategoryNotFound):
        await market(ground, category_id=77)


async def test_what_moves_meanwhile_is_not_shown_twice(ground: Ground, shop: Shop) -> None:
    first = await shop.sell(*(f"茶{n}" for n in range(30)))
    page = await market(ground)
    await shop.sell("新来的", popularity=5)
    async with ground.db.transaction() as tx:
        await catalog.take_off_sale(tx, shop.id, [first[0]])
    rest = await market(ground, cursor=page.next_cursor)
    shown = [card.product_id for card in (*page.cards, *rest.cards)]
    assert shown == list(reversed(first[1:]))
    assert rest.total == 30


async def test_a_card_has_its_price_shop_and_own_picture(ground: Ground, shop: Shop) -> None:
    styles = (
        SkuDraft(price=1000, original_price=1500, specs=("小",)),
        SkuDraft(price=2000, original_price=2000, specs=("大",)),
    )
    await shop.sell("壶", spec_names=("大小",), skus=styles, pictures=("http://far/1.png", "emoji/1f375.webp"))
    card = (await market(ground)).cards[0]
    assert (card.price_min, card.price_max, card.currency) == (1000, 2000, "CNY")
    assert (card.picture, card.shop_name_zh, card.shop_name_en) == ("emoji/1f375.webp", "山茶铺", "Camellia")


async def test_search_finds_all_words_best_first(ground: Ground, shop: Shop) -> None:
    await shop.sell("龙井绿茶礼盒")
    await shop.sell("青瓷杯", brief_zh="配绿茶正好")
    await shop.sell("红茶礼盒", category="红茶", popularity=50)
    found = await market(ground, query="绿茶")
    assert [card.title_zh for card in found.cards] == ["龙井绿茶礼盒", "青瓷杯"]
    assert (found.total, found.matched, found.total_is_more) == (2, "all_words", False)
    assert [card.title_zh for card in (await market(ground, query="绿茶 礼盒")).cards] == ["龙井绿茶礼盒"]
    assert [card.title_zh for card in (await market(ground, query="礼盒", category_id=shop.names["红茶"])).cards] == [
        "红茶礼盒"
    ]


async def test_the_more_popular_of_equals_comes_first(ground: Ground, shop: Shop) -> None:
    await shop.sell("绿茶甲", popularity=3)
    await shop.sell("绿茶乙", popularity=300)
    await shop.sell("绿茶丙")
    _, titles = await every_page(ground, query="绿茶", limit=1)
    assert titles == ["绿茶乙", "绿茶甲", "绿茶丙"]


async def test_search_that_nothing_answers_whole_shows_what_comes_close(ground: Ground, shop: Shop) -> None:
    await shop.sell("绿茶礼盒", "毛线手套")
    close = await market(ground, query="送给妈妈的绿茶", limit=1)
    assert (close.matched, [card.title_zh for card in close.cards]) == ("some_words", ["绿茶礼盒"])
    assert (await market(ground, query="咖啡机")).total == 0
    assert (await market(ground, query="！！")).cards == []


async def test_search_goes_on_page_by_page(ground: Ground, shop: Shop) -> None:
    await shop.sell(*(f"绿茶 {n} 号" for n in range(45)))
    for query in ("绿茶", "绿茶 咖啡"):
        pages, titles = await every_page(ground, query=query)
        assert (len(titles), len(set(titles))) == (45, 45)
        assert {page.total for page in pages} == {45}


def look_at_no_more_than(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound every search to ``count`` products."""
    statement = market_view._SEARCH.replace("LIMIT 501)", f"LIMIT {count + 1})").replace(">= 20", f"> {count}")
    monkeypatch.setattr(
        market_view, "_SEARCH", statement.replace("<= 500", f"<= {count}").replace("> 500", f"> {count}")
    )
    monkeypatch.setattr(market_view, "SEARCHED_MAX", count)


async def test_a_search_looks_at_no_more_than_its_limit(
    ground: Ground, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.sell(*(f"绿茶 {n} 号" for n in range(30)))
    look_at_no_more_than(25, monkeypatch)
    pages, _ = await every_page(ground, query="绿茶")
    assert [(page.total, page.total_is_more) for page in pages] == [(25, True), (25, True)]


async def test_what_many_things_have_is_looked_for_among_the_popular_then_whole_then_begun(
    ground: Ground, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.sell("kettle one", "kettle two", "kettles three", popularity=market_view.POPULAR_FROM)
    await shop.sell(*(f"kettle plain {n}" for n in range(4)), "kettlebell")
    await shop.sell("kettlebell wanted", popularity=market_view.POPULAR_FROM)
    look_at_no_more_than(2, monkeypatch)
    popular, titles = await every_page(ground, query="kettle")
    assert len(titles) == 3 and all("plain" not in title for title in titles), "the popular are enough"
    assert [page.total_is_more for page in popular] == [True]
    _, titles = await every_page(ground, query="kettle plain")
    assert len(titles) == 3, "of the others, those with the whole words are enough"
    _, titles = await every_page(ground, query="kettleb")
    assert sorted(titles) == ["kettlebell", "kettlebell wanted"], "else the last word may be half typed"


async def test_a_search_of_few_things_finds_the_popular_the_others_and_what_begins_so(
    ground: Ground, shop: Shop
) -> None:
    await shop.sell("kettle one", popularity=market_view.POPULAR_FROM)
    await shop.sell("kettle plain", "kettlebell")
    pages, titles = await every_page(ground, query="kettle")
    assert sorted(titles) == ["kettle one", "kettle plain", "kettlebell"]
    assert [page.total for page in pages] == [3]


@pytest.mark.parametrize("few", [100, 2])
async def test_half_a_word_after_whole_ones_finds_the_same_whether_few_or_many_things_have_those(
    ground: Ground, shop: Shop, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    await shop.sell("rare kettle", "rare kettlebell", "rare cup", "kettlebell")
    sql, most = market_view._SEARCH, market_view.FEW_MAX
    assert (sql.count(f" {most}"), sql.count(f"LIMIT {most + 1}")) == (2, 1)
    asked = sql.replace(f"LIMIT {most + 1}", f"LIMIT {few + 1}").replace(f" {most}", f" {few}")
    monkeypatch.setattr(market_view, "_SEARCH", asked)
    for query, found in (("rare kettle", ["rare kettle", "rare kettlebell"]), ("rare kettleb", ["rare kettlebell"])):
        for category in (None, shop.names["绿茶"]):
            pages, titles = await every_page(ground, query=query, category_id=category)
            assert (sorted(titles), [page.total for page in pages]) == (found, [len(found)])


async def test_a_page_found_by_whole_words_ends_the_search_and_what_is_popular_and_begins_so_is_there_too(
    ground: Ground, shop: Shop
) -> None:
    await shop.sell("kettlebell wanted", popularity=market_view.POPULAR_FROM)
    await shop.sell("kettlebell", *(f"kettle plain {n}" for n in range(market_view.WHOLE_ENOUGH - 1)))
    pages, titles = await every_page(ground, query="kettle")
    assert {"kettlebell", "kettlebell wanted"} < set(titles), "a page is not full: the word may be half typed"
    await shop.sell("kettle one", popularity=market_view.POPULAR_FROM)
    pages, titles = await every_page(ground, query="kettle")
    assert "kettlebell wanted" in titles and "kettlebell" not in titles
    assert len(titles) == len(set(titles)) == pages[0].total == market_view.WHOLE_ENOUGH + 1


async def test_what_middling_many_things_have_is_looked_for_among_the_liked(
    ground: Ground, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.sell(*(f"kettle liked {n}" for n in range(3)), popularity=market_view.LIKED_FROM)
    await shop.sell("kettle plain", popularity=market_view.LIKED_FROM - 1)
    look_at_no_more_than(2, monkeypatch)
    pages, titles = await every_page(ground, query="kettle")
    assert (len(titles), "kettle plain" in titles, pages[0].total_is_more) == (3, False, True)


@pytest.mark.parametrize(("name", "bound"), [("popular", "POPULAR_FROM"), ("liked", "LIKED_FROM")])
async def test_the_bounds_of_the_popular_and_the_liked_are_those_of_their_indexes(
    ground: Ground, name: str, bound: str
) -> None:
    made = await ground.db.fetchval(f"SELECT pg_get_indexdef('catalog_product_{name}_words'::regclass)")
    assert f"popularity >= {getattr(market_view, bound)})" in made.replace("::bigint", "")


@pytest.mark.parametrize(
    "cursor", ["", "x", "p.1", "a.1.1", "p.-1.1", "p.1.99999999999999999999", "p.9999999999999999999.1"]
)
async def test_a_cursor_that_this_list_did_not_give_is_refused(ground: Ground, cursor: str) -> None:
    with pytest.raises(CursorNotValid):
        await market(ground, cursor=cursor)


async def test_categories_are_told_with_what_their_branch_has(ground: Ground, shop: Shop) -> None:
    await shop.sell("甲", "乙", category="绿茶")
    await shop.sell("丙", category="茶")
    await shop.sell("丁", category="文具")
    await shop.sell("戊", category="红茶", on_sale=False)
    assert [(one.name_zh, one.products) for one in await categories(ground)] == [("茶", 3), ("文具", 1)]
    assert [(one.name_zh, one.products) for one in await categories(ground, shop.names["茶"])] == [("绿茶", 2)]


# the product page ---------------------------------------------------------------------------------------------------
async def test_a_product_page_says_everything_in_one_read(ground: Ground, shop: Shop) -> None:
    styles = tuple(
        SkuDraft(price=price, original_price=price + 100, specs=(name,))
        for name, price in (("小", 900), ("中", 1000), ("大", 1100))
    )
    product_id = (
        await shop.sell("壶", spec_names=("大小",), skus=styles, pictures=("http://far/1.png", "emoji/1f375.webp"))
    )[0]
    async with ground.db.transaction() as tx:
        small, middle, large = [style.sku_id for style in await catalog.styles(tx, product_id)]
        await stock.receive(tx, [(small, 3), (middle, 100)], "test", 1)
        reviews = [
            catalog.ReviewDraft(
                product_id=product_id, body=f"第{n}条", made_at=tx.now + timedelta(hours=n), stars=n or None
            )
            for n in range(6)
        ]
        await catalog.add_reviews(tx, reviews)
    page = await product_page(ground, product_id)
    assert [(style.sku_id, style.stock, style.left, style.price, style.original_price) for style in page.styles] == [
        (small, "few", 3, 900, 1000),
        (middle, "plenty", None, 1000, 1100),
        (large, "none", None, 1100, 1200),
    ]
    assert [one.name_zh for one in page.categories] == ["茶", "绿茶"]
    assert (page.pictures, page.stock, page.gift_refusal) == (["emoji/1f375.webp"], "plenty", "")
    assert ([one.body for one in page.reviews], page.reviews_total) == (
        ["第5条", "第4条", "第3条", "第2条", "第1条"],
        6,
    )
    assert (page.shop.shop_id, page.shop.name_en, page.price_min, page.price_max) == (shop.id, "Camellia", 900, 1100)


async def test_a_product_page_says_why_it_may_not_be_a_gift(ground: Ground, shop: Shop) -> None:
    dear = (
        SkuDraft(price=1, original_price=1_000_001, specs=("贵",)),
        SkuDraft(price=1, original_price=1, specs=("平",)),
    )
    mixed = (await shop.sell("瓶", spec_names=("价",), skus=dear))[0]
    above = (await shop.sell("大瓶", spec_names=("价",), skus=dear[:1]))[0]
    closed = (await shop.sell("酒", giftable=False))[0]
    page = await product_page(ground, mixed)
    assert ([style.gift_refusal for style in page.styles], page.gift_refusal) == (["price", ""], "")
    assert (await product_page(ground, above)).gift_refusal == "price"
    assert (await product_page(ground, closed)).gift_refusal == "merchant"
    async with ground.db.transaction() as tx:
        await people.change_shop(tx, shop.id, people.NewShop("山茶铺", gifts_allowed=False))
    assert (await product_page(ground, mixed)).gift_refusal == "shop"
    async with ground.db.transaction() as tx:
        marked = CategoryDraft(name_zh="茶", id=shop.names["茶"], gift_forbidden="education")
        await catalog.save_category(tx, marked)
    assert (await product_page(ground, closed)).gift_refusal == "category"


async def test_a_style_that_was_dropped_is_not_shown(ground: Ground, shop: Shop) -> None:
    styles = (
        SkuDraft(price=1, original_price=1, specs=("留",)),
        SkuDraft(price=2, original_price=2, specs=("走",), on_sale=False),
    )
    product_id = (await shop.sell("壶", spec_names=("去留",), skus=styles))[0]
    assert [style.specs for style in (await product_page(ground, product_id)).styles] == [["留"]]


async def test_a_product_off_sale_still_has_its_page_and_an_unknown_one_has_none(ground: Ground, shop: Shop) -> None:
    product_id = (await shop.sell("旧壶", on_sale=False))[0]
    assert not (await product_page(ground, product_id)).on_sale
    with pytest.raises(catalog.ProductNotFound):
        await product_page(ground, product_id + 1)
