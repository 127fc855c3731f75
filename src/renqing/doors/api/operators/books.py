"""The ledger for operators: accounts, an account's statement, an entry with its postings and its cause."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from renqing.books.ledger import OwnerKind
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Cursor, MoneyOut, cursor_in, cursor_out, house_of, id_in, reader_of
from renqing.views.market import CursorNotValid
from renqing.views.operator_ledger import (
    PAGE,
    PAGE_MAX,
    Account,
    AccountUnknown,
    EntryHead,
    EntryUnknown,
    Moved,
    ledger_account,
    ledger_accounts,
    ledger_entry,
)

allow(
    Audience.OPERATOR,
    "GET /v1/operator/accounts",
    "GET /v1/operator/accounts/{account_id:str}",
    "GET /v1/operator/entries/{entry_id:str}",
)

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)]


class AccountOut(msgspec.Struct, frozen=True):
    """An account. Above zero: what the house owes its owner. A channel's below zero: money that sits there."""

    id: str
    owner_kind: str
    owner_id: str
    owner: str
    kind: str
    balance: MoneyOut
    held: MoneyOut
    may_overdraw: bool


class TotalOut(msgspec.Struct, frozen=True):
    """All balances of a currency: they sum to zero, because every entry does."""

    accounts: int
    sum: MoneyOut


class AccountsOut(msgspec.Struct, frozen=True):
    """Accounts, the oldest first, and what all balances sum to."""

    accounts: list[AccountOut]
    totals: list[TotalOut]
    next_cursor: str | None


class LineOut(msgspec.Struct, frozen=True):
    """A posting of an account, with the entry and its cause."""

    entry_id: str
    n: int
    kind: str
    cause_kind: str
    cause_id: str
    amount: MoneyOut
    balance_after: MoneyOut
    made_at: datetime


class StatementOut(msgspec.Struct, frozen=True):
    """An account with its postings, the newest first."""

    account: AccountOut
    lines: list[LineOut]
    next_cursor: str | None


class EntryOut(msgspec.Struct, frozen=True):
    """An entry: what it books, for what cause, by whom. ``moved``: the sum of what was added."""

    id: str
    kind: str
    cause_kind: str
    cause_id: str
    actor_id: str
    key: str
    made_at: datetime
    moved: MoneyOut


class PostingOut(msgspec.Struct, frozen=True):
    """A posting of an entry, and whose account it moved."""

    n: int
    account_id: str
    owner_kind: str
    owner_id: str
    owner: str
    kind: str
    amount: MoneyOut
    balance_after: MoneyOut


class FactOut(msgspec.Struct, frozen=True):
    """A name with its value, in words."""

    name: str
    value: str


class MovedOut(msgspec.Struct, frozen=True):
    """Something else that the same cause moved: a fact, stock, a payment, a refund, a parcel, a case, a timer."""

    what: str
    id: str
    made_at: datetime
    actor_id: str | None
    facts: list[FactOut]


class EntryPageOut(msgspec.Struct, frozen=True):
    """An entry, its postings, its siblings of the same cause, and all else that the cause moved."""

    entry: EntryOut
    postings: list[PostingOut]
    entries: list[EntryOut]
    moved: list[MovedOut]


@get("/v1/operator/accounts", tags=["operators: books"], refuses=(CursorNotValid,))
async def list_accounts(
    request: AnyRequest, owner_kind: FromQuery[OwnerKind | None] = None, cursor: Cursor = None, limit: Limit = PAGE
) -> AccountsOut:
    """Every account, or those of one kind of owner."""
    page = await ledger_accounts(
        house_of(request).ground, reader_of(request).person_id, owner_kind or "", cursor_in(cursor), limit
    )
    return AccountsOut(
        accounts=[_account(one) for one in page.accounts],
        totals=[TotalOut(total.accounts, MoneyOut(total.sum, total.currency)) for total in page.totals],
        next_cursor=cursor_out(page.next_after),
    )


def _account(one: Account) -> AccountOut:
    return AccountOut(
        id=str(one.id),
        owner_kind=one.owner_kind,
        owner_id=str(one.owner_id),
        owner=one.owner,
        kind=one.kind,
        balance=MoneyOut(one.balance, one.currency),
        held=MoneyOut(one.held, one.currency),
        may_overdraw=one.may_overdraw,
    )


@get("/v1/operator/accounts/{account_id:str}", tags=["operators: books"], refuses=(AccountUnknown, CursorNotValid))
async def read_ledger_account(
    request: AnyRequest, account_id: FromPath[str], cursor: Cursor = None, limit: Limit = PAGE
) -> StatementOut:
    """An account with its statement."""
    page = await ledger_account(
        house_of(request).ground, reader_of(request).person_id, id_in(account_id), cursor, limit
    )
    lines = [
        LineOut(
            entry_id=str(line.entry_id),
            n=line.n,
            kind=line.kind,
            cause_kind=line.cause_kind,
            cause_id=str(line.cause_id),
            amount=MoneyOut(line.amount, line.currency),
            balance_after=MoneyOut(line.balance_after, line.currency),
            made_at=line.made_at,
        )
        for line in page.lines
    ]
    return StatementOut(_account(page.account), lines, page.next_after)


@get("/v1/operator/entries/{entry_id:str}", tags=["operators: books"], refuses=(EntryUnknown,))
async def read_entry(request: AnyRequest, entry_id: FromPath[str]) -> EntryPageOut:
    """Any entry with its postings, its cause, and everything else that the cause moved."""
    page = await ledger_entry(house_of(request).ground, reader_of(request).person_id, id_in(entry_id))
    return EntryPageOut(
        entry=_entry(page.entry),
        postings=[
            PostingOut(
                n=one.n,
                account_id=str(one.account_id),
                owner_kind=one.owner_kind,
                owner_id=str(one.owner_id),
                owner=one.owner,
                kind=one.kind,
                amount=MoneyOut(one.amount, one.currency),
                balance_after=MoneyOut(one.balance_after, one.currency),
            )
            for one in page.postings
        ],
        entries=[_entry(one) for one in page.entries],
        moved=[_moved(one) for one in page.moved],
    )


def _entry(one: EntryHead) -> EntryOut:
    return EntryOut(
        id=str(one.id),
        kind=one.kind,
        cause_kind=one.cause_kind,
        cause_id=str(one.cause_id),
        actor_id=str(one.actor_id),
        key=one.key,
        made_at=one.made_at,
        moved=MoneyOut(one.moved, one.currency),
    )


def _moved(one: Moved) -> MovedOut:
    actor = None if one.actor_id is None else str(one.actor_id)
    facts = [FactOut(name, _words(value)) for name, value in sorted(one.facts.items())]
    return MovedOut(one.what, str(one.id), one.made_at, actor, facts)


def _words(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


routes = [list_accounts, read_ledger_account, read_entry]
