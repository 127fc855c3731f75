"""Pages of the market as they go out: read anew each time, but for a second those of a search that very many answer."""

from __future__ import annotations

import msgspec
import pytest

from renqing.books import catalog, people
from renqing.books.catalog import CategoryDraft, ProductDraft, SkuDraft
from renqing.doors.api import market as doors_market
from renqing.doors.api.market import Shelves
from renqing.doors.house import ShelfAsk
from renqing.foundation.ground import Ground
from renqing.views import market as market_view


async def sell(ground: Ground, *titles: str) -> None:
    async with ground.db.transaction() as tx:
        owner = await people.join(tx, name="店主")
        shop = await people.open_shop(tx, people.NewShop("山茶铺", "Camellia"), owner.id)
        category = await catalog.save_category(tx, CategoryDraft(name_zh="茶"))
        sku = SkuDraft(price=1000, original_price=1000)
        drafts = [ProductDraft(shop_id=shop.id, category_id=category, title_zh=title, skus=(sku,)) for title in titles]
        await catalog.save_products(tx, drafts)


async def take_off_sale(ground: Ground, title: str) -> None:
    await ground.db.fetch("UPDATE catalog_product SET on_sale = false WHERE title_zh = $1", title)


async def titles(shelves: Shelves, query: str | None) -> list[str]:
    said = msgspec.json.decode(await shelves.json(ShelfAsk(query=query, category_id=None, cursor=None, limit=20)))
    return [card["title_zh"] for card in said["products"]]


@pytest.fixture
async def seconds(monkeypatch) -> list[float]:
    """The time by which pages are kept, in the first place of a list."""
    now = [100.0]
    monkeypatch.setattr(doors_market, "monotonic_seconds", lambda: now[0])
    return now


async def test_what_was_taken_off_sale_is_gone_from_the_next_page(ground, seconds):
    await sell(ground, "绿茶一", "绿茶二")
    shelves = Shelves(ground)
    for query in (None, "绿茶"):
        assert len(await titles(shelves, query)) == 2
    await take_off_sale(ground, "绿茶一")
    for query in (None, "绿茶"):
        assert await titles(shelves, query) == ["绿茶二"]


async def test_a_search_that_very_many_answer_may_be_a_second_old(ground, seconds, monkeypatch):
    monkeypatch.setattr(market_view, "SEARCHED_MAX", 1)
    await sell(ground, "绿茶一", "绿茶二")
    shelves = Shelves(ground)
    assert len(await titles(shelves, "绿茶")) == 2
    await take_off_sale(ground, "绿茶一")
    seconds[0] += doors_market.KEPT_SECONDS * 0.9
    assert len(await titles(shelves, "绿茶")) == 2
    seconds[0] += doors_market.KEPT_SECONDS * 0.2
    assert await titles(shelves, "绿茶") == ["绿茶二"]


async def test_no_more_pages_are_kept_than_have_room(ground, seconds, monkeypatch):
    monkeypatch.setattr(market_view, "SEARCHED_MAX", 1)
    monkeypatch.setattr(doors_market, "KEPT_MAX", 2)
    await sell(ground, "绿茶一", "绿茶二")
    shelves = Shelves(ground)
    for query in ("绿茶", "绿", "茶"):
        await titles(shelves, query)
    await take_off_sale(ground, "绿茶一")
    assert [len(await titles(shelves, query)) for query in ("茶", "绿", "绿茶")] == [2, 2, 1], "the oldest made room"
