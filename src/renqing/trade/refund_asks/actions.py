"""What can be done to asks for a refund. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.trade.refund_asks import rules, store
from renqing.trade.refund_asks.model import REFUND_ASK_SILENCE, RefundAsk, RefundAskMoved, RefundAskState


async def ask(tx: Tx, new: RefundAsk) -> None:
    """An ask that ``rules.why_not`` allowed waits for who has the gift. Leaves RefundAskMoved."""
    await store.insert(tx, new)
    await set_timers(tx, [Deadline(REFUND_ASK_SILENCE, new.order_id, new.answer_by)])
    await _tell(tx, [new])


async def agree(tx: Tx, asked: RefundAsk, case_id: int) -> RefundAsk:
    """Who has the gift says yes; the after-sale is open. Leaves RefundAskMoved. Raises RefundAskNotNow."""
    return await _end(tx, asked, "agreed", case_id)


async def decline(tx: Tx, asked: RefundAsk) -> RefundAsk:
    """Who has the gift says no. Leaves RefundAskMoved. Raises RefundAskNotNow."""
    return await _end(tx, asked, "declined")


async def time_out(tx: Tx, asks: Sequence[RefundAsk]) -> None:
    """Silence has declined locked asks. Those that ended meanwhile stay as they are. Leaves RefundAskMoved."""
    over = [
        msgspec.structs.replace(one, state=rules.move(one, "timed_out", tx.now), ended_at=tx.now)
        for one in asks
        if one.state == "waiting" and tx.now >= one.answer_by
    ]
    for one in over:
        await store.set_ended(tx, one)
    await _tell(tx, over)


async def _end(tx: Tx, asked: RefundAsk, state: RefundAskState, case_id: int | None = None) -> RefundAsk:
    moved = rules.move(asked, state, tx.now)
    ended = msgspec.structs.replace(asked, state=moved, ended_at=tx.now, case_id=case_id)
    await store.set_ended(tx, ended)
    await drop_timers(tx, REFUND_ASK_SILENCE, [asked.order_id])
    await _tell(tx, [ended])
    return ended


async def _tell(tx: Tx, asks: Sequence[RefundAsk]) -> None:
    facts = [
        RefundAskMoved(
            subject_id=one.order_id,
            order_id=one.order_id,
            about_gift_id=one.gift_id,
            payer_id=one.giver_id,
            owner_id=one.owner_id,
            state=one.state,
        )
        for one in asks
    ]
    await leave(tx, *facts)
