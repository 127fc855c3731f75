"""A shop's account: what it has, what is held and why, and every movement with the balance after it and its cause."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import ledger
from renqing.books.ledger import StatementLine
from renqing.foundation.errors import NotValid
from renqing.foundation.ground import Ground
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 25
PAGE_MAX = 100


class StatementCursorNotValid(NotValid):
    """This cursor is not one that the statement gave."""

    code = "cursor_not_valid"


class Held(msgspec.Struct, frozen=True):
    """Money set aside for an after-sale that is not decided yet."""

    amount: int
    case_id: int
    order_id: int
    title_zh: str
    title_en: str
    made_at: datetime


class Coming(msgspec.Struct, frozen=True):
    """What is paid and not settled yet: it comes with the orders' receipt, less refunds and the platform's fee."""

    orders: int
    amount: int


class ShopAccount(msgspec.Struct, frozen=True):
    """The account. Amounts in minor units of ``currency``; ``free`` is the balance less what is held."""

    shop: ShopHead
    currency: str
    balance: int
    held: int
    coming: Coming
    holds: list[Held]
    lines: list[StatementLine]
    next_after: str | None

    @property
    def free(self) -> int:
        return self.balance - self.held


_HOLDS = """
SELECT h.amount, c.id, c.order_id, l.title_zh, l.title_en, h.made_at
  FROM ledger_account a
  JOIN ledger_hold h ON h.account_id = a.id AND h.state = 'live'
  JOIN aftersale_case c ON h.cause_kind = 'aftersale' AND c.id = h.cause_id
  JOIN order_line l ON l.order_id = c.order_id AND l.n = c.line_n
 WHERE a.owner_kind = 'shop' AND a.owner_id = $1 AND a.kind = 'balance' AND a.currency = $2
 ORDER BY h.id DESC LIMIT 50
"""
_COMING = """
SELECT count(*), coalesce(sum(total_amount - divided_amount - refunded_amount), 0)::bigint FROM order_order
 WHERE shop_id = $1 AND state IN (12, 20, 21, 30) AND currency = $2
"""


async def shop_account(
    ground: Ground, reader_id: int, shop_id: int, after: str | None = None, limit: int = PAGE
) -> ShopAccount:
    """The account of a shop and a page of its statement, newest first. Raises ShopUnknown for others than its staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    currency = ground.policy.currency
    name = ledger.shop_balance(shop_id, currency)
    balance, held = await ledger.balance_of(ground.db, name)
    size = max(1, min(limit, PAGE_MAX))
    lines = await ledger.statement(ground.db, name, before=read_cursor(after), limit=size + 1)
    coming = await ground.db.fetchrow(_COMING, shop_id, currency)
    assert coming is not None, "an aggregate always answers"
    shown = lines[:size]
    return ShopAccount(
        shop=shop,
        currency=currency,
        balance=balance,
        held=held,
        coming=Coming(*coming.values()),
        holds=[Held(*row.values()) for row in await ground.db.fetch(_HOLDS, shop_id, currency)],
        lines=shown,
        next_after=f"{shown[-1].entry_id}.{shown[-1].n}" if len(lines) > size else None,
    )


def read_cursor(after: str | None) -> tuple[int, int] | None:
    """``entry.n`` as a statement's place. Raises StatementCursorNotValid."""
    if not after:
        return None
    entry_id, _, n = after.partition(".")
    if not (entry_id.isdigit() and n.isdigit() and len(entry_id) <= 19 and len(n) <= 5 and entry_id.isascii()):
        raise StatementCursorNotValid
    if int(entry_id) >= 2**63 or int(n) >= 2**15:
        raise StatementCursorNotValid
    return int(entry_id), int(n)
