"""What is promised for lateness and what was paid: for buyers before they buy, payers, recipients, and the shop's desk.

Who pays sees sums. Who gets the goods of somebody else's payment sees that the shop has promised something, and that it
has paid, and no sum; of a surprise that they may not know yet, nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.trade import lateness
from renqing.trade.lateness import LatePaid, Promise
from renqing.trade.orders import OrderUnknown
from renqing.views.shop_staff import ShopHead, shop_of_staff
from renqing.views.veil import veiled_orders

PAGE = 25
PAGE_MAX = 100
FIGURE_DAYS = 30


class LatenessSeen(msgspec.Struct, frozen=True):
    """An order's lateness for one reader. ``due_at``: what has not left by then is late; None where nothing waits.

    ``amount`` in minor units went back for it, 0 for nothing; None for who may not see sums: ``is_paid`` tells them.
    """

    order_id: int
    promise: Promise | None
    due_at: datetime | None
    is_paid: bool
    amount: int | None
    currency: str


class GiftLateness(msgspec.Struct, frozen=True):
    """The lateness of a gift for its giver: of each order that waits, and what went back for all of it together."""

    orders: list[LatenessSeen]
    amount: int
    currency: str

    @property
    def promise(self) -> Promise | None:
        """What its shop promised, of several the first that did."""
        return next((one.promise for one in self.orders if one.promise), None)

    @property
    def next_due(self) -> LatenessSeen | None:
        """The order that is late first of those that wait."""
        return min((one for one in self.orders if one.due_at), key=lambda one: str(one.due_at), default=None)


class LateRow(msgspec.Struct, frozen=True):
    """An order that was paid for, with what its first line is called."""

    paid: LatePaid
    title_zh: str
    title_en: str


class ShopLateness(msgspec.Struct, frozen=True):
    """What a shop promises now, what lateness cost it in the last days and ever, and for which orders, newest first.

    Amounts in minor units of ``currency``. ``next_after`` is the cursor of the next page.
    """

    shop: ShopHead
    promise: Promise | None
    ship_within_hours: int
    currency: str
    days: int
    recent: int
    recent_amount: int
    all: int
    all_amount: int
    rows: list[LateRow]
    next_after: int | None


_ORDER = """
SELECT o.id, o.shop_id, o.payer_id, o.purpose, o.state, o.ship_from, o.currency, o.by_voucher, w.placed_at
  FROM order_order o JOIN order_order w ON w.id = coalesce(o.part_of, o.id)
 WHERE o.id = ANY($1) AND (o.owner_id = $2 OR o.payer_id = $2) AND o.shop_id IS NOT NULL
"""
_OF_GIFT = """
SELECT coalesce(sum(p.amount), 0)::bigint AS amount, min(p.currency) AS currency
  FROM lateness_paid p
 WHERE p.order_id = ANY (SELECT unnest($2::bigint[]) UNION SELECT order_id FROM gift_share WHERE gift_id = $1)
"""
_FIGURES = """
SELECT count(*) FILTER (WHERE paid_at > $3) AS recent,
       coalesce(sum(amount) FILTER (WHERE paid_at > $3), 0)::bigint AS recent_amount,
       count(*) AS all, coalesce(sum(amount), 0)::bigint AS all_amount
  FROM lateness_paid WHERE shop_id = $1 AND currency = $2
"""
_ROWS = f"""
SELECT {", ".join(f"p.{field}" for field in LatePaid.__struct_fields__)}, l.title_zh, l.title_en
  FROM lateness_paid p
  JOIN order_line l ON l.order_id = p.order_id AND l.n = (SELECT min(n) FROM order_line WHERE order_id = p.order_id)
 WHERE p.shop_id = $1 AND p.refund_id < $2 ORDER BY p.refund_id DESC LIMIT $3
"""


async def promise_of_shop(ground: Ground, shop_id: int) -> Promise | None:
    """What a shop promises who buys now; None where it pays nothing. Raises ShopUnknown."""
    await people.get_shop(ground.db, shop_id)
    promise = await lateness.promise_of(ground.db, shop_id)
    return promise if lateness.is_on(promise) else None


async def lateness_of(ground: Ground, reader_id: int, order_id: int) -> LatenessSeen:
    """How it stands for who pays or gets an order. Raises OrderUnknown for everybody else."""
    found = await lateness_of_orders(ground, reader_id, [order_id])
    if not found:
        raise OrderUnknown(order_id=order_id)
    return found[0]


async def lateness_of_gift(ground: Ground, giver_id: int, gift_id: int, order_ids: Sequence[int]) -> GiftLateness:
    """A gift's, with these of its orders; what was paid counts every share of it."""
    row = await ground.db.fetchrow(_OF_GIFT, gift_id, order_ids)
    assert row is not None, "an aggregate always answers"
    seen = await lateness_of_orders(ground, giver_id, order_ids)
    return GiftLateness(seen, row["amount"], (row["currency"] or ground.policy.currency).strip())


async def lateness_of_orders(ground: Ground, reader_id: int, order_ids: Sequence[int]) -> list[LatenessSeen]:
    """The same for those of these orders that the reader pays for or gets; what is of several shops has its parts."""
    rows = {row["id"]: row for row in await ground.db.fetch(_ORDER, order_ids, reader_id)}
    known = await lateness.promises_at(ground.db, [(row["shop_id"], row["placed_at"]) for row in rows.values()])
    paid = await lateness.paid_among(ground.db, rows)
    veiled = await veiled_orders(ground.db, reader_id, list(rows))
    seen = []
    for order_id in order_ids:
        if (row := rows.get(order_id)) is None:
            continue
        promise = known.get((row["shop_id"], row["placed_at"]))
        may_have = lateness.is_on(promise) and not row["by_voucher"] and row["purpose"] != "present"
        promise = promise if may_have and order_id not in veiled else None
        done = paid.get(order_id)
        waits = promise is not None and done is None and row["ship_from"] is not None and row["state"] in (20, 21)
        sees_sums = row["payer_id"] == reader_id
        seen.append(
            LatenessSeen(
                order_id=order_id,
                promise=promise,
                due_at=row["ship_from"] + timedelta(hours=promise.within_hours) if promise and waits else None,
                is_paid=done is not None and order_id not in veiled,
                amount=(done.amount if done else 0) if sees_sums else None,
                currency=row["currency"].strip(),
            )
        )
    return seen


async def shop_lateness(
    ground: Ground, reader_id: int, shop_id: int, after: int | None = None, limit: int = PAGE
) -> ShopLateness:
    """The desk's page about lateness. Raises ShopUnknown for others than the shop's staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    since = ground.clock.now() - timedelta(days=FIGURE_DAYS)
    figures = await ground.db.fetchrow(_FIGURES, shop_id, ground.policy.currency, since)
    assert figures is not None, "an aggregate always answers"
    size = max(1, min(limit, PAGE_MAX))
    rows = await ground.db.fetch(_ROWS, shop_id, 2**63 - 1 if after is None else after, size + 1)
    made = []
    for row in rows[:size]:
        *paid, title_zh, title_en = row.values()
        made.append(LateRow(LatePaid(*paid), title_zh, title_en))
    promise = await lateness.promise_of(ground.db, shop_id)
    return ShopLateness(
        shop=shop,
        promise=promise if lateness.is_on(promise) else None,
        ship_within_hours=ground.policy.ship_within_hours,
        currency=ground.policy.currency,
        days=FIGURE_DAYS,
        rows=made,
        next_after=made[-1].paid.refund_id if len(rows) > size else None,
        **dict(figures),
    )
