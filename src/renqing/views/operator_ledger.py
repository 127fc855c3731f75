"""The ledger for operators: accounts, an account's statement, and any entry with everything that its cause moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import msgspec

from renqing.books.ledger import OwnerKind, StatementLine
from renqing.foundation.database import Row
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.views.operator_staff import check_operator
from renqing.views.shop_account import read_cursor

PAGE = 50
PAGE_MAX = 200
LATEST = 20
MOVED_MAX = 200  # of each kind of thing that one cause moved
OWNER_KINDS = get_args(OwnerKind)


class AccountUnknown(NotFound):
    """There is no such account."""

    code = "account_unknown"


class EntryUnknown(NotFound):
    """There is no such entry."""

    code = "entry_unknown"


class Account(msgspec.Struct, frozen=True):
    """One account. ``owner`` is the shop's, person's or channel's name; amounts in minor units."""

    id: int
    owner_kind: str
    owner_id: int
    owner: str
    kind: str
    currency: str
    balance: int
    held: int
    may_overdraw: bool


class Totals(msgspec.Struct, frozen=True):
    """All balances of one currency: they sum to zero, because every entry does."""

    currency: str
    accounts: int
    sum: int


class AccountPage(msgspec.Struct, frozen=True):
    """Accounts of one owner kind, or all. ``next_after`` is the cursor of the next page."""

    owner_kind: str
    accounts: list[Account]
    totals: list[Totals]
    next_after: int | None


class AccountStatement(msgspec.Struct, frozen=True):
    """An account with a page of its postings, newest first."""

    account: Account
    lines: list[StatementLine]
    next_after: str | None


class Posting(msgspec.Struct, frozen=True):
    """One posting of an entry, with whose account it moved."""

    n: int
    account_id: int
    owner_kind: str
    owner_id: int
    owner: str
    kind: str
    amount: int
    balance_after: int
    currency: str


class EntryHead(msgspec.Struct, frozen=True):
    """An entry by itself. ``moved``: what came to accounts by it, minor units; what only passed through is no move."""

    id: int
    kind: str
    cause_kind: str
    cause_id: int
    actor_id: int
    key: str
    made_at: datetime
    moved: int
    currency: str


class Moved(msgspec.Struct, frozen=True):
    """Something else that the same cause moved: a fact, a piece of stock, a refund, a parcel, a case."""

    what: str
    id: int
    made_at: datetime
    actor_id: int | None
    facts: dict[str, Any]


class EntryPage(msgspec.Struct, frozen=True):
    """An entry with its postings, and all that its cause moved, in the order it happened."""

    entry: EntryHead
    postings: list[Posting]
    entries: list[EntryHead]
    moved: list[Moved]


_OWNER = """CASE a.owner_kind WHEN 'shop' THEN (SELECT name_zh FROM people_shop WHERE id = a.owner_id)
                WHEN 'person' THEN (SELECT name FROM people_person WHERE id = a.owner_id) ELSE '' END"""
_ACCOUNT = f"""SELECT a.id, a.owner_kind, a.owner_id, coalesce({_OWNER}, '') AS owner, a.kind,
                      trim(a.currency) AS currency, a.balance, a.held, a.may_overdraw FROM ledger_account a"""
_HEAD = """SELECT e.id, e.kind, e.cause_kind, e.cause_id, e.actor_id, e.key, e.made_at, m.moved, m.currency
           FROM ledger_entry e CROSS JOIN LATERAL (
             SELECT sum(greatest(net, 0))::bigint AS moved, trim(min(currency)) AS currency
             FROM (SELECT account_id, currency, sum(amount) AS net FROM ledger_posting WHERE entry_id = e.id
                   GROUP BY account_id, currency) a) m"""


async def ledger_accounts(
    ground: Ground, reader_id: int, owner_kind: str = "", after: int | None = None, limit: int = PAGE
) -> AccountPage:
    """Accounts, oldest first: the platform's and the channels' come with the first money. Raises NotFound."""
    await check_operator(ground, reader_id)
    wanted = owner_kind if owner_kind in OWNER_KINDS else ""
    size = max(1, min(limit, PAGE_MAX))
    rows = await ground.db.fetch(
        f"{_ACCOUNT} WHERE a.id > $1 AND ($2 = '' OR a.owner_kind = $2) ORDER BY a.id LIMIT $3",
        after or 0,
        wanted,
        size + 1,
    )
    made = [Account(*row.values()) for row in rows[:size]]
    return AccountPage(wanted, made, await _totals(ground), made[-1].id if len(rows) > size else None)


async def _totals(ground: Ground) -> list[Totals]:
    """The sum of all balances a currency. It reads every account: an operator asks it, no customer waits for it."""
    rows = await ground.db.fetch(
        """SELECT trim(currency) AS currency, count(*) AS accounts, sum(balance)::bigint AS sum
           FROM ledger_account GROUP BY 1 ORDER BY 1"""
    )
    return [Totals(*row.values()) for row in rows]


