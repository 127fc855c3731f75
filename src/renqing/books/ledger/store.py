"""The ledger's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books.ledger.model import AccountName, Entry, StatementLine, Verdict
from renqing.foundation.database import Database, Row, Tx


async def account_ids(tx: Tx, names: Sequence[AccountName]) -> dict[AccountName, int]:
    """The id of each account; those that do not exist yet are opened."""
    wanted = sorted(set(names))
    known = await _known_accounts(tx, wanted)
    missing = [name for name in wanted if name not in known]
    if missing:
        opened = await tx.fetch(
            """INSERT INTO ledger_account (id, owner_kind, owner_id, kind, currency, may_overdraw, opened_at)
               SELECT i, ok, oi, k, c, m, $7
               FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bool[])
                    AS t(i, ok, oi, k, c, m)
               ON CONFLICT (owner_kind, owner_id, kind, currency) DO NOTHING
               RETURNING owner_kind, owner_id, kind, currency, id""",
            [tx.ids.new() for _ in missing],
            [name.owner_kind for name in missing],
            [name.owner_id for name in missing],
            [name.kind for name in missing],
            [name.currency for name in missing],
            [name.may_overdraw for name in missing],
            tx.now,
        )
        known |= _by_name(opened)
        meanwhile = [name for name in missing if name not in known]  # opened by another, who has committed since
        known |= await _known_accounts(tx, meanwhile) if meanwhile else {}
    return known


async def _known_accounts(tx: Tx, names: Sequence[AccountName]) -> dict[AccountName, int]:
    rows = await tx.fetch(
        """SELECT a.owner_kind, a.owner_id, a.kind, a.currency, a.id
           FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS t(ok, oi, k, c)
           JOIN ledger_account a ON a.owner_kind = t.ok AND a.owner_id = t.oi AND a.kind = t.k AND a.currency = t.c""",
        [name.owner_kind for name in names],
        [name.owner_id for name in names],
        [name.kind for name in names],
        [name.currency for name in names],
    )
    return _by_name(rows)


def _by_name(rows: Sequence[Row]) -> dict[AccountName, int]:
    return {AccountName(row[0], row[1], row[2], row[3]): row[4] for row in rows}


async def post(tx: Tx, entries: Sequence[Entry], accounts: dict[AccountName, int]) -> list[Verdict]:
    """Post entries as one set; one verdict an entry, in order."""
    legs = [(place, leg) for place, entry in enumerate(entries, 1) for leg in entry.legs]
    rows = await tx.fetch(
        """SELECT verdict FROM ledger_post($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[],
                  $6::int[], $7::bigint[], $8::bigint[], $9, $10) ORDER BY place""",
        [tx.ids.new() for _ in entries],
        [entry.kind for entry in entries],
        [entry.cause_kind for entry in entries],
        [entry.cause_id for entry in entries],
        [entry.key for entry in entries],
        [place for place, _ in legs],
        [accounts[leg.account] for _, leg in legs],
        [leg.amount for _, leg in legs],
        tx.actor,
        tx.now,
    )
    return [Verdict(row["verdict"]) for row in rows]


async def add_hold(tx: Tx, account_id: int, amount: int, cause_kind: str, cause_id: int) -> bool:
    """Hold an amount if the account has it free. A hold of the same cause that lives already counts as held.

    A cause holds once: one whose hold has ended does not hold again.
    """
    row = await tx.fetchrow(
        "SELECT balance - held AS free, may_overdraw FROM ledger_account WHERE id = $1 FOR NO KEY UPDATE", account_id
    )
    assert row is not None, f"account {account_id} was just opened"
    known = await tx.fetchval(
        "SELECT state FROM ledger_hold WHERE cause_kind = $1 AND cause_id = $2 AND account_id = $3",
        cause_kind,
        cause_id,
        account_id,
    )
    assert known in (None, "live"), f"the hold of {cause_kind} {cause_id} was {known}"
    if known:
        return True
    if row["free"] < amount and not row["may_overdraw"]:
        return False
    await tx.execute(
        """INSERT INTO ledger_hold (id, account_id, amount, cause_kind, cause_id, made_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        tx.ids.new(),
        account_id,
        amount,
        cause_kind,
        cause_id,
        tx.now,
    )
    await tx.execute("UPDATE ledger_account SET held = held + $2 WHERE id = $1", account_id, amount)
    return True


async def end_hold(tx: Tx, cause_kind: str, cause_id: int, state: str) -> int:
    """End the live hold of a cause; returns the amount that was held, 0 where there was none."""
    row = await tx.fetchrow(
        """UPDATE ledger_hold SET state = $3, ended_at = $4
           WHERE cause_kind = $1 AND cause_id = $2 AND state = 'live' RETURNING account_id, amount""",
        cause_kind,
        cause_id,
        state,
        tx.now,
    )
    if row is None:
        return 0
    await tx.execute("UPDATE ledger_account SET held = held - $2 WHERE id = $1", row["account_id"], row["amount"])
    return int(row["amount"])


async def held_for(tx: Tx, cause_kind: str, cause_id: int) -> int:
    """The amount a cause holds now, 0 where it holds none."""
    amount = await tx.fetchval(
        "SELECT amount FROM ledger_hold WHERE cause_kind = $1 AND cause_id = $2 AND state = 'live'",
        cause_kind,
        cause_id,
    )
    return int(amount or 0)


async def balance_of(db: Database | Tx, name: AccountName) -> tuple[int, int]:
    """Balance and held amount of an account; zeros where it was never opened."""
    row = await db.fetchrow(
        """SELECT balance, held FROM ledger_account
           WHERE owner_kind = $1 AND owner_id = $2 AND kind = $3 AND currency = $4""",
        *name,
    )
    return (row["balance"], row["held"]) if row else (0, 0)


async def statement(
    db: Database | Tx, name: AccountName, *, before: tuple[int, int] | None = None, limit: int = 50
) -> list[StatementLine]:
    """The latest postings of an account, newest first, older than ``before`` (entry id, n)."""
    entry_id, n = before or (2**63 - 1, 32_767)
    rows = await db.fetch(
        """SELECT p.entry_id, p.n, e.kind, e.cause_kind, e.cause_id, p.amount, p.balance_after, p.currency, e.made_at
           FROM ledger_account a
           JOIN ledger_posting p ON p.account_id = a.id AND (p.entry_id, p.n) < ($5, $6)
           JOIN ledger_entry e ON e.id = p.entry_id
           WHERE a.owner_kind = $1 AND a.owner_id = $2 AND a.kind = $3 AND a.currency = $4
           ORDER BY p.entry_id DESC, p.n DESC LIMIT $7""",
        *name,
        entry_id,
        n,
        limit,
    )
    return [StatementLine(*row.values()) for row in rows]
