"""What can be done to requests for another style. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.trade.swaps import rules, store
from renqing.trade.swaps.model import SWAP_SILENCE, Swap, SwapMoved, SwapState, WhyRejected


async def ask(tx: Tx, swap: Swap) -> None:
    """A request that ``rules.judge_ask`` allowed waits for the shop. Leaves SwapMoved."""
    await store.insert(tx, swap)
    await set_timers(tx, [Deadline(SWAP_SILENCE, swap.order_id, swap.answer_by)])
    await _tell(tx, [swap])


async def approve(tx: Tx, swap: Swap) -> Swap:
    """The shop agrees to a locked request; stock has moved. Leaves SwapMoved. Raises SwapNotNow."""
    return await _end(tx, swap, SwapState.APPROVED)


async def reject(tx: Tx, swap: Swap, why: WhyRejected) -> Swap:
    """The shop refuses a locked request, or there is no stock for it. Leaves SwapMoved. Raises SwapNotNow."""
    return await _end(tx, swap, SwapState.REJECTED, why)


async def cancel(tx: Tx, swap: Swap) -> Swap:
    """The owner takes a locked request back. Leaves SwapMoved. Raises SwapNotNow."""
    return await _end(tx, swap, SwapState.CANCELLED)


async def time_out(tx: Tx, swaps: Sequence[Swap]) -> None:
    """Silence has refused locked requests. Those that ended meanwhile stay as they are. Leaves SwapMoved."""
    over = [
        msgspec.structs.replace(swap, state=rules.move(swap, SwapState.TIMED_OUT, tx.now), ended_at=tx.now)
        for swap in swaps
        if swap.state is SwapState.WAITING and tx.now >= swap.answer_by
    ]
    await store.set_ended(tx, over)
    await _tell(tx, over)


async def _end(tx: Tx, swap: Swap, state: SwapState, why: WhyRejected = "") -> Swap:
    ended = msgspec.structs.replace(swap, state=rules.move(swap, state, tx.now), why=why, ended_at=tx.now)
    await store.set_ended(tx, [ended])
    await drop_timers(tx, SWAP_SILENCE, [swap.order_id])
    await _tell(tx, [ended])
    return ended


async def _tell(tx: Tx, swaps: Sequence[Swap]) -> None:
    await leave(
        tx,
        *(
            SwapMoved(
                subject_id=swap.order_id,
                order_id=swap.order_id,
                shop_id=swap.shop_id,
                owner_id=swap.owner_id,
                payer_id=swap.payer_id,
                sku_id=swap.new_sku_id,
                state=int(swap.state),
                why=swap.why,
            )
            for swap in swaps
        ),
    )
