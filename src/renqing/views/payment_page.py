"""After the cashier: whether the money has arrived. Until the channel has said so, nothing is claimed either way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade.orders import OrderState, OrderUnknown


class PaymentPage(msgspec.Struct, frozen=True):
    """A payment for who makes it. ``standing``: waiting until the channel has said that it is paid or over."""

    order_id: int
    purpose: Literal["self", "gift", "fund"]
    gift_id: int | None
    standing: Literal["waiting", "paid", "over"]
    total: int
    currency: str
    pay_by: datetime
    title_zh: str
    title_en: str
    fund_id: int | None = None


# Each table is looked up by its key for the few rows asked for, whatever the planner thinks of their sizes: a plan that
# is kept from the first days would otherwise read the tables whole. The ids stand in a subquery so that the plan is
# kept at all: a list that the planner can count is planned anew each time, which costs three times the reading.
_PAYMENTS = """
SELECT o.payer_id, o.id, o.purpose, o.state, o.total_amount, o.currency, o.pay_by,
       (SELECT g.id FROM gift_gift g WHERE g.order_id = o.id) AS gift_id,
       (SELECT i.state FROM payment_intent i WHERE i.order_id = o.id) AS intent,
       (SELECT l.title_zh FROM order_line l WHERE l.order_id = o.id AND l.n = 1) AS title_zh,
       (SELECT l.title_en FROM order_line l WHERE l.order_id = o.id AND l.n = 1) AS title_en, NULL::bigint AS fund_id
  FROM order_order o WHERE o.id = ANY ((SELECT $1::bigint[])::bigint[])
UNION ALL
SELECT c.person_id, c.id, 'fund', CASE c.state WHEN 'open' THEN 10 WHEN 'over' THEN 250 ELSE 20 END, c.amount,
       f.currency, least(f.ends_at, c.made_at + $2::interval), NULL::bigint,
       (SELECT i.state FROM payment_intent i WHERE i.order_id = c.id),
       (SELECT l.title_zh FROM order_line l WHERE l.order_id = c.fund_id AND l.n = 1),
       (SELECT l.title_en FROM order_line l WHERE l.order_id = c.fund_id AND l.n = 1), f.id
  FROM fund_contribution c CROSS JOIN LATERAL (SELECT * FROM fund_fund WHERE id = c.fund_id OFFSET 0) f
 WHERE c.id = ANY ((SELECT $1::bigint[])::bigint[])
"""


async def payment_page(ground: Ground, payer_id: int, order_id: int) -> PaymentPage:
    """How a payment stands. Raises OrderUnknown."""
    found = (await payment_pages(ground, [(payer_id, order_id)]))[0]
    if isinstance(found, Exception):
        raise found
    return found


async def payment_pages(ground: Ground, asks: Sequence[tuple[int, int]]) -> list[PaymentPage | Exception]:
    """How these payments (payer, order) stand, one answer an ask in order; OrderUnknown where it is not the payer's."""
    pay_within = timedelta(minutes=ground.policy.pay_within_minutes)
    rows = await ground.db.fetch(_PAYMENTS, [order_id for _, order_id in asks], pay_within)
    found = {(row["payer_id"], row["id"]): row for row in rows}
    return [_page(found[ask]) if ask in found else OrderUnknown(order_id=ask[1]) for ask in asks]


def _page(row: Row) -> PaymentPage:
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
        fund_id=row["fund_id"],
    )
