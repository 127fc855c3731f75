"""Another style of a claimed gift: what its recipient may ask for and how that stands; what waits for a shop.

The recipient reads no amount: every style costs what was given. The giver has no page here.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import catalog
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.social.gifts import Gift
from renqing.trade import aftersales, swaps
from renqing.trade.orders import OrderUnknown
from renqing.trade.swaps import Swap, SwapNotOffered, SwapState
from renqing.views.shop_staff import ShopHead, shop_of_staff
from renqing.views.veil import veiled_orders

STYLES_SHOWN_MAX = 60
PAGE = 50


class SwapChoice(msgspec.Struct, frozen=True):
    """A style that can be asked for: in stock, of the same product, at the gift-time price."""

    sku_id: int
    specs: list[str]
    picture: str


class SwapHere(msgspec.Struct, frozen=True):
    """How another style stands. ``state`` is WeChat Shop's number, 0 where none was asked for.

    ``choices`` is empty where none may be asked for (any more); ``wanted`` names the style that was asked for.
    """

    order_id: int
    state: int
    why: str
    wanted: list[str]
    asked_at: datetime | None
    answer_by: datetime | None
    answer_hours: int
    choices: list[SwapChoice]


class ShopSwap(msgspec.Struct, frozen=True):
    """A wish that waits for a shop: of which order, which style instead of which, and until when."""

    order_id: int
    product_id: int
    title_zh: str
    title_en: str
    picture: str
    specs: list[str]
    wanted: list[str]
    available: int
    asked_at: datetime
    answer_by: datetime


class ShopSwaps(msgspec.Struct, frozen=True):
    """The wishes that wait for a shop, the first to fall due first."""

    shop: ShopHead
    swaps: list[ShopSwap]


_MINE = """SELECT o.state, o.part_of, g.id AS gift_id, l.sku_id
             FROM order_order o LEFT JOIN gift_gift g ON g.order_id = coalesce(o.part_of, o.id)
             LEFT JOIN order_line l ON l.order_id = o.id AND l.n = 1
            WHERE o.id = $1 AND o.owner_id = $2"""

_CHOICES = f"""
SELECT s.id, s.specs, coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture
  FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id JOIN stock_item i ON i.sku_id = s.id
 WHERE s.product_id = $1 AND s.id <> $2 AND i.on_hand > i.held
   AND (s.id = $3 OR (s.on_sale AND p.on_sale AND
        CASE WHEN $6::bigint[] IS NULL THEN s.price = $4 AND p.currency = $5 ELSE s.id = ANY ($6) END))
 ORDER BY s.place, s.id LIMIT {STYLES_SHOWN_MAX}
"""

_WAITING = f"""
SELECT w.order_id, l.product_id, l.title_zh, l.title_en, coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture,
       l.specs, s.specs AS wanted, coalesce(i.on_hand - i.held, 0) AS available, w.asked_at, w.answer_by
  FROM swap_request w JOIN order_line l ON l.order_id = w.order_id AND l.n = 1
  JOIN catalog_sku s ON s.id = w.new_sku_id JOIN catalog_product p ON p.id = s.product_id
  LEFT JOIN stock_item i ON i.sku_id = w.new_sku_id
 WHERE w.shop_id = $1 AND w.state = 3 AND w.answer_by > $2 AND ($3::bigint IS NULL OR w.order_id = $3)
 ORDER BY w.answer_by, w.order_id LIMIT {PAGE}
"""


async def swap_of_order(ground: Ground, reader_id: int, order_id: int) -> SwapHere:
    """How another style stands for the recipient; nothing is offered for what one bought for oneself.

    Raises OrderUnknown for everybody else, a gift's giver too.
    """
    row = await ground.db.fetchrow(_MINE, order_id, reader_id)
    if row is None:
        raise OrderUnknown(order_id=order_id)
    gift = None if row["gift_id"] is None else await gifts.by_id(ground.db, row["gift_id"])
    if gift is None:
        return SwapHere(order_id, 0, "", [], None, None, 0, [])
    asked = await swaps.of_order(ground.db, order_id)
    cases = await aftersales.of_order(ground.db, order_id)
    is_open = any(case.state in aftersales.UNDECIDED for case in cases)
    is_veiled = order_id in await veiled_orders(ground.db, reader_id, [order_id])
    chosen = row["part_of"] is not None
    may = not is_veiled and _may_ask(ground, gift, asked, state=row["state"], chosen=chosen, aftersale_open=is_open)
    return SwapHere(
        order_id=order_id,
        state=0 if asked is None else int(asked.state),
        why="" if asked is None else asked.why,
        wanted=[] if asked is None or is_veiled else await _specs(ground, asked),
        asked_at=None if asked is None else asked.asked_at,
        answer_by=None if asked is None else asked.answer_by,
        answer_hours=_hours(ground, gift),
        choices=await _choices(ground, gift, row["sku_id"]) if may else [],
    )


def _hours(ground: Ground, gift: Gift) -> int:
    return (gift.policy or ground.policy).gift_swap_answer_hours


def _may_ask(ground: Ground, gift: Gift, asked: Swap | None, *, state: int, chosen: bool, aftersale_open: bool) -> bool:
    try:
        swaps.judge_ask(
            answer_hours=_hours(ground, gift),
            shares=gift.things,
            state=state,
            chosen=chosen,
            asked_before=asked is not None,
            aftersale_open=aftersale_open,
        )
    except SwapNotOffered:
        return False
    return True


async def _choices(ground: Ground, gift: Gift, now_sku: int) -> list[SwapChoice]:
    args = gift.product_id, now_sku, gift.sku_id, gift.unit_price, gift.currency, gift.equal_skus
    rows = await ground.db.fetch(_CHOICES, *args)
    return [SwapChoice(row["id"], list(row["specs"]), catalog.picture_of(row["picture"])) for row in rows]


async def _specs(ground: Ground, asked: Swap) -> list[str]:
    return list(await ground.db.fetchval("SELECT specs FROM catalog_sku WHERE id = $1", asked.new_sku_id) or [])


async def shop_swaps(ground: Ground, reader_id: int, shop_id: int, order_id: int | None = None) -> ShopSwaps:
    """What waits for a shop's answer, or one order's wish. Raises ShopUnknown for others than its staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    rows = await ground.db.fetch(_WAITING, shop_id, ground.clock.now(), order_id)
    return ShopSwaps(shop, [ShopSwap(**{**row, "picture": catalog.picture_of(row["picture"])}) for row in rows])


def is_waiting(here: SwapHere) -> bool:
    """Whether the shop has still to answer."""
    return here.state == SwapState.WAITING
