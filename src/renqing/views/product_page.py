"""A product's page: what it is, its styles with price and stock, may it be a gift, what people say. One read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from renqing.books.catalog import GiftRefusal, ProductNotFound, may_be_gift, picture_of
from renqing.foundation.database import Row
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.social.gifts import choice_in, chosen, may_not

REVIEWS_SHOWN = 5
REVIEWS_COUNTED_MAX = 1_000

Stock = Literal["plenty", "few", "none"]


class StyleHere(msgspec.Struct, frozen=True):
    """One style. ``left`` is told only when few are left; how many a shop has is its own affair."""

    sku_id: int
    specs: list[str]
    price: int
    original_price: int
    picture: str
    stock: Stock
    left: int | None
    gift_refusal: GiftRefusal


class CategoryHere(msgspec.Struct, frozen=True):
    """A step of the way from the market's roots to this product."""

    category_id: int
    name_zh: str
    name_en: str


class ShopHere(msgspec.Struct, frozen=True):
    """The shop that sells it."""

    shop_id: int
    name_zh: str
    name_en: str
    logo: str


class ReviewHere(msgspec.Struct, frozen=True):
    """What somebody said. An empty author is anonymous; None for stars means that none were given."""

    author: str
    stars: int | None
    body: str
    reply: str
    made_at: datetime


class ProductPage(msgspec.Struct, frozen=True):
    """Everything the product page shows. Off sale it is still readable: links to it live in chats and orders.

    ``gift_refusal`` is empty where at least one style may be a gift, else it says why none may.
    """

    product_id: int
    shop: ShopHere
    categories: list[CategoryHere]
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
    styles: list[StyleHere]
    price_min: int
    price_max: int
    currency: str
    on_sale: bool
    stock: Stock
    gift_refusal: GiftRefusal
    reviews: list[ReviewHere]
    reviews_total: int
    reviews_total_is_more: bool


class _Style(msgspec.Struct, frozen=True):
    id: int
    specs: list[str]
    price: int
    original_price: int
    picture: str
    available: int


_STYLES = msgspec.json.Decoder(list[_Style])
_CHOICES = msgspec.json.Decoder(dict[str, dict[str, Any]])
_CATEGORIES = msgspec.json.Decoder(list[CategoryHere])
_REVIEWS = msgspec.json.Decoder(list[ReviewHere])

STATEMENT = f"""
SELECT p.id, p.title_zh, p.title_en, p.brief_zh, p.brief_en, p.detail_zh, p.detail_en, p.unit, p.pictures,
       p.attributes, p.spec_names, p.on_sale, p.giftable, p.price_min, p.price_max, p.currency,
       h.id AS shop_id, h.name_zh AS shop_zh, h.name_en AS shop_en, h.logo, h.gifts_allowed,
       coalesce(b.name_zh, '') AS brand_zh, coalesce(b.name_en, '') AS brand_en, way.steps, way.forbidden,
       (SELECT coalesce(json_agg(json_build_object('id', s.id, 'specs', s.specs, 'price', s.price,
               'original_price', s.original_price, 'picture', s.picture,
               'available', coalesce(i.on_hand - i.held, 0)) ORDER BY s.place, s.id), '[]')::text
          FROM catalog_sku s LEFT JOIN stock_item i ON i.sku_id = s.id
         WHERE s.product_id = p.id AND s.on_sale) AS styles,
       (SELECT coalesce(json_agg(r), '[]')::text FROM (
          SELECT author, stars, body, reply, made_at FROM catalog_review
           WHERE product_id = p.id ORDER BY id DESC LIMIT {REVIEWS_SHOWN}) r) AS reviews,
       (SELECT json_object_agg(w.shop_id, json_build_object('preset', w.preset, 'changes', w.changes))::text
          FROM gift_policy w WHERE w.shop_id IN (0, h.id)) AS policies,
       (SELECT count(*) FROM (SELECT 1 FROM catalog_review WHERE product_id = p.id
                               LIMIT {REVIEWS_COUNTED_MAX + 1}) r) AS reviews_total
  FROM catalog_product p
  JOIN people_shop h ON h.id = p.shop_id
  JOIN catalog_category c ON c.id = p.category_id
  LEFT JOIN catalog_brand b ON b.id = p.brand_id
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('category_id', m.id, 'name_zh', m.name_zh, 'name_en', m.name_en)
                    ORDER BY cardinality(m.path))::text AS steps, max(m.gift_forbidden) AS forbidden
      FROM catalog_category m WHERE m.id = ANY (c.path)) way
 WHERE p.id = ANY ($1::bigint[])
"""


