"""The only SQL of hurries."""

from __future__ import annotations

from datetime import datetime

from renqing.foundation.database import Database, Tx


async def last_of(db: Database | Tx, order_id: int) -> tuple[datetime | None, int]:
    """When somebody last hurried the shop of an order, and how often they have."""
    row = await db.fetchrow("SELECT max(made_at) AS at, count(*) AS n FROM hurry_made WHERE order_id = $1", order_id)
    assert row is not None, "an aggregate always answers"
    return row["at"], row["n"]


async def insert(tx: Tx, order_id: int, person_id: int, times: int) -> None:
    """Write down that somebody did."""
    await tx.execute(
        "INSERT INTO hurry_made (order_id, n, person_id, made_at) VALUES ($1, $2, $3, $4)",
        order_id,
        times,
        person_id,
        tx.now,
    )
