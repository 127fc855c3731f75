"""What can be done about surcharges. Nothing here commits, and no money moves here."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.trade.surcharges import store
from renqing.trade.surcharges.model import Allowed


async def allow(tx: Tx, order_id: int, amount: int) -> None:
    """A sum of a new order's freight is for a place that costs more; nothing is written of nothing."""
    if amount:
        await store.insert(tx, order_id, amount)


async def settle(tx: Tx, allowed: Allowed, served_order_id: int, used: int) -> int:
    """The goods of a locked order go somewhere: ``used`` was needed. Answers the rest, which is to go back."""
    back = allowed.allowed_amount - used
    await store.set_settled(tx, allowed.order_id, served_order_id, used, back)
    return back
