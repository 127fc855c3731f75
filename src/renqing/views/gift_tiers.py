"""What is in the shares of a gift in tiers, and how many of each are claimed."""

from __future__ import annotations

from itertools import accumulate

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Database, Row
from renqing.social.gifts import Gift


class Goods(msgspec.Struct, frozen=True):
    """What was given, in the style it was given in."""

    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str


class TierSeen(msgspec.Struct, frozen=True):
    """A tier as everybody sees it who sees what is inside: ``shares`` of these goods, so many of them claimed."""

    n: int
    goods: Goods
    shares: int
    claimed: int


# The style as given comes from the SKU; the words from the order's line, which is as it was bought.
_TIERS = """
SELECT t.n, t.shares, l.product_id, l.title_zh, l.title_en, s.specs,
       coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture,
       (SELECT count(*) FROM gift_share h WHERE h.gift_id = t.gift_id
           AND h.n BETWEEN t.first_share AND t.first_share + t.shares - 1)::int AS claimed
  FROM gift_tier t JOIN gift_gift g ON g.id = t.gift_id
  JOIN order_line l ON l.order_id = g.order_id AND l.n = t.n
  JOIN catalog_sku s ON s.id = t.sku_id JOIN catalog_product p ON p.id = t.product_id
 WHERE t.gift_id = $1 ORDER BY t.n
"""
_OF_A_SHARE = """
SELECT l.product_id, l.title_zh, l.title_en, l.specs, coalesce(nullif(l.picture, ''), p.pictures[1], '') AS picture
  FROM order_line l JOIN catalog_product p ON p.id = l.product_id WHERE l.order_id = $1 AND l.n = 1
"""


async def tiers_seen(db: Database, gift: Gift) -> list[TierSeen]:
    """The tiers of a gift, the first one first; none where its shares are equal."""
    rows = await db.fetch(_TIERS, gift.id) if gift.tiers > 1 else []
    return [TierSeen(row["n"], goods_in(row), row["shares"], row["claimed"]) for row in rows]


def prize_in(tiers: list[TierSeen], goods: Goods, prize: int | None) -> Goods | None:
    """What a prize is: of a gift in tiers the goods of the tier that its number lies in."""
    if prize is None or not tiers:
        return None if prize is None else goods
    ends = list(accumulate(tier.shares for tier in tiers))
    return next(tier.goods for tier, end in zip(tiers, ends, strict=True) if prize <= end)


async def goods_of_share(db: Database, order_id: int) -> Goods:
    """What is in a share, by the order that it became."""
    row = await db.fetchrow(_OF_A_SHARE, order_id)
    assert row is not None, "a share's order has its line"
    return goods_in(row)


def goods_in(row: Row) -> Goods:
    """The goods that a row tells of."""
    picture = catalog.picture_of(row["picture"])
    return Goods(row["product_id"], row["title_zh"], row["title_en"], list(row["specs"]), picture)
