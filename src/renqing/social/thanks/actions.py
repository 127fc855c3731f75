"""What can be done to thanks. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.social.thanks import store
from renqing.social.thanks.model import GiftThanked, ThankedAlready, Thanks


async def say(tx: Tx, said: Thanks) -> None:
    """Somebody thanks, once a gift. Leaves GiftThanked where there is something to see. Raises ThankedAlready."""
    if not await store.insert(tx, said):
        raise ThankedAlready
    if not said.says_nothing:
        await note_shown(tx, said.gift_id, said.giver_id, said.person_id)


async def note_shown(tx: Tx, gift_id: int, giver_id: int, person_id: int) -> None:
    """There is something to see for the giver, for the first time. Leaves GiftThanked."""
    await leave(tx, GiftThanked(subject_id=gift_id, gift_id=gift_id, giver_id=giver_id, thanked_by=person_id))


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody said is gone."""
    await store.delete_of(tx, person_id)
