"""The masks room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Tx


async def insert(tx: Tx, gift_id: int, giver_id: int) -> None:
    """Write a mask down."""
    await tx.execute("INSERT INTO mask_gift (gift_id, giver_id) VALUES ($1, $2)", gift_id, giver_id)


async def worn_on(db: Database | Tx, gift_ids: Sequence[int]) -> set[int]:
    """Of these gifts, those whose giver wears a mask."""
    if not gift_ids:
        return set()
    sql = "SELECT gift_id FROM mask_gift WHERE gift_id = ANY($1::bigint[]) AND shown_at IS NULL"
    return {row["gift_id"] for row in await db.fetch(sql, gift_ids)}


async def set_shown(tx: Tx, gift_id: int, giver_id: int) -> bool:
    """Take a mask off. False where none is on."""
    sql = "UPDATE mask_gift SET shown_at = $3 WHERE gift_id = $1 AND giver_id = $2 AND shown_at IS NULL"
    return await tx.execute(sql, gift_id, giver_id, tx.now) == "UPDATE 1"


async def insert_refusal(tx: Tx, person_id: int, giver_id: int) -> None:
    """Write down that somebody wants no more of these from somebody."""
    await tx.execute(
        """INSERT INTO mask_refusal (person_id, giver_id, refused_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING""",
        person_id,
        giver_id,
        tx.now,
    )


async def has_refused(tx: Tx, person_id: int, giver_id: int) -> bool:
    """Whether somebody wants no more of these from somebody."""
    sql = "SELECT 1 FROM mask_refusal WHERE person_id = $1 AND giver_id = $2"
    return await tx.fetchval(sql, person_id, giver_id) is not None


async def delete_refusals(tx: Tx, person_id: int) -> None:
    """What somebody refused, and what of theirs was refused, is gone."""
    await tx.execute("DELETE FROM mask_refusal WHERE person_id = $1 OR giver_id = $1", person_id)
