"""The money of an after-sale is back, or its payer's balance because no way back is open: its case is over.

Listens to RefundDone and RefundFailed. A fact told twice finds the case over and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.outbox import LeftFact
from renqing.journeys.move_an_aftersale import wait_for_next
from renqing.trade import aftersales, orders, payments
from renqing.trade.aftersales import State


async def finish_aftersales(ground: Ground, tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Move the cases of these refunds to their end: MERCHANT_REFUND_SUCCESS or MERCHANT_RETURN_SUCCESS.

    Facts of other kinds and refunds of other causes are passed over.
    """
    refunds = [fact for fact in facts if fact.kind in (payments.RefundDone.kind, payments.RefundFailed.kind)]
    done = {fact.payload["cause_id"]: fact for fact in refunds if fact.payload["cause_kind"] == "aftersale"}
    await orders.lock_many(tx, [fact.payload["order_id"] for fact in done.values()])
    for case_id in sorted(done):
        case = await aftersales.get(tx, case_id, lock=True)
        if case.state is State.REFUNDING:
            await wait_for_next(ground, tx, await aftersales.finish(tx, case, done[case_id].payload["payer_id"]))
