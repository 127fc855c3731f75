"""My orders: what comes to me, bought by myself or claimed from a gift, newest first, a page at a time.

A gift's order shows no amount. What I paid for others stands in my gifts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books.catalog import picture_of
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade.orders import OrderState
from renqing.views.behind_a_mask import masked_orders
from renqing.views.veil import UNKNOWN, veiled_orders

PAGE = 20
_BIGGEST = 2**63 - 1

Shelf = Literal["all", "to_pay", "to_ship", "to_use", "to_receive", "done"]
SHELVES: dict[Shelf, tuple[OrderState, ...]] = {
    "all": tuple(OrderState),
    "to_pay": (OrderState.TO_PAY,),
    "to_ship": (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED),
    "to_use": (OrderState.TO_REDEEM,),
    "to_receive": (OrderState.TO_RECEIVE,),
    "done": (OrderState.DONE, OrderState.REFUNDED),
}


class OrderCard(msgspec.Struct, frozen=True):
    """An order in the list, by its first line. ``total`` is None on a gift; of a present the shop is the giver."""

    order_id: int
    state: int
    why_closed: str
    shop_name_zh: str
    shop_name_en: str
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    pieces: int
    total: int | None
    currency: str
    giver_name: str
    pay_by: datetime
    placed_at: datetime


class OrdersPage(msgspec.Struct, frozen=True):
    """A page of orders; ``before`` asks for the next, None where there is none."""

    orders: list[OrderCard]
    before: int | None


_MINE = """
SELECT o.id, o.state, o.why_closed, o.purpose, o.total_amount, o.currency, o.pay_by, o.placed_at,
       h.name_zh AS shop_zh, h.name_en AS shop_en, l.product_id, l.title_zh, l.title_en, l.specs, l.picture,
       (SELECT sum(quantity)::int FROM order_line WHERE order_id = o.id) AS pieces,
       CASE o.purpose WHEN 'present' THEN h.name_zh ELSE coalesce(p.name, '') END AS giver
  FROM order_order o JOIN people_shop h ON h.id = o.shop_id JOIN order_line l ON l.order_id = o.id AND l.n = 1
  LEFT JOIN people_person p ON p.id = o.payer_id AND o.purpose = 'gift'
 WHERE o.owner_id = $1 AND o.id < $2 AND o.state = ANY($3::smallint[])
 ORDER BY o.id DESC LIMIT $4
"""


async def my_orders(ground: Ground, reader_id: int, shelf: Shelf = "all", before: int | None = None) -> OrdersPage:
    """The reader's orders of one shelf."""
    states = [int(state) for state in SHELVES[shelf]]
    rows = await ground.db.fetch(_MINE, reader_id, before or _BIGGEST, states, PAGE + 1)
    veiled = await veiled_orders(ground.db, reader_id, [row["id"] for row in rows if row["purpose"] == "gift"])
    masked = await masked_orders(ground.db, reader_id, [row["id"] for row in rows if row["purpose"] == "gift"])
    cards = [_veil(_card(row)) if row["id"] in veiled else _card(row) for row in rows[:PAGE]]
    cards = [msgspec.structs.replace(one, giver_name="") if one.order_id in masked else one for one in cards]
    return OrdersPage(cards, rows[PAGE - 1]["id"] if len(rows) > PAGE else None)


def _veil(card: OrderCard) -> OrderCard:
    """The card of a surprise: nothing of the thing, nor of its shop."""
    goods = msgspec.structs.asdict(UNKNOWN)
    return msgspec.structs.replace(card, **goods, shop_name_zh="", shop_name_en="", pieces=1)


def _card(row: Row) -> OrderCard:
    return OrderCard(
        order_id=row["id"],
        state=row["state"],
        why_closed=row["why_closed"],
        shop_name_zh=row["shop_zh"],
        shop_name_en=row["shop_en"],
        product_id=row["product_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"]),
        pieces=row["pieces"],
        total=row["total_amount"] if row["purpose"] == "self" else None,
        currency=row["currency"],
        giver_name=row["giver"],
        pay_by=row["pay_by"],
        placed_at=row["placed_at"],
    )
