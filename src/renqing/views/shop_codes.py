"""A shop's gift codes as its staff see them: where they stand, what began at each, and what each guide brought.

Counted are gifts that were paid, with what was paid for them; one that went back unclaimed is counted out again.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books.catalog import picture_of
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade.codes import CodeUnknown
from renqing.views.shop_staff import ShopHead, shop_of_staff

PRODUCTS_MAX = 200


class CodeRow(msgspec.Struct, frozen=True):
    """A code. ``amount`` in minor units: what the gifts that began at it brought, less what went back."""

    code_id: int
    code: str
    product_id: int
    title_zh: str
    title_en: str
    picture: str
    on_sale: bool
    price_min: int
    currency: str
    place: str
    guide: str
    made_at: datetime
    ended: bool
    gifts: int
    amount: int


class GuideRow(msgspec.Struct, frozen=True):
    """What somebody who stood by codes brought."""

    name: str
    gifts: int
    amount: int


class ProductChoice(msgspec.Struct, frozen=True):
    """A product that a code may lead to."""

    product_id: int
    title_zh: str
    title_en: str


class GuideChoice(msgspec.Struct, frozen=True):
    """Somebody who works for the shop."""

    person_id: int
    name: str


class ShopCodes(msgspec.Struct, frozen=True):
    """All codes of a shop, the newest first, with what may be chosen for a new one."""

    shop: ShopHead
    rows: list[CodeRow]
    guides: list[GuideRow]
    products: list[ProductChoice]
    staff: list[GuideChoice]


_BROUGHT = """
  SELECT k.code_id, k.guide_id, g.id, o.total_amount - o.refunded_amount AS amount
    FROM code_gift k JOIN gift_gift g ON g.id = k.gift_id JOIN order_order o ON o.id = g.order_id
   WHERE k.code_id IN (SELECT id FROM code_code WHERE shop_id = $1) AND g.claimable_at IS NOT NULL
     AND o.refunded_amount < o.total_amount"""
_CODES = f"""
SELECT c.id, c.code, c.product_id, p.title_zh, p.title_en, p.pictures, p.on_sale, p.price_min, p.currency, c.place,
       coalesce(w.name, '') AS guide, c.made_at, c.ended_at IS NOT NULL AS ended,
       count(b.id) AS gifts, coalesce(sum(b.amount), 0)::bigint AS amount
  FROM code_code c JOIN catalog_product p ON p.id = c.product_id LEFT JOIN people_person w ON w.id = c.guide_id
  LEFT JOIN ({_BROUGHT}) b ON b.code_id = c.id
 WHERE c.shop_id = $1 GROUP BY c.id, p.id, w.id ORDER BY c.id DESC
"""
_GUIDES = f"""
SELECT w.name, count(*) AS gifts, sum(b.amount)::bigint AS amount
  FROM ({_BROUGHT}) b JOIN people_person w ON w.id = b.guide_id GROUP BY w.id ORDER BY amount DESC, w.id
"""
_PRODUCTS = """
SELECT id, title_zh, title_en FROM catalog_product WHERE shop_id = $1 AND on_sale AND giftable
 ORDER BY popularity DESC, id DESC LIMIT $2
"""
_STAFF = """
SELECT s.person_id, p.name FROM people_staff s JOIN people_person p ON p.id = s.person_id
 WHERE s.shop_id = $1 ORDER BY p.id
"""


async def shop_codes(ground: Ground, reader_id: int, shop_id: int) -> ShopCodes:
    """Raises ShopUnknown for who does not work there."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    return ShopCodes(
        shop=shop,
        rows=[_row(row) for row in await ground.db.fetch(_CODES, shop_id)],
        guides=[GuideRow(*row.values()) for row in await ground.db.fetch(_GUIDES, shop_id)],
        products=[ProductChoice(*row.values()) for row in await ground.db.fetch(_PRODUCTS, shop_id, PRODUCTS_MAX)],
        staff=[GuideChoice(*row.values()) for row in await ground.db.fetch(_STAFF, shop_id)],
    )


async def shop_code(ground: Ground, reader_id: int, shop_id: int, code_id: int) -> tuple[ShopHead, CodeRow]:
    """One code, to print. Raises ShopUnknown, CodeUnknown."""
    seen = await shop_codes(ground, reader_id, shop_id)
    row = next((row for row in seen.rows if row.code_id == code_id), None)
    if row is None:
        raise CodeUnknown
    return seen.shop, row


def _row(row: Row) -> CodeRow:
    return CodeRow(
        row["id"],
        row["code"],
        row["product_id"],
        row["title_zh"],
        row["title_en"],
        picture_of(*row["pictures"]),
        row["on_sale"],
        row["price_min"],
        row["currency"],
        row["place"],
        row["guide"],
        row["made_at"],
        row["ended"],
        row["gifts"],
        row["amount"],
    )
