"""My after-sales: every case I opened, newest first, a page at a time.

A case of a gift shows no amount: the money goes to its giver.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.views.veil import UNKNOWN, veiled_orders

PAGE = 20
_BIGGEST = 2**63 - 1


class MyCase(msgspec.Struct, frozen=True):
    """A case with the goods it is about. ``amount`` in minor units, None on a gift."""

    case_id: int
    order_id: int
    line_n: int
    kind: str
    state: str
    quantity: int
    amount: int | None
    currency: str
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str


class MyCases(msgspec.Struct, frozen=True):
    """A page of cases; ``before`` asks for the next, None where there is none."""

    cases: list[MyCase]
    before: int | None


_MINE = """
SELECT c.id AS case_id, c.order_id, c.line_n, c.kind, c.state, c.quantity,
       CASE o.purpose WHEN 'self' THEN c.amount END AS amount, trim(o.currency) AS currency, c.reason,
       c.answer, c.return_carrier, c.return_tracking_number, c.opened_at, c.changed_at, l.product_id, l.title_zh,
       l.title_en, l.specs, l.picture
  FROM (SELECT * FROM aftersale_case WHERE owner_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3) c
  JOIN order_order o ON o.id = c.order_id
  JOIN order_line l ON l.order_id = c.order_id AND l.n = c.line_n
 ORDER BY c.id DESC
"""


async def my_aftersales(ground: Ground, reader_id: int, before: int | None = None) -> MyCases:
    """The reader's cases."""
    rows = await ground.db.fetch(_MINE, reader_id, before or _BIGGEST, PAGE + 1)
    veiled = await veiled_orders(ground.db, reader_id, [row["order_id"] for row in rows])
    cases = [_case(row, is_veiled=row["order_id"] in veiled) for row in rows[:PAGE]]
    return MyCases(cases, rows[PAGE - 1]["case_id"] if len(rows) > PAGE else None)


def _case(row: Row, *, is_veiled: bool) -> MyCase:
    goods = msgspec.structs.asdict(UNKNOWN) if is_veiled else {}
    return MyCase(**{**dict(row.items()), **goods})
