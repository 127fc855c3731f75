"""A gift waits, and half its time is over, or it ends soon: whom it waits for is reminded, each time once.

The deadline's effect, for many gifts at once, under the locks of their orders and gifts, so that a claim and a reminder
race to one answer: who has claimed is not reminded. A friend who is named hears it; of a gift for a group, the members
without a share; of a gift that only a link names, its giver, before the end. Blocks and quiet hours are held where
notices are written (``tell_people``). A gift that got more time meanwhile says it later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.social import gifts
from renqing.trade import orders


async def remind_of_gifts(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline. Gifts that were claimed or ended meanwhile remind nobody."""
    said: Mapping[int, gifts.Reminder] = {timer.key: timer.payload["reminder"] for timer in due}
    order_ids = await gifts.order_ids_of(tx, list(said))
    await orders.lock_many(tx, order_ids)
    for gift in await gifts.lock_of_orders(tx, order_ids):
        if gifts.is_claimable(gift, tx.now):
            await gifts.remind(tx, gift, said[gift.id], await _waited_for(tx, gift))


async def _waited_for(tx: Tx, gift: gifts.Gift) -> list[int]:
    if gift.recipient_id is not None:
        return [gift.recipient_id]
    if gift.group_id is None:
        return [gift.giver_id]
    others = [one for one in await people.members(tx, gift.group_id) if one != gift.giver_id]
    have = await gifts.shares_held(tx, [(gift.id, one) for one in others])
    return [one for one in others if (gift.id, one) not in have]
