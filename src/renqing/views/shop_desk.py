"""A merchant's morning: four numbers that ask for an act, the last days in one chart, and what to do first."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from renqing.foundation.ground import Ground
from renqing.views.shop_orders import OrderRow, late_before, shop_orders
from renqing.views.shop_staff import ShopHead, shop_of_staff

DAYS = 14
FIRST = 8  # how many of the orders to ship stand on the morning's page
COUNTED_MAX = 1_000  # a number beyond this says "more": nobody acts on the difference


class Day(msgspec.Struct, frozen=True):
    """What was paid on one day of the operator's calendar. ``amount`` in minor units."""

    on: date
    orders: int
    gifts: int
    amount: int


class ShopMorning(msgspec.Struct, frozen=True):
    """What asks for an act, and why yesterday was as it was. Counts stop at ``COUNTED_MAX``."""

    shop: ShopHead
    to_ship: int
    late: int
    to_answer: int
    stock_low: int
    ship_within_hours: int
    stock_low_at: int
    currency: str
    days: list[Day]
    first: list[OrderRow]

    @property
    def yesterday(self) -> Day:
        return self.days[-2]

    @property
    def usual(self) -> int:
        """What a day brought on average in the days before yesterday, minor units."""
        before = self.days[:-2]
        return sum(day.amount for day in before) // len(before)


_COUNTS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM order_order WHERE shop_id = $1 AND state IN (20, 21)
                               LIMIT $4) x) AS to_ship,
       (SELECT count(*) FROM (SELECT 1 FROM order_order WHERE shop_id = $1 AND state IN (20, 21) AND ship_from < $2
                               LIMIT $4) x) AS late,
       (SELECT count(*) FROM (SELECT 1 FROM aftersale_case WHERE shop_id = $1
          AND state IN ('MERCHANT_PROCESSING', 'MERCHANT_WAIT_RECEIPT') LIMIT $4) x) AS to_answer,
       (SELECT count(*) FROM (
          SELECT 1 FROM catalog_product p JOIN catalog_sku s ON s.product_id = p.id AND s.on_sale
            LEFT JOIN stock_item i ON i.sku_id = s.id
           WHERE p.shop_id = $1 AND p.on_sale AND coalesce(i.on_hand - i.held, 0) <= $3 LIMIT $4) x) AS stock_low
"""
_DAYS = """
SELECT ((paid_at + $4::interval) AT TIME ZONE 'UTC')::date AS day, count(*) AS orders,
       count(*) FILTER (WHERE purpose = 'gift') AS gifts, sum(total_amount)::bigint AS amount
  FROM order_order WHERE shop_id = $1 AND paid_at >= $2 AND currency = $3
 GROUP BY 1
"""


async def shop_desk(ground: Ground, reader_id: int, shop_id: int, offset: timedelta = timedelta()) -> ShopMorning:
    """The morning of a shop. ``offset`` is how far the operator's clock is ahead of UTC; days are its days.

    Raises ShopUnknown for others than its staff.
    """
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    policy = ground.policy
    counts = await ground.db.fetchrow(_COUNTS, shop_id, late_before(ground), policy.stock_low_at, COUNTED_MAX)
    assert counts is not None, "counts always answer"
    return ShopMorning(
        shop=shop,
        to_ship=counts["to_ship"],
        late=counts["late"],
        to_answer=counts["to_answer"],
        stock_low=counts["stock_low"],
        ship_within_hours=policy.ship_within_hours,
        stock_low_at=policy.stock_low_at,
        currency=policy.currency,
        days=await _days(ground, shop_id, offset),
        first=(await shop_orders(ground, reader_id, shop_id, "to_ship", limit=FIRST)).rows,
    )


async def _days(ground: Ground, shop_id: int, offset: timedelta) -> list[Day]:
    """The last days, each of them, today last."""
    here = ground.clock.now() + offset
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=DAYS - 1) - offset
    rows = {row["day"]: row for row in await ground.db.fetch(_DAYS, shop_id, since, ground.policy.currency, offset)}
    days = [midnight.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    return [
        Day(day, rows[day]["orders"], rows[day]["gifts"], rows[day]["amount"]) if day in rows else Day(day, 0, 0, 0)
        for day in days
    ]


class ShopWaits(msgspec.Struct, frozen=True):
    """What waits in a shop, for the rail of every page. Counts stop at ``COUNTED_MAX``."""

    to_ship: int
    to_answer: int
    swaps: int


_WAITS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM order_order WHERE shop_id = $1 AND state IN (20, 21) LIMIT $2) x),
       (SELECT count(*) FROM (SELECT 1 FROM aftersale_case WHERE shop_id = $1
          AND state IN ('MERCHANT_PROCESSING', 'MERCHANT_WAIT_RECEIPT') LIMIT $2) x),
       (SELECT count(*) FROM (SELECT 1 FROM swap_request WHERE shop_id = $1 AND state = 3 LIMIT $2) x)
"""


async def shop_waits(ground: Ground, shop: ShopHead) -> ShopWaits:
    """What waits in a shop that the reader was let into."""
    row = await ground.db.fetchrow(_WAITS, shop.id, COUNTED_MAX)
    assert row is not None, "counts always answer"
    return ShopWaits(*row.values())
