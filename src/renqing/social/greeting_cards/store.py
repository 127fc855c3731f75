"""The greeting cards room's only SQL."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.social.greeting_cards.model import GreetingCard


async def insert(tx: Tx, gift_id: int, giver_id: int, card: GreetingCard) -> None:
    """Write a gift's card down."""
    await tx.execute(
        """INSERT INTO greeting_card (gift_id, giver_id, receiver_name, giver_name, message)
           VALUES ($1, $2, $3, $4, $5)""",
        gift_id,
        giver_id,
        card.receiver_name,
        card.giver_name,
        card.greeting_message,
    )


async def of_gift(db: Database | Tx, gift_id: int) -> GreetingCard | None:
    """A gift's card; None where it has none."""
    row = await db.fetchrow("SELECT receiver_name, giver_name, message FROM greeting_card WHERE gift_id = $1", gift_id)
    return None if row is None else GreetingCard(*row.values())


async def delete_of(tx: Tx, giver_id: int) -> None:
    """Every card of somebody's is gone."""
    await tx.execute("DELETE FROM greeting_card WHERE giver_id = $1", giver_id)
