"""The only SQL of balances."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Tx
from renqing.trade.balances.model import Balance, NewBalance, Route, Try

_BALANCE = ", ".join(Balance.__struct_fields__)
_TRY = ", ".join(Try.__struct_fields__)


async def insert(tx: Tx, new: NewBalance) -> None:
    """Write a balance that is kept from now on."""
    await tx.execute(
        """INSERT INTO balance_balance (id, person_id, order_id, intent_id, amount, currency, why, state, kept_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'kept', $8)""",
        new.id,
        new.person_id,
        new.order_id,
        new.intent_id,
        new.amount,
        new.currency,
        new.why,
        tx.now,
    )


async def lock_balance(tx: Tx, balance_id: int) -> Balance | None:
    """One balance, locked; timers and accounts are locked after it."""
    row = await tx.fetchrow(f"SELECT {_BALANCE} FROM balance_balance WHERE id = $1 FOR NO KEY UPDATE", balance_id)
    return Balance(*row.values()) if row else None


async def kept_ids_of(tx: Tx, person_id: int) -> list[int]:
    """What is still kept for a person."""
    rows = await tx.fetch(
        "SELECT id FROM balance_balance WHERE person_id = $1 AND state = 'kept' ORDER BY id", person_id
    )
    return [row["id"] for row in rows]


async def set_over(tx: Tx, balance_id: int, state: str, ended_by: int | None, reason: str) -> None:
    """A locked balance ends."""
    await tx.execute(
        "UPDATE balance_balance SET state = $2, over_at = $3, ended_by = $4, reason = $5 WHERE id = $1",
        balance_id,
        state,
        tx.now,
        ended_by,
        reason,
    )


async def set_round(tx: Tx, balance: Balance, round_: int, named_intent_id: int | None) -> None:
    """A locked balance's next round of tries."""
    await tx.execute(
        "UPDATE balance_balance SET round = $2, named_intent_id = $3 WHERE id = $1", balance.id, round_, named_intent_id
    )


async def tries_of_round(tx: Tx, balance: Balance) -> list[Try]:
    """The tries of a balance's round, in their order."""
    rows = await tx.fetch(
        f"SELECT {_TRY} FROM balance_try WHERE balance_id = $1 AND round = $2 ORDER BY id", balance.id, balance.round
    )
    return [Try(*row.values()) for row in rows]


async def try_of(db: Database | Tx, balance_id: int) -> Try | None:
    """The try that is under way, or the one that went."""
    row = await db.fetchrow(f"SELECT {_TRY} FROM balance_try WHERE balance_id = $1 AND state <> 'failed'", balance_id)
    return Try(*row.values()) if row else None


async def tries_by_id(tx: Tx, ids: Sequence[int]) -> dict[int, Try]:
    """Those of these numbers that are tries of balances."""
    if not ids:
        return {}
    rows = await tx.fetch(f"SELECT {_TRY} FROM balance_try WHERE id = ANY($1::bigint[])", ids)
    return {row["id"]: Try(*row.values()) for row in rows}


async def insert_try(tx: Tx, balance: Balance, route: Route) -> Try:
    """A try is about to be asked."""
    row = await tx.fetchrow(
        f"""INSERT INTO balance_try (id, balance_id, round, route, intent_id, state, asked_at)
            VALUES ($1, $2, $3, $4, $5, 'asked', $6) RETURNING {_TRY}""",
        tx.ids.new(),
        balance.id,
        balance.round,
        route.way,
        route.intent_id,
        tx.now,
    )
    assert row is not None, "what was written is answered"
    return Try(*row.values())


async def set_try_over(tx: Tx, try_id: int, state: str, why: str) -> None:
    """The channel has answered for good."""
    await tx.execute(
        "UPDATE balance_try SET state = $2, why = $3, over_at = $4 WHERE id = $1 AND state = 'asked'",
        try_id,
        state,
        why[:200],
        tx.now,
    )
