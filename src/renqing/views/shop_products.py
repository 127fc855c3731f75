"""A shop's products: the list with stock and whether they may be gifts, and one as its editor loads it."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Row
from renqing.foundation.errors import NotValid
from renqing.foundation.ground import Ground
from renqing.trade import engravings
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 25
PAGE_MAX = 100
Wanted = Literal["on_sale", "off_sale", "low", "all"]
WANTED: tuple[Wanted, ...] = get_args(Wanted)


class WantedNotValid(NotValid):
    """There is no such list of products. Fact: ``wanted``."""

    code = "shelf_not_valid"


class ProductRow(msgspec.Struct, frozen=True):
    """A product in the list. ``free`` pieces can be bought now; ``low`` styles have hardly any. Minor units."""

    product_id: int
    title_zh: str
    title_en: str
    picture: str
    on_sale: bool
    giftable: bool
    gift_forbidden: str | None
    price_min: int
    price_max: int
    currency: str
    styles: int
    low: int
    on_hand: int
    held: int


class ProductPage(msgspec.Struct, frozen=True):
    """A page of a shop's products. ``next_after`` is the cursor of the next one."""

    shop: ShopHead
    wanted: Wanted
    stock_low_at: int
    rows: list[ProductRow]
    next_after: int | None


class StyleStock(msgspec.Struct, frozen=True):
    """What there is of one style, and what moved last."""

    on_hand: int
    held: int


class Choice(msgspec.Struct, frozen=True):
    """A category or brand to choose, with its whole path in both languages."""

    id: int
    name_zh: str
    name_en: str
    gift_forbidden: str | None = None


class ProductForm(msgspec.Struct, frozen=True):
    """A product for its editor; ``product`` None: a new one. ``stock`` by SKU."""

    shop: ShopHead
    product: catalog.Product | None
    stock: dict[int, StyleStock]
    categories: list[Choice]
    brands: list[Choice]
    engraving: engravings.Terms = engravings.Terms()


_CONDITIONS: dict[Wanted, str] = {
    "on_sale": "AND p.on_sale",
    "off_sale": "AND NOT p.on_sale",
    "low": """AND p.on_sale AND EXISTS (SELECT 1 FROM catalog_sku s LEFT JOIN stock_item i ON i.sku_id = s.id
              WHERE s.product_id = p.id AND s.on_sale AND coalesce(i.on_hand - i.held, 0) <= $3)""",
    "all": "",
}
_LIST = """
SELECT p.id, p.title_zh, p.title_en, p.pictures, p.on_sale, p.giftable,
       (SELECT a.gift_forbidden FROM catalog_category c JOIN catalog_category a ON a.id = ANY (c.path)
         WHERE c.id = p.category_id AND a.gift_forbidden IS NOT NULL LIMIT 1) AS gift_forbidden,
       p.price_min, p.price_max, trim(p.currency) AS currency, k.styles, k.low, k.on_hand, k.held
  FROM catalog_product p
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.on_sale) AS styles,
           count(*) FILTER (WHERE s.on_sale AND coalesce(i.on_hand - i.held, 0) <= $3) AS low,
           coalesce(sum(i.on_hand), 0)::bigint AS on_hand, coalesce(sum(i.held), 0)::bigint AS held
      FROM catalog_sku s LEFT JOIN stock_item i ON i.sku_id = s.id WHERE s.product_id = p.id) k
 WHERE p.shop_id = $1 AND p.id < $2 {condition} ORDER BY p.id DESC LIMIT $4
"""
_CATEGORIES = """
SELECT c.id, string_agg(a.name_zh, ' / ' ORDER BY cardinality(a.path)) AS name_zh,
       string_agg(coalesce(nullif(a.name_en, ''), a.name_zh), ' / ' ORDER BY cardinality(a.path)) AS name_en,
       max(a.gift_forbidden) AS gift_forbidden
  FROM catalog_category c JOIN catalog_category a ON a.id = ANY (c.path)
 GROUP BY c.id ORDER BY name_zh LIMIT 2000
"""


async def shop_products(
    ground: Ground, reader_id: int, shop_id: int, wanted: str = "on_sale", after: int | None = None, limit: int = PAGE
) -> ProductPage:
    """A page of a shop's products, newest first. Raises ShopUnknown for others than its staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    if wanted not in WANTED:
        raise WantedNotValid(wanted=wanted[:20])
    size, low_at = max(1, min(limit, PAGE_MAX)), ground.policy.stock_low_at
    rows = await ground.db.fetch(
        _LIST.format(condition=_CONDITIONS[wanted]), shop_id, 2**63 - 1 if after is None else after, low_at, size + 1
    )
    made = [_row(row) for row in rows[:size]]
    return ProductPage(shop, wanted, low_at, made, made[-1].product_id if len(rows) > size else None)


def _row(row: Row) -> ProductRow:
    product_id, title_zh, title_en, pictures, *rest = row.values()
    return ProductRow(product_id, title_zh, title_en, catalog.picture_of(*pictures), *rest)


async def product_form(ground: Ground, reader_id: int, shop_id: int, product_id: int | None) -> ProductForm:
    """A product for its editor, or an empty form. Raises ShopUnknown, ProductNotFound."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    product = None
    stocks: dict[int, StyleStock] = {}
    takes: dict[int, engravings.Terms] = {}
    if product_id is not None:
        product = await ground.db.run(lambda tx: catalog.get_product(tx, shop_id, product_id))
        rows = await ground.db.fetch(
            "SELECT sku_id, on_hand, held FROM stock_item WHERE sku_id = ANY($1)", [sku.id for sku in product.skus]
        )
        takes = await engravings.terms_of(ground.db, [product_id])
        stocks = {row["sku_id"]: StyleStock(row["on_hand"], row["held"]) for row in rows}
    return ProductForm(
        shop=shop,
        product=product,
        stock=stocks,
        engraving=takes.get(product_id or 0, engravings.Terms()),
        categories=[Choice(*row.values()) for row in await ground.db.fetch(_CATEGORIES)],
        brands=[
            Choice(*row.values())
            for row in await ground.db.fetch(
                "SELECT id, name_zh, name_en FROM catalog_brand ORDER BY name_zh LIMIT 2000"
            )
        ],
    )
