"""What can be done to masks. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.social.masks import store
from renqing.social.masks.model import GiverShown


async def put_on(tx: Tx, gift_id: int, giver_id: int) -> None:
    """A gift that is prepared in the same transaction says not whose it is."""
    await store.insert(tx, gift_id, giver_id)


async def take_off(tx: Tx, gift_id: int, giver_id: int, told_ids: Sequence[int]) -> bool:
    """Its giver says who they are. Leaves GiverShown, once; False where no mask is on."""
    if not await store.set_shown(tx, gift_id, giver_id):
        return False
    await leave(tx, GiverShown(subject_id=gift_id, gift_id=gift_id, giver_id=giver_id, told_ids=list(told_ids)))
    return True


async def refuse_more(tx: Tx, person_id: int, giver_id: int) -> None:
    """Somebody wants no more gifts without a name from whoever gave this one."""
    await store.insert_refusal(tx, person_id, giver_id)


async def forget(tx: Tx, person_id: int) -> None:
    """Whom somebody refused is gone with them, and that somebody was refused."""
    await store.delete_refusals(tx, person_id)
