"""After the cashier: whether the money has arrived. Until the channel has said so, nothing is claimed either way."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.foundation.ground import Ground
from renqing.trade.orders import OrderState, OrderUnknown


class PaymentPage(msgspec.Struct, frozen=True):
    """A payment for who makes it. ``standing``: waiting until the channel has said that it is paid or over."""

    order_id: int
    purpose: Literal["self", "gift"]
    gift_id: int | None
    standing: Literal["waiting", "paid", "over"]
    total: int
    currency: str
    pay_by: datetime
    title_zh: str
    title_en: str


_PAYMENT = """
SELECT o.id, o.purpose, o.state, o.total_amount, o.currency, o.pay_by, g.id AS gift_id, l.title_zh, l.title_en,
       i.state AS intent
  FROM order_order o JOIN payment_intent i ON i.order_id = o.id JOIN order_line l ON l.order_id = o.id AND l.n = 1
  LEFT JOIN gift_gift g ON g.order_id = o.id
 WHERE o.id = $1 AND o.payer_id = $2
"""


async def payment_page(ground: Ground, payer_id: int, order_id: int) -> PaymentPage:
    """How a payment stands. Raises OrderUnknown."""
    row = await ground.db.fetchrow(_PAYMENT, order_id, payer_id)
    if row is None:
        raise OrderUnknown(order_id=order_id)
    waiting = row["state"] == OrderState.TO_PAY
    over = row["state"] == OrderState.CLOSED and row["intent"] != "captured"
    return PaymentPage(
        order_id=row["id"],
        purpose=row["purpose"],
        gift_id=row["gift_id"],
        standing="waiting" if waiting else "over" if over else "paid",
        total=row["total_amount"],
        currency=row["currency"],
        pay_by=row["pay_by"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
    )
