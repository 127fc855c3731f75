"""The catalogue's only SQL: what is offered, and guarded set-based writes."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books.catalog.model import Offer
from renqing.books.catalog.rules import picture_of
from renqing.foundation.database import Row, Tx

# A mark of any ancestor forbids: `path` names a category's ancestors and itself, root first.
_OFFER = """
SELECT s.id, s.product_id, p.shop_id, p.title_zh, p.title_en, s.specs,
       s.picture, p.pictures,
       s.price, s.original_price, p.currency, p.on_sale AND s.on_sale AS on_sale, p.giftable,
       (SELECT m.gift_forbidden FROM catalog_category m
         WHERE m.id = ANY (c.path) AND m.gift_forbidden IS NOT NULL LIMIT 1) AS gift_forbidden
  FROM catalog_sku s
  JOIN catalog_product p ON p.id = s.product_id
  JOIN catalog_category c ON c.id = p.category_id
"""


def _offer(row: Row) -> Offer:
    sku_id, product_id, shop_id, title_zh, title_en, specs, picture, pictures, *rest = row.values()
    shown = picture_of((picture, *pictures))
    return Offer(sku_id, product_id, shop_id, title_zh, title_en, tuple(specs), shown, *rest)


async def offers(tx: Tx, sku_ids: Sequence[int]) -> dict[int, Offer]:
    """The SKUs as they are offered now, by id. A SKU that is not there is not in the answer."""
    rows = await tx.fetch(f"{_OFFER} WHERE s.id = ANY ($1::bigint[])", list(sku_ids))
    return {row["id"]: _offer(row) for row in rows}


async def styles(tx: Tx, product_id: int) -> list[Offer]:
    """Every SKU of a product in the shop's order, on sale or not."""
    rows = await tx.fetch(f"{_OFFER} WHERE s.product_id = $1 ORDER BY s.place, s.id", product_id)
    return [_offer(row) for row in rows]
