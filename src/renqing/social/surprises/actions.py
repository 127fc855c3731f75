"""What can be done to surprises. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.social.surprises import store
from renqing.social.surprises.model import SurpriseRevealed, Until


async def keep(tx: Tx, gift_id: int, until: Until) -> None:
    """A gift that is prepared in the same transaction is a surprise."""
    await store.insert(tx, gift_id, until)


async def reveal(tx: Tx, gift_id: int, giver_id: int, person_id: int, order_id: int = store.ALL_OF_IT) -> None:
    """Somebody knows what it is from now on, or what this order of it sends. Leaves SurpriseRevealed, once."""
    if not await store.insert_reveal(tx, gift_id, person_id, order_id):
        return
    fact = SurpriseRevealed(
        subject_id=gift_id, gift_id=gift_id, giver_id=giver_id, revealed_by=person_id, order_id=order_id
    )
    await leave(tx, fact)
