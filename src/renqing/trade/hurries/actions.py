"""What can be done about late shops. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.trade.hurries import rules, store
from renqing.trade.hurries.model import HurryNotNow, OrderHurried, SomeOrder


async def hurry(tx: Tx, order: SomeOrder, person_id: int, told_ids: Sequence[int]) -> int:
    """Somebody hurries the shop of a locked order; the how-manieth time it is. Leaves OrderHurried.

    Raises HurryNotNow.
    """
    last_at, before = await store.last_of(tx, order.order_id)
    reason = rules.why_not(state=order.state, ship_by=order.ship_by, last_at=last_at, now=tx.now)
    if reason:
        raise HurryNotNow(reason=reason)
    await store.insert(tx, order.order_id, person_id, before + 1)
    fact = OrderHurried(
        subject_id=order.order_id,
        order_id=order.order_id,
        shop_id=order.shop_id,
        payer_id=order.payer_id,
        owner_id=order.owner_id,
        times=before + 1,
        told_ids=list(told_ids),
    )
    await leave(tx, fact)
    return before + 1
