"""The market for everybody: categories, lists, search, a product."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from renqing.books.catalog import ProductNotFound
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Cursor, MoneyOut, encoded, house_of, id_in, id_of, readings_of
from renqing.doors.house import ShelfAsk
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.ground import Ground
from renqing.views.market import (
    PAGE,
    PAGE_MAX,
    CategoryNotFound,
    CursorNotValid,
    MarketCard,
    categories,
    market,
)
from renqing.views.product_page import ProductPage, StyleHere, product_pages

KEPT_SECONDS = 1.0
KEPT_MAX = 200  # pages of some 10 kB

allow(Audience.PUBLIC, "GET /v1/categories", "GET /v1/products", "GET /v1/products/{product_id:str}")


class CategoryOut(msgspec.Struct, frozen=True):
    """A category and how many products its branch has on sale."""

    id: str
    name_zh: str
    name_en: str
    picture: str
    products: int


class ProductCard(msgspec.Struct, frozen=True):
    """A product in a list. ``picture`` is a path below ``/media/``, or empty."""

    id: str
    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    picture: str
    price_min: MoneyOut
    price_max: MoneyOut


class ProductList(msgspec.Struct, frozen=True):
    """A page of products. ``total`` is exact unless ``total_is_more``; ``matched`` says what a search found."""

    products: list[ProductCard]
    total: int
    total_is_more: bool
    matched: str
    next_cursor: str | None


class StyleOut(msgspec.Struct, frozen=True):
    """A SKU. ``gift_refusal`` is empty where it may be a gift; ``left`` is told only when few are left."""

    id: str
    specs: list[str]
    price: MoneyOut
    original_price: MoneyOut
    picture: str
    stock: str
    left: int | None
    gift_refusal: str


class NameOut(msgspec.Struct, frozen=True):
    """Something with an id and a name in two languages."""

    id: str
    name_zh: str
    name_en: str


class ReviewOut(msgspec.Struct, frozen=True):
    """What somebody said of a product; an empty author is anonymous."""

    author: str
    stars: int | None
    body: str
    reply: str
    made_at: datetime


class ProductOut(msgspec.Struct, frozen=True):
    """Everything of a product's page."""

    id: str
    shop: NameOut
    categories: list[NameOut]
    brand_zh: str
    brand_en: str
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    detail_zh: str
    detail_en: str
    unit: str
    pictures: list[str]
    attributes: list[tuple[str, str]]
    spec_names: list[str]
    styles: list[StyleOut]
    on_sale: bool
    gift_refusal: str
    reviews: list[ReviewOut]
    reviews_total: int


@get("/v1/categories", tags=["market"])
async def list_categories(request: AnyRequest) -> list[CategoryOut]:
    """The categories of the home page, by how much they hold."""
    found = await categories(house_of(request).ground)
    return [CategoryOut(str(one.category_id), one.name_zh, one.name_en, one.picture, one.products) for one in found]


@get("/v1/products", tags=["market"], refuses=(CategoryNotFound, CursorNotValid))
async def list_products(
    request: AnyRequest,
    words: Annotated[str | None, QueryParameter(name="query", max_length=100, required=False)] = None,
    category: Annotated[str | None, QueryParameter(max_length=19, required=False)] = None,
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)] = PAGE,
) -> ProductList:
    """Products: the home list, a category's shelf, or what a search finds."""
    ask = ShelfAsk(query=words, category_id=id_of(category), cursor=cursor, limit=limit)
    return cast("ProductList", await readings_of(request).shelves.ask(ask))


class Shelves:
    """Pages of the market as they go out, each a ``ProductList``.

    A page of a search that more than 500 things answer may be ``KEPT_SECONDS`` old: it is a choice of the popular among
    them, dear to make and asked for by many. Everything else is read anew each time.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._kept: OrderedDict[ShelfAsk, tuple[msgspec.Raw, float]] = OrderedDict()

    async def json(self, ask: ShelfAsk) -> msgspec.Raw:
        """The page that is asked for."""
        said, until = self._kept.get(ask, (None, 0.0))
        if said is not None and monotonic_seconds() < until:
            return said
        page = await market(
            self._ground, query=ask.query, category_id=ask.category_id, cursor=ask.cursor, limit=ask.limit
        )
        cards = [_card(card) for card in page.cards]
        said = encoded(ProductList(cards, page.total, page.total_is_more, page.matched, page.next_cursor))
        self._kept.pop(ask, None)
        if page.total_is_more:
            self._kept[ask] = (said, monotonic_seconds() + KEPT_SECONDS)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return said


def _card(card: MarketCard) -> ProductCard:
    return ProductCard(
        str(card.product_id),
        str(card.shop_id),
        card.shop_name_zh,
        card.shop_name_en,
        card.title_zh,
        card.title_en,
        card.brief_zh,
        card.brief_en,
        card.picture,
        MoneyOut(card.price_min, card.currency),
        MoneyOut(card.price_max, card.currency),
    )


@get("/v1/products/{product_id:str}", tags=["market"], refuses=(ProductNotFound,))
async def read_product(request: AnyRequest, product_id: FromPath[str]) -> ProductOut:
    """A product with its styles, prices, stock in words and first reviews."""
    return cast("ProductOut", await readings_of(request).product_pages.ask(id_in(product_id)))


async def products_json(ground: Ground, product_ids: Sequence[int]) -> list[msgspec.Raw | Exception]:
    """For each product its ``ProductOut`` as it goes out, or the refusal."""
    pages = await product_pages(ground, product_ids)
    return [page if isinstance(page, ProductNotFound) else encoded(_product(page)) for page in pages]


def _product(page: ProductPage) -> ProductOut:
    return ProductOut(
        id=str(page.product_id),
        shop=NameOut(str(page.shop.shop_id), page.shop.name_zh, page.shop.name_en),
        categories=[NameOut(str(step.category_id), step.name_zh, step.name_en) for step in page.categories],
        brand_zh=page.brand_zh,
        brand_en=page.brand_en,
        title_zh=page.title_zh,
        title_en=page.title_en,
        brief_zh=page.brief_zh,
        brief_en=page.brief_en,
        detail_zh=page.detail_zh,
        detail_en=page.detail_en,
        unit=page.unit,
        pictures=page.pictures,
        attributes=[(name, value) for name, value in page.attributes],
        spec_names=page.spec_names,
        styles=[_style(page, style) for style in page.styles],
        on_sale=page.on_sale,
        gift_refusal=page.gift_refusal,
        reviews=[ReviewOut(one.author, one.stars, one.body, one.reply, one.made_at) for one in page.reviews],
        reviews_total=page.reviews_total,
    )


def _style(page: ProductPage, style: StyleHere) -> StyleOut:
    return StyleOut(
        str(style.sku_id),
        style.specs,
        MoneyOut(style.price, page.currency),
        MoneyOut(style.original_price, page.currency),
        style.picture,
        style.stock,
        style.left,
        style.gift_refusal,
    )


routes = [list_categories, list_products, read_product]
