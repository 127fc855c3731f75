"""Who gave a gift, as its readers may know: nobody, where its giver wears a mask.

What stands in a giver's place is the same for all: no number, no name, no face. Pages say "a friend" for it, in the
language of who reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books.people import Person
from renqing.foundation.database import Database
from renqing.social import masks

NOBODY_SAID = Person(0, "", "", "zh")


async def masked_orders(db: Database, reader_id: int, order_ids: Sequence[int]) -> set[int]:
    """Of these orders, those that came from a gift whose giver the reader may not know."""
    if not order_ids:
        return set()
    rows = await db.fetch(
        """SELECT o.id FROM order_order o JOIN gift_gift g ON g.order_id = coalesce(o.part_of, o.id)
             JOIN mask_gift m ON m.gift_id = g.id AND m.shown_at IS NULL
            WHERE o.id = ANY($2::bigint[]) AND m.giver_id <> $1""",
        reader_id,
        order_ids,
    )
    return {row["id"] for row in rows}


async def masked_gifts(db: Database, reader_id: int | None, gift_ids: Sequence[int]) -> set[int]:
    """Of these gifts, those whose giver the reader may not know."""
    worn = await masks.worn_on(db, sorted(set(gift_ids)))
    if not worn or reader_id is None:
        return worn
    own = await db.fetch("SELECT id FROM gift_gift WHERE id = ANY($1::bigint[]) AND giver_id = $2", worn, reader_id)
    return worn - {row["id"] for row in own}
