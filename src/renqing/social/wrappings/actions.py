"""What can be done to wrappings. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.social.wrappings import store
from renqing.social.wrappings.model import Wrapping


async def keep(tx: Tx, wrapping: Wrapping | None) -> None:
    """Keep what lies in a gift that is prepared in the same transaction."""
    if wrapping is not None:
        await store.insert(tx, wrapping)


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody wrote and recorded for their gifts is gone; the gifts were given, and stay so."""
    await store.clear_of(tx, person_id)
