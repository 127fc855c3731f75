"""A shop's parcels, newest first, with the latest news of each."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.ground import Ground
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 25
PAGE_MAX = 100


class ParcelRow(msgspec.Struct, frozen=True):
    """A parcel in the list. ``place`` and ``heard_at`` are the carrier's latest news."""

    parcel_id: int
    order_id: int
    carrier: str
    tracking_number: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    pieces: int
    title_zh: str
    title_en: str
    place: str
    heard_at: datetime


class ParcelPage(msgspec.Struct, frozen=True):
    """A page of a shop's parcels. ``next_after`` is the cursor of the next one."""

    shop: ShopHead
    rows: list[ParcelRow]
    next_after: int | None


_LIST = """
SELECT p.id, p.order_id, p.carrier, p.tracking_number, p.state, p.shipped_at, p.delivered_at,
       (SELECT sum(quantity) FROM shipping_parcel_line WHERE parcel_id = p.id) AS pieces,
       f.title_zh, f.title_en, e.place, e.happened_at
  FROM shipping_parcel p
  CROSS JOIN LATERAL (SELECT l.title_zh, l.title_en FROM shipping_parcel_line pl
     JOIN order_line l ON l.order_id = p.order_id AND l.n = pl.line_n
     WHERE pl.parcel_id = p.id ORDER BY pl.line_n LIMIT 1) f
  CROSS JOIN LATERAL (SELECT place, happened_at FROM shipping_event WHERE parcel_id = p.id
     ORDER BY happened_at DESC, id DESC LIMIT 1) e
 WHERE p.shop_id = $1 AND p.id < $2 ORDER BY p.id DESC LIMIT $3
"""


async def shop_parcels(
    ground: Ground, reader_id: int, shop_id: int, after: int | None = None, limit: int = PAGE
) -> ParcelPage:
    """A page of a shop's parcels. Raises ShopUnknown for others than its staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    size = max(1, min(limit, PAGE_MAX))
    rows = await ground.db.fetch(_LIST, shop_id, 2**63 - 1 if after is None else after, size + 1)
    made = [ParcelRow(*row.values()) for row in rows[:size]]
    return ParcelPage(shop, made, made[-1].parcel_id if len(rows) > size else None)
