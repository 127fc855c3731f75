"""The only SQL of asks for a refund."""

from __future__ import annotations

from collections.abc import Iterable

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.refund_asks.model import RefundAsk

_ASK = ", ".join(RefundAsk.__struct_fields__)


def _ask(row: Row) -> RefundAsk:
    return RefundAsk(**{field: row[field] for field in RefundAsk.__struct_fields__})


async def insert(tx: Tx, ask: RefundAsk) -> None:
    """Write an ask."""
    places = ", ".join(f"${n}" for n in range(1, len(RefundAsk.__struct_fields__) + 1))
    values = [getattr(ask, field) for field in RefundAsk.__struct_fields__]
    await tx.execute(f"INSERT INTO refund_ask ({_ASK}) VALUES ({places})", *values)


async def of_order(db: Database | Tx, order_id: int) -> RefundAsk | None:
    """The ask about an order; not locked: who locks the order first has it to themselves."""
    row = await db.fetchrow(f"SELECT {_ASK} FROM refund_ask WHERE order_id = $1", order_id)
    return _ask(row) if row else None


async def lock_many(tx: Tx, order_ids: Iterable[int]) -> list[RefundAsk]:
    """The asks about these locked orders, locked in order of their ids."""
    rows = await tx.fetch(
        f"SELECT {_ASK} FROM refund_ask WHERE order_id = ANY($1) ORDER BY order_id FOR NO KEY UPDATE",
        sorted(set(order_ids)),
    )
    return [_ask(row) for row in rows]


async def set_ended(tx: Tx, ask: RefundAsk) -> None:
    """An ask is over."""
    await tx.execute(
        "UPDATE refund_ask SET state = $2, ended_at = $3, case_id = $4 WHERE order_id = $1",
        ask.order_id,
        ask.state,
        ask.ended_at,
        ask.case_id,
    )