async def product_page(ground: Ground, product_id: int) -> ProductPage:
    """The page of a product. Raises ProductNotFound."""
    page = (await product_pages(ground, [product_id]))[0]
    if isinstance(page, ProductNotFound):
        raise page
    return page


async def product_pages(ground: Ground, product_ids: Sequence[int]) -> list[ProductPage | ProductNotFound]:
    """The pages of products, for all who ask at once in one statement."""
    rows = await ground.db.fetch(STATEMENT, list(dict.fromkeys(product_ids)))
    found = {row["id"]: _page(ground, row) for row in rows}
    return [found.get(product_id) or ProductNotFound(product_id=product_id) for product_id in product_ids]


def _page(ground: Ground, row: Row) -> ProductPage:
    kept = _CHOICES.decode(row["policies"]) if row["policies"] else {}
    choices = {shop: choice_in(**one) for shop, one in kept.items()}
    policy = chosen(ground.policy, choices.get("0"), choices.get(str(row["shop_id"])))
    styles = [_style(ground, policy, row, style) for style in _STYLES.decode(row["styles"])]
    total = row["reviews_total"]
    return ProductPage(
        product_id=row["id"],
        shop=ShopHere(row["shop_id"], row["shop_zh"], row["shop_en"], picture_of(row["logo"])),
        categories=_CATEGORIES.decode(row["steps"]),
        brand_zh=row["brand_zh"],
        brand_en=row["brand_en"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        brief_zh=row["brief_zh"],
        brief_en=row["brief_en"],
        detail_zh=row["detail_zh"],
        detail_en=row["detail_en"],
        unit=row["unit"],
        pictures=[picture for picture in row["pictures"] if picture_of(picture)],
        attributes=[(name, value) for name, value in row["attributes"]],
        spec_names=list(row["spec_names"]),
        styles=styles,
        price_min=row["price_min"],
        price_max=row["price_max"],
        currency=row["currency"],
        on_sale=row["on_sale"],
        stock=_most([style.stock for style in styles]),
        gift_refusal=_widest({style.gift_refusal for style in styles}),
        reviews=_REVIEWS.decode(row["reviews"]),
        reviews_total=min(total, REVIEWS_COUNTED_MAX),
        reviews_total_is_more=total > REVIEWS_COUNTED_MAX,
    )


def _style(ground: Ground, policy: GiftPolicy, row: Row, style: _Style) -> StyleHere:
    few = 0 < style.available <= ground.policy.stock_low_at
    return StyleHere(
        sku_id=style.id,
        specs=style.specs,
        price=style.price,
        original_price=style.original_price,
        picture=picture_of(style.picture, *row["pictures"]),
        stock="few" if few else "plenty" if style.available > 0 else "none",
        left=style.available if few else None,
        gift_refusal=may_be_gift(
            giftable=row["giftable"],
            shop_allows=row["gifts_allowed"],
            forbidden=may_not(policy, row["forbidden"]),
            original_price=style.original_price,
            price_max=policy.gift_price_max_minor,
        ),
    )


def _widest(refusals: set[GiftRefusal]) -> GiftRefusal:
    """One reason for the product: none where a style may be given, else the one that most of it shares."""
    order: tuple[GiftRefusal, ...] = ("", "category", "shop", "merchant", "price")
    return next((why for why in order if why in refusals), "")


def _most(stocks: list[Stock]) -> Stock:
    return next((level for level in ("plenty", "few") if level in stocks), "none")
