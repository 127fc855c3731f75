"""The only SQL of requests for another style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.swaps.model import Swap, SwapState

_COLUMNS = ", ".join(Swap.__struct_fields__)


def _swap(row: Row) -> Swap:
    values = {field: row[field] for field in Swap.__struct_fields__}
    values["state"] = SwapState(values["state"])
    return Swap(**values)


async def insert(tx: Tx, swap: Swap) -> None:
    """Write a request."""
    await tx.execute(
        f"""INSERT INTO swap_request ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        swap.order_id,
        swap.shop_id,
        swap.owner_id,
        swap.payer_id,
        swap.old_sku_id,
        swap.new_sku_id,
        int(swap.state),
        swap.why,
        swap.asked_at,
        swap.answer_by,
        swap.ended_at,
    )


async def of_order(db: Database | Tx, order_id: int) -> Swap | None:
    """The request of an order; not locked: who locks the order first has it to themselves."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM swap_request WHERE order_id = $1", order_id)
    return _swap(row) if row else None


async def lock_many(tx: Tx, order_ids: Iterable[int]) -> list[Swap]:
    """The requests of these orders, locked in order of their ids; the orders are locked already."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM swap_request WHERE order_id = ANY($1) ORDER BY order_id FOR NO KEY UPDATE",
        sorted(set(order_ids)),
    )
    return [_swap(row) for row in rows]


async def set_ended(tx: Tx, swaps: Sequence[Swap]) -> None:
    """Requests are over."""
    await tx.executemany(
        "UPDATE swap_request SET state = $2, why = $3, ended_at = $4 WHERE order_id = $1",
        [(swap.order_id, int(swap.state), swap.why, swap.ended_at) for swap in swaps],
    )
