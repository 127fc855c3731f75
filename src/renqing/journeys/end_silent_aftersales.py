"""Time moves an after-sale when people do not: silence of the shop is consent, silence of the owner gives a return up.

Each case is decided under its order's lock by the state it is in then; one that somebody moved a moment earlier has a
new deadline of its own, or none. Goods that nobody looked at do not go back to stock.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.move_an_aftersale import agree_to_case, end_case, ordered
from renqing.trade import aftersales, orders
from renqing.trade.aftersales import Step


async def end_silent_aftersales(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect; orders are locked in id order, then their cases."""
    found = [await aftersales.get(tx, timer.key) for timer in timers]
    locked = await orders.lock_many(tx, [case.order_id for case in found])
    for case_id in sorted(case.id for case in found):
        case = await aftersales.get(tx, case_id, lock=True)
        match aftersales.step_of_silence(case):
            case Step.AGREE:
                await agree_to_case(ground, tx, case, locked[case.order_id])
                locked[case.order_id] = await orders.get(tx, case.order_id)
            case Step.GIVE_UP:
                order = locked[case.order_id]
                await end_case(ground, tx, await aftersales.give_up(tx, case, ordered(order)))
            case _:
                pass
