"""What can be done to greeting cards. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.social.greeting_cards import store
from renqing.social.greeting_cards.model import GreetingCard


async def keep(tx: Tx, gift_id: int, giver_id: int, card: GreetingCard) -> None:
    """Keep the card of a gift that is prepared in the same transaction."""
    await store.insert(tx, gift_id, giver_id, card)


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody had written is gone, and their name under it; what was shipped was shipped."""
    await store.delete_of(tx, person_id)
