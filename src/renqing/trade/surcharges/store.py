"""The only SQL of surcharges."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Tx
from renqing.trade.surcharges.model import Allowed

_ALLOWED = ", ".join(Allowed.__struct_fields__)


async def insert(tx: Tx, order_id: int, amount: int) -> None:
    """Write down what is allowed."""
    await tx.execute(
        "INSERT INTO surcharge_allowed (order_id, allowed_amount, allowed_at) VALUES ($1, $2, $3)",
        order_id,
        amount,
        tx.now,
    )


async def allowed_of(db: Database | Tx, order_id: int) -> Allowed | None:
    """What was allowed with an order; None where nothing was."""
    return (await allowed_of_orders(db, [order_id])).get(order_id)


async def allowed_of_orders(db: Database | Tx, order_ids: Sequence[int]) -> dict[int, Allowed]:
    """The same of several, by order."""
    rows = await db.fetch(f"SELECT {_ALLOWED} FROM surcharge_allowed WHERE order_id = ANY($1::bigint[])", order_ids)
    return {row["order_id"]: Allowed(*row.values()) for row in rows}


async def set_settled(tx: Tx, order_id: int, served_order_id: int, used: int, back: int) -> None:
    """What came of it, once. The order is locked."""
    done = await tx.execute(
        """UPDATE surcharge_allowed SET served_order_id = $2, used_amount = $3, back_amount = $4, settled_at = $5
           WHERE order_id = $1 AND settled_at IS NULL""",
        order_id,
        served_order_id,
        used,
        back,
        tx.now,
    )
    assert done == "UPDATE 1", f"the surcharge of order {order_id} is settled once"
