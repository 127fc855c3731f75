"""The veil over a surprise: which goods a reader may not know yet, and what stands in their place.

Every page that names goods to somebody who may be their recipient asks here. What stands in their place says nothing of
the thing: no name, no shop, a number that is nobody's, and the same picture for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from renqing.foundation.database import Database, Row
from renqing.foundation.text import say
from renqing.social import surprises
from renqing.social.surprises import Standing, Until
from renqing.views.gift_tiers import Goods

Hidden = Literal["", "delivered", "opened"]  # until when something is; empty: it is not
PICTURE = "emoji/1f381.webp"
UNKNOWN = Goods(0, say("surprise.goods", "zh"), say("surprise.goods", "en"), [], PICTURE)

_STANDING = """
       s.until, o.received_at IS NOT NULL AS received,
       EXISTS (SELECT 1 FROM surprise_reveal r
                WHERE r.gift_id = s.gift_id AND r.person_id = $1 AND r.order_id IN (0, o.id)) AS revealed,
       o.owner_id = $1 AND o.state IN (30, 100) AND NOT EXISTS (
         SELECT 1 FROM shipping_parcel p WHERE p.order_id = o.id AND p.delivered_at IS NULL) AS delivered
"""
_ORDERS = f"""
SELECT o.id, {_STANDING}
  FROM order_order o JOIN gift_gift g ON g.order_id = coalesce(o.part_of, o.id)
  JOIN surprise_gift s ON s.gift_id = g.id
 WHERE o.id = ANY($2::bigint[]) AND g.giver_id <> $1
"""
# The reader's own orders of each gift: their share's, every shop's of a set that they claimed, or the gift's.
_GIFTS = f"""
SELECT g.id, {_STANDING}
  FROM gift_gift g JOIN surprise_gift s ON s.gift_id = g.id
  LEFT JOIN gift_share h ON h.gift_id = g.id AND h.person_id = $1
  LEFT JOIN order_section n ON n.order_id = g.order_id AND g.claimed_by = $1
  JOIN order_order o ON o.id = coalesce(h.order_id, n.part_id, g.order_id)
 WHERE g.id = ANY($2::bigint[]) AND g.giver_id <> $1
"""


async def veiled_orders(db: Database, reader_id: int, order_ids: Sequence[int]) -> dict[int, Until]:
    """Of these orders, those whose goods the reader may not know yet, and until when."""
    return _hidden(await db.fetch(_ORDERS, reader_id, order_ids)) if order_ids else {}


async def veiled_gifts(db: Database, reader_id: int, gift_ids: Sequence[int]) -> dict[int, Until]:
    """Of these gifts, those of whose goods there are some that the reader may not know yet, and until when."""
    return _hidden(await db.fetch(_GIFTS, reader_id, gift_ids)) if gift_ids else {}


def _hidden(rows: Sequence[Row]) -> dict[int, Until]:
    return {
        row["id"]: row["until"]
        for row in rows
        if surprises.is_hidden(
            Standing(
                row["until"],
                is_revealed=row["revealed"],
                is_received=row["received"],
                is_delivered=bool(row["delivered"]),
            )
        )
    }
