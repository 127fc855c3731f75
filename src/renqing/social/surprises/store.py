"""The surprises room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Tx
from renqing.social.surprises.model import Until

ALL_OF_IT = 0  # in the place of an order: all that the gift sends


async def insert(tx: Tx, gift_id: int, until: Until) -> None:
    """Write down that a gift is a surprise."""
    await tx.execute("INSERT INTO surprise_gift (gift_id, until) VALUES ($1, $2)", gift_id, until)


async def of_gifts(db: Database | Tx, gift_ids: Sequence[int]) -> dict[int, Until]:
    """Which of these are surprises, and until when."""
    rows = await db.fetch("SELECT gift_id, until FROM surprise_gift WHERE gift_id = ANY($1::bigint[])", gift_ids)
    return {row["gift_id"]: row["until"] for row in rows}


async def revealed_to(db: Database | Tx, gift_id: int, person_id: int, order_id: int) -> bool:
    """Whether somebody said that they know what this order of it sends, or all of it."""
    sql = "SELECT 1 FROM surprise_reveal WHERE gift_id = $1 AND person_id = $2 AND order_id IN ($3, $4)"
    return await db.fetchval(sql, gift_id, person_id, order_id, ALL_OF_IT) is not None


async def insert_reveal(tx: Tx, gift_id: int, person_id: int, order_id: int) -> bool:
    """Write a reveal down. False where it was there."""
    done = await tx.execute(
        """INSERT INTO surprise_reveal (gift_id, person_id, revealed_at, order_id) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING""",
        gift_id,
        person_id,
        tx.now,
        order_id,
    )
    return done == "INSERT 0 1"
