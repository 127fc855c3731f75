"""What is in a set, by shop, and once it is claimed how far each shop's part is. No amount has a place to stand.

For who sees what is inside; the caller says who that is.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.ground import Ground
from renqing.social.gifts import Gift
from renqing.trade import orders
from renqing.views.gift_going import Going, going
from renqing.views.gift_tiers import Goods, goods_in
from renqing.views.veil import UNKNOWN, veiled_orders


class SetLine(msgspec.Struct, frozen=True):
    """So many pieces of one thing, the ``n``-th of the set."""

    goods: Goods
    quantity: int
    n: int = 0


class SetPart(msgspec.Struct, frozen=True):
    """What of a set comes from one shop. ``order_id``, ``going`` and ``aftersale`` (its latest) once it is claimed."""

    shop_id: int
    shop_name_zh: str
    shop_name_en: str
    lines: list[SetLine]
    order_id: int | None = None
    going: Going = ""
    aftersale: str = ""


def pieces_in(parts: list[SetPart]) -> int:
    """How many pieces these parts are."""
    return sum(line.quantity for part in parts for line in part.lines)


# The lines are what their recipient took; as it was given, a thing of which another style was taken is its style's.
_LINES = """
SELECT l.n, l.quantity, l.product_id, l.title_zh, l.title_en, coalesce(s.specs, l.specs) AS specs,
       coalesce(nullif(coalesce(s.picture, l.picture), ''), p.pictures[1], '') AS picture,
       h.id AS shop_id, h.name_zh, h.name_en
  FROM order_line l JOIN catalog_product p ON p.id = l.product_id JOIN people_shop h ON h.id = p.shop_id
  LEFT JOIN gift_set_thing t ON t.gift_id = $2 AND t.n = l.n AND t.sku_id <> l.sku_id
  LEFT JOIN catalog_sku s ON $3 AND s.id = t.sku_id
 WHERE l.order_id = $1 ORDER BY l.n
"""
_GOING = """
SELECT o.id, o.shop_id, o.state, o.received_at,
       (SELECT bool_and(s.state = 'delivered') FROM shipping_parcel s WHERE s.order_id = o.id) AS delivered,
       (SELECT c.state FROM aftersale_case c WHERE c.order_id = o.id ORDER BY c.id DESC LIMIT 1) AS aftersale
  FROM order_order o WHERE o.id = ANY($1)
"""


async def veiled_parts(ground: Ground, reader_id: int, parts: list[SetPart]) -> list[SetPart]:
    """The parts of a set that is a surprise: of each what its reader may know. Before the claim, not even how many."""
    sent = [part.order_id for part in parts if part.order_id is not None]
    hidden = await veiled_orders(ground.db, reader_id, sent)
    return [_veiled(part) if part.order_id in hidden else part for part in parts if part.order_id is not None]


def _veiled(part: SetPart) -> SetPart:
    return msgspec.structs.replace(part, shop_id=0, shop_name_zh="", shop_name_en="", lines=[SetLine(UNKNOWN, 1)])


async def set_of(ground: Ground, gift: Gift, *, as_given: bool = False) -> list[SetPart]:
    """The parts of a set, the shop that was named first coming first; none where there is one thing in it.

    ``as_given``: for who may not know which styles were taken.
    """
    if not gift.is_set:
        return []
    rows = await ground.db.fetch(_LINES, gift.order_id, gift.id, as_given)
    parts: dict[int, SetPart] = {}
    for row in rows:
        part = parts.setdefault(row["shop_id"], SetPart(row["shop_id"], row["name_zh"], row["name_en"], []))
        part.lines.append(SetLine(goods_in(row), row["quantity"], row["n"]))
    if gift.claimed_by is None:
        return list(parts.values())
    sections = (await orders.sections_of(ground.db, [gift.order_id])).get(gift.order_id, ())
    order_ids = [section.part_id for section in sections] or [gift.order_id]
    for row in await ground.db.fetch(_GOING, order_ids):
        parts[row["shop_id"]] = msgspec.structs.replace(
            parts[row["shop_id"]],
            order_id=row["id"],
            going=going(row["state"], received=row["received_at"] is not None, delivered=bool(row["delivered"])),
            aftersale=row["aftersale"] or "",
        )
    return list(parts.values())
