"""The owner takes an after-sale back, before money or goods are on their way.

Steps, in one transaction: order and case are locked and must be the owner's own; the case ends and what was held for it
is free. The shop that agreed a moment earlier wins, and the owner hears that the case has moved.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.move_an_aftersale import AftersaleStands, end_case, lock_case, ordered, stands
from renqing.trade import aftersales


class CancelAftersale(msgspec.Struct, frozen=True):
    """Whose case to take back."""

    owner_id: int
    case_id: int


async def cancel_an_aftersale(ground: Ground, ask: CancelAftersale, once: Once) -> AftersaleStands:
    """Raises AftersaleUnknown for others than the owner, AftersaleNotNow."""
    return await run_once(ground.db, once, AftersaleStands, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: CancelAftersale) -> AftersaleStands:
    case, order = await lock_case(tx, ask.case_id)
    if case.owner_id != ask.owner_id:
        raise aftersales.AftersaleUnknown
    moved = await aftersales.cancel(tx, case, ordered(order))
    await end_case(ground, tx, moved)
    return stands(moved, ask.owner_id, order.payer_id)
