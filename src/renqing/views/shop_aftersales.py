"""A shop's after-sales: what waits for its answer first, and one case with what the answer would move."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books import people
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade.aftersales import SILENCE, AftersaleUnknown
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 25
PAGE_MAX = 100
Wanted = Literal["to_answer", "all"]


class CaseRow(msgspec.Struct, frozen=True):
    """A case with its line. ``answer_by``: when silence speaks for whoever's turn it is. Amounts in minor units."""

    case_id: int
    order_id: int
    line_n: int
    shop_id: int
    kind: str
    state: str
    quantity: int
    amount: int
    currency: str
    purpose: str
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime
    answer_by: datetime | None
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    shipped: int
    held: int


class CasePage(msgspec.Struct, frozen=True):
    """A page of a shop's cases. ``next_after`` is the cursor of the next one."""

    shop: ShopHead
    wanted: Wanted
    rows: list[CaseRow]
    next_after: int | None


_CASE = f"""
SELECT c.id, c.order_id, c.line_n, c.shop_id, c.kind, c.state, c.quantity, c.amount, trim(o.currency) AS currency,
       o.purpose, c.reason, c.answer, c.return_carrier, c.return_tracking_number, c.opened_at, c.changed_at,
       t.due_at, l.product_id, l.title_zh, l.title_en, l.specs, l.picture, l.shipped, coalesce(h.amount, 0) AS held
  FROM aftersale_case c
  JOIN order_order o ON o.id = c.order_id
  JOIN order_line l ON l.order_id = c.order_id AND l.n = c.line_n
  LEFT JOIN timer t ON t.kind = '{SILENCE}' AND t.key = c.id
  LEFT JOIN ledger_hold h ON h.cause_kind = 'aftersale' AND h.cause_id = c.id AND h.state = 'live'
"""
_TO_ANSWER = "AND c.state IN ('MERCHANT_PROCESSING', 'MERCHANT_WAIT_RECEIPT')"


async def shop_aftersales(
    ground: Ground, reader_id: int, shop_id: int, wanted: str = "to_answer", after: int | None = None, limit: int = PAGE
) -> CasePage:
    """What waits for an answer, oldest first; or every case, newest first."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    size = max(1, min(limit, PAGE_MAX))
    if wanted == "all":
        where, start = "WHERE c.shop_id = $1 AND c.id < $2 ORDER BY c.id DESC", 2**63 - 1
    else:
        where, start = f"WHERE c.shop_id = $1 AND c.id > $2 {_TO_ANSWER} ORDER BY c.id", 0
    rows = await ground.db.fetch(f"{_CASE} {where} LIMIT $3", shop_id, start if after is None else after, size + 1)
    made = [_row(row) for row in rows[:size]]
    return CasePage(
        shop, "all" if wanted == "all" else "to_answer", made, made[-1].case_id if len(rows) > size else None
    )


async def shop_aftersale(ground: Ground, reader_id: int, case_id: int) -> tuple[ShopHead, CaseRow]:
    """One case of a shop that the reader works for. Raises AftersaleUnknown for everybody else."""
    row = await ground.db.fetchrow(f"{_CASE} WHERE c.id = $1", case_id)
    if row is None:
        raise AftersaleUnknown
    try:
        return await shop_of_staff(ground.db, reader_id, row["shop_id"]), _row(row)
    except people.ShopUnknown as unknown:
        raise AftersaleUnknown from unknown


def _row(row: Row) -> CaseRow:
    return CaseRow(*row.values())
