"""What somebody may have instead of what they were given, and what became of it.

Of one thing no amount has a place to stand, and their order is the shop's newest first: nothing tells what costs more,
beyond that it is within the gift. Where several may be chosen, prices and the value are shown.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.gift_policy import Other
from renqing.foundation.ground import Ground
from renqing.social import funds, gifts, surprises
from renqing.social.gifts import Gift
from renqing.trade import choices, engravings, shipping
from renqing.views.gift_tiers import Goods, goods_in

PAGE = 24


class ThingSeen(msgspec.Struct, frozen=True):
    """Something that may be had instead. ``price`` is None where one thing is chosen."""

    sku_id: int
    goods: Goods
    stock: Literal["plenty", "few"]
    price: int | None


class Choices(msgspec.Struct, frozen=True):
    """A page of what may be had instead. ``rule``: one thing, or several; ``value`` of them all at most, then.

    ``freight`` is added to them below ``free_from`` of goods (None: always). ``after`` asks for the next page.
    """

    rule: Other
    things: list[ThingSeen]
    after: int | None
    currency: str
    value: int | None = None
    freight: int | None = None
    free_from: int | None = None


class Piece(msgspec.Struct, frozen=True):
    """So many of something that was chosen."""

    goods: Goods
    quantity: int


# A mark of any ancestor forbids, as where a gift is wrapped. Newest products first, their styles in the shop's order.
_THINGS = f"""
SELECT s.id, s.product_id, p.title_zh, p.title_en, s.specs, s.price,
       coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture,
       i.on_hand - i.held AS available
  FROM catalog_product p JOIN catalog_sku s ON s.product_id = p.id JOIN stock_item i ON i.sku_id = s.id
  JOIN catalog_category c ON c.id = p.category_id
 WHERE p.shop_id = $1 AND p.currency = $2 AND p.on_sale AND p.giftable AND s.on_sale AND i.on_hand > i.held
   AND s.id <> $3 AND s.original_price <= $8 AND (SELECT gifts_allowed FROM people_shop WHERE id = $1)
   AND s.price + CASE WHEN s.price >= $6 THEN 0 ELSE $5::bigint END <= $4
   AND NOT EXISTS (SELECT 1 FROM catalog_category m WHERE m.id = ANY (c.path) AND m.gift_forbidden IS NOT NULL
                      AND $7 IN ('marked', m.gift_forbidden))
   AND NOT EXISTS (SELECT 1 FROM voucher_terms v WHERE v.product_id = p.id)
   AND ($9::bigint IS NULL OR s.product_id < (SELECT product_id FROM catalog_sku WHERE id = $9)
        OR s.product_id = (SELECT product_id FROM catalog_sku WHERE id = $9) AND s.id > $9)
 ORDER BY s.product_id DESC, s.id LIMIT {PAGE + 1}
"""


async def other_of(ground: Ground, gift: Gift) -> Other:
    """Whether something else can be had for a gift that waits, and how."""
    rule = (gift.policy or ground.policy).gift_other
    if rule == "disabled" or gift.things > 1:
        return "disabled"
    order = await _order(ground, gift)
    return "disabled" if await _why_not(ground, gift, order) else rule


async def _order(ground: Ground, gift: Gift) -> Row:
    row = await ground.db.fetchrow("SELECT id, by_voucher, total_amount FROM order_order WHERE id = $1", gift.order_id)
    assert row is not None, "a gift has its order"
    return row


async def _why_not(ground: Ground, gift: Gift, order: Row) -> str:
    return choices.why_not(
        rule=(gift.policy or ground.policy).gift_other,
        shares=gift.shares,
        pieces=gift.pieces,
        is_drawn=gift.mode != "first_come",
        by_voucher=order["by_voucher"],
        is_engraved=await engravings.of_order(ground.db, gift.order_id) is not None,
        is_surprise=bool(await surprises.of_gifts(ground.db, [gift.id])),
        is_together=await funds.of_gift(ground.db, gift.id) is not None,
    )


async def choices_of(ground: Ground, gift_id: int, after: int | None = None) -> Choices:
    """What may be had instead of an open gift that its reader found, a page of it. Raises OtherNotOffered."""
    gift = await gifts.by_id(ground.db, gift_id)
    assert gift is not None, "a gift that was found is there"
    policy = gift.policy or ground.policy
    order = await _order(ground, gift)
    reason = await _why_not(ground, gift, order)
    if reason:
        raise choices.OtherNotOffered(reason=reason)
    freight, free_from = await _freight(ground, gift.shop_id)
    rows = await ground.db.fetch(
        _THINGS,
        gift.shop_id,
        gift.currency,
        gift.sku_id,
        order["total_amount"],
        freight,
        free_from,
        policy.gift_excludes,
        policy.gift_price_max_minor,
        after,
    )
    is_priced = policy.gift_other == "multiple"
    return Choices(
        rule=policy.gift_other,
        things=[_thing(ground, row, is_priced=is_priced) for row in rows[:PAGE]],
        after=rows[PAGE - 1]["id"] if len(rows) > PAGE else None,
        currency=gift.currency,
        value=order["total_amount"] if is_priced else None,
        freight=freight if is_priced else None,
        free_from=free_from if is_priced else None,
    )


async def _freight(ground: Ground, shop_id: int) -> tuple[int, int | None]:
    """What the shop asks to a place that is not known yet, and from how much on nothing."""
    rates = (await shipping.rates_of(ground.db, [shop_id])).get(shop_id, [])
    rate = next((one for one in rates if one.region_code == shipping.EVERYWHERE), None)
    return (0, None) if rate is None or not rate.delivers else (rate.fee, rate.free_from)


def _thing(ground: Ground, row: Row, *, is_priced: bool) -> ThingSeen:
    stock: Literal["plenty", "few"] = "few" if row["available"] <= ground.policy.stock_low_at else "plenty"
    return ThingSeen(row["id"], goods_in(row), stock, row["price"] if is_priced else None)


_CHOSEN = """
SELECT l.product_id, l.title_zh, l.title_en, l.specs, coalesce(nullif(l.picture, ''), p.pictures[1], '') AS picture,
       l.quantity
  FROM order_line l JOIN catalog_product p ON p.id = l.product_id WHERE l.order_id = $1 ORDER BY l.n
"""


async def chosen_in(ground: Ground, order_id: int) -> list[Piece]:
    """What an order that was chosen is of."""
    return [Piece(goods_in(row), row["quantity"]) for row in await ground.db.fetch(_CHOSEN, order_id)]


async def told_to_giver(ground: Ground, gift: Gift, order_id: int) -> list[Piece]:
    """What was chosen, where the gift's policy lets its giver read it."""
    may = order_id != gift.order_id and (gift.policy or ground.policy).gift_other_told == "yes"
    return await chosen_in(ground, order_id) if may else []
