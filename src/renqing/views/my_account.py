"""My account: what the house owes me, and every movement with the balance after it and its cause."""

from __future__ import annotations

import msgspec

from renqing.books import ledger
from renqing.books.ledger import StatementLine
from renqing.foundation.ground import Ground
from renqing.views.shop_account import read_cursor

PAGE_MAX = 100


class MyAccount(msgspec.Struct, frozen=True):
    """The account in the platform's currency, minor units, with a page of its statement, newest first."""

    currency: str
    balance: int
    held: int
    lines: list[StatementLine]
    next_after: str | None


async def my_account(ground: Ground, reader_id: int, after: str | None = None, limit: int = 50) -> MyAccount:
    """The reader's own account. Raises StatementCursorNotValid."""
    currency = ground.policy.currency
    name = ledger.person_balance(reader_id, currency)
    balance, held = await ledger.balance_of(ground.db, name)
    size = max(1, min(limit, PAGE_MAX))
    lines = await ledger.statement(ground.db, name, before=read_cursor(after), limit=size + 1)
    shown = lines[:size]
    next_after = f"{shown[-1].entry_id}.{shown[-1].n}" if len(lines) > size else None
    return MyAccount(currency, balance, held, shown, next_after)