async def ledger_account(
    ground: Ground, reader_id: int, account_id: int, after: str | None = None, limit: int = PAGE
) -> AccountStatement:
    """An account and a page of its statement. Raises NotFound, AccountUnknown."""
    await check_operator(ground, reader_id)
    row = await ground.db.fetchrow(f"{_ACCOUNT} WHERE a.id = $1", account_id)
    if row is None:
        raise AccountUnknown
    entry_id, n = read_cursor(after) or (2**63 - 1, 2**15 - 1)
    size = max(1, min(limit, PAGE_MAX))
    rows = await ground.db.fetch(
        """SELECT p.entry_id, p.n, e.kind, e.cause_kind, e.cause_id, p.amount, p.balance_after,
                  trim(p.currency) AS currency, e.made_at
           FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
           WHERE p.account_id = $1 AND (p.entry_id, p.n) < ($2, $3)
           ORDER BY p.entry_id DESC, p.n DESC LIMIT $4""",
        account_id,
        entry_id,
        n,
        size + 1,
    )
    lines = [StatementLine(*line.values()) for line in rows[:size]]
    cursor = f"{lines[-1].entry_id}.{lines[-1].n}" if len(rows) > size else None
    return AccountStatement(Account(*row.values()), lines, cursor)


async def ledger_entry(ground: Ground, reader_id: int, entry_id: int) -> EntryPage:
    """An entry and everything else that its cause moved. Raises NotFound, EntryUnknown."""
    await check_operator(ground, reader_id)
    row = await ground.db.fetchrow(f"{_HEAD} WHERE e.id = $1", entry_id)
    if row is None:
        raise EntryUnknown
    entry = EntryHead(*row.values())
    postings = await ground.db.fetch(
        f"""SELECT p.n, p.account_id, a.owner_kind, a.owner_id, coalesce({_OWNER}, '') AS owner, a.kind, p.amount,
                   p.balance_after, trim(p.currency) AS currency
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id WHERE p.entry_id = $1 ORDER BY p.n""",
        entry_id,
    )
    siblings = await ground.db.fetch(
        f"{_HEAD} WHERE e.cause_kind = $1 AND e.cause_id = $2 ORDER BY e.id LIMIT {MOVED_MAX}",
        entry.cause_kind,
        entry.cause_id,
    )
    return EntryPage(
        entry=entry,
        postings=[Posting(*posting.values()) for posting in postings],
        entries=[EntryHead(*sibling.values()) for sibling in siblings],
        moved=await _moved(ground, entry.cause_kind, entry.cause_id),
    )


async def latest_entries(ground: Ground, reader_id: int, limit: int = LATEST) -> list[EntryHead]:
    """The latest entries of the ledger, newest first. Raises NotFound."""
    await check_operator(ground, reader_id)
    rows = await ground.db.fetch(f"{_HEAD} ORDER BY e.id DESC LIMIT $1", max(1, min(limit, PAGE_MAX)))
    return [EntryHead(*row.values()) for row in rows]


async def find_entry(ground: Ground, reader_id: int, number: int) -> int:
    """The entry of this number, or the first that the order of this number caused. Raises NotFound, EntryUnknown."""
    await check_operator(ground, reader_id)
    found = await ground.db.fetchval(
        """SELECT coalesce((SELECT id FROM ledger_entry WHERE id = $1),
                           (SELECT min(id) FROM ledger_entry WHERE cause_kind = 'order' AND cause_id = $1))""",
        number,
    )
    if found is None:
        raise EntryUnknown
    return int(found)


# What an order moved, room by room. Nobody's address, phone or greeting is among it.
_MOVED = f"""
SELECT * FROM (
  (SELECT 'fact' AS what, id, made_at, actor_id, jsonb_build_object('kind', kind) || (payload - 'subject_id') AS facts
     FROM outbox_fact WHERE subject_id = $1 ORDER BY id LIMIT {MOVED_MAX})
  UNION ALL
  (SELECT 'stock', id, made_at, actor_id, jsonb_build_object('sku_id', sku_id, 'quantity', quantity, 'reason', reason)
     FROM stock_movement WHERE cause_kind = 'order' AND cause_id = $1 ORDER BY id LIMIT {MOVED_MAX})
  UNION ALL
  (SELECT 'stock_hold', id, made_at, NULL, jsonb_build_object('sku_id', sku_id, 'quantity', quantity, 'state', state)
     FROM stock_hold WHERE order_id = $1 AND state = 'live' ORDER BY id LIMIT {MOVED_MAX})
  UNION ALL
  (SELECT 'payment', id, made_at, payer_id, jsonb_build_object('channel', channel, 'state', state, 'amount', amount)
     FROM payment_intent WHERE order_id = $1)
  UNION ALL
  (SELECT 'refund', r.id, r.made_at, NULL,
          jsonb_build_object('state', r.state, 'amount', r.amount, 'reason', r.cause_kind)
     FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id WHERE i.order_id = $1 ORDER BY r.id)
  UNION ALL
  (SELECT 'parcel', id, shipped_at, NULL, jsonb_build_object('carrier', carrier, 'state', state)
     FROM shipping_parcel WHERE order_id = $1 ORDER BY id)
  UNION ALL
  (SELECT 'aftersale', id, opened_at, owner_id, jsonb_build_object('kind', kind, 'state', state, 'amount', amount)
     FROM aftersale_case WHERE order_id = $1 ORDER BY id)
  UNION ALL
  (SELECT 'timer', id, made_at, NULL, jsonb_build_object('kind', kind, 'due_at', due_at)
     FROM timer WHERE key = $1 AND kind = ANY ($2))
) m ORDER BY made_at, id LIMIT {2 * MOVED_MAX}
"""
_ORDER_TIMERS = ["close_unpaid_order", "receive_order"]


async def _moved(ground: Ground, cause_kind: str, cause_id: int) -> list[Moved]:
    if cause_kind != "order":
        return []
    return [_thing(row) for row in await ground.db.fetch(_MOVED, cause_id, _ORDER_TIMERS)]


def _thing(row: Row) -> Moved:
    return Moved(row["what"], row["id"], row["made_at"], row["actor_id"], row["facts"])
