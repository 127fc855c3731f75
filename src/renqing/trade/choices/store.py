"""The choices room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Tx


async def insert_choices(tx: Tx, choices: Sequence[tuple[int, int]]) -> None:
    """Write for which orders of gifts something else was chosen, and the orders that it became."""
    await tx.executemany(
        "INSERT INTO choice_choice (order_id, part_id, made_at) VALUES ($1, $2, $3)",
        [(order_id, part_id, tx.now) for order_id, part_id in choices],
    )


async def chosen_for(db: Database | Tx, order_ids: Iterable[int]) -> dict[int, int]:
    """Of these orders of gifts, those for which something else was chosen, with the order that it became."""
    wanted = sorted(set(order_ids))
    rows = (
        await db.fetch("SELECT order_id, part_id FROM choice_choice WHERE order_id = ANY($1)", wanted) if wanted else []
    )
    return {row["order_id"]: row["part_id"] for row in rows}


async def serving(db: Database | Tx, order_id: int) -> int:
    """The order that a claimed gift is served by: its own, or what was chosen instead."""
    return (await chosen_for(db, [order_id])).get(order_id, order_id)
