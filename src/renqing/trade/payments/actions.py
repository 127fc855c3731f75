"""What can be done to payments. Nothing here commits, and nothing here calls a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_all, drop_timers, set_timers
from renqing.trade.payments import rules, store
from renqing.trade.payments.model import (
    CLOSE_AT_CHANNEL,
    CLOSE_UNPAID,
    QUERY_PAYMENT,
    SEND_REFUND,
    Cashier,
    Intent,
    JudgedCallback,
    NewIntent,
    NewRefund,
    PaymentOver,
    Refund,
    RefundDone,
    RefundFailed,
    RefundStarted,
)


async def open_intents(tx: Tx, intents: Sequence[NewIntent]) -> None:
    """Intents that wait to be paid until their ``pay_by``."""
    if intents:
        await store.insert_intents(tx, intents)
        await set_timers(tx, [Deadline(CLOSE_UNPAID, intent.order_id, intent.pay_by) for intent in intents])


async def start_asking(tx: Tx, intents: Sequence[Intent], *, first_query_seconds: int) -> None:
    """The channel is about to be asked for locked open intents: from now on we are not sure, and query in the end."""
    assert all(intent.state == "open" for intent in intents), "what is over is not asked for"
    if intents:
        await store.set_asked(tx, [intent.id for intent in intents])
        due_at = tx.now + rules.wait_before_query(0, first_query_seconds)
        await set_timers(tx, [Deadline(QUERY_PAYMENT, intent.id, due_at, errand=True) for intent in intents])


async def note_cashiers(tx: Tx, cashiers: Sequence[Cashier]) -> None:
    """The channels answered where people pay."""
    await store.set_cashiers(tx, cashiers)


async def capture(tx: Tx, intents: Sequence[Intent]) -> None:
    """Locked intents are captured; nothing waits or asks for them any more."""
    if intents:
        await store.set_captured(tx, [intent.id for intent in intents])
        asking = [(kind, intent.id) for intent in intents for kind in (QUERY_PAYMENT, CLOSE_AT_CHANNEL)]
        await drop_all(tx, [*asking, *((CLOSE_UNPAID, intent.order_id) for intent in intents)])


async def close_intents(tx: Tx, intents: Sequence[Intent]) -> None:
    """Locked open intents end unpaid."""
    await store.set_closed(tx, [intent.order_id for intent in intents])
    asking = [(QUERY_PAYMENT, intent.id) for intent in intents]
    await drop_all(tx, [*asking, *((CLOSE_UNPAID, intent.order_id) for intent in intents)])


async def look_soon(tx: Tx, kind: str, keys: Sequence[int]) -> None:
    """Ask the channel about these at once: its last word was not certain."""
    await set_timers(tx, [Deadline(kind, key, tx.now, errand=True) for key in keys])


async def ask_refunds(tx: Tx, asks: Sequence[NewRefund]) -> list[tuple[Refund, bool]]:
    """Money of captured orders goes back, once a cause: writes what is due and an errand to send each.

    The orders are locked. For each ask its refund, and whether it is new: a cause that asked before gets the one it
    has. Raises PaymentOver where less is left of a capture than is asked for.
    """
    if not asks:
        return []
    known = await store.refunds_of_causes(tx, [(ask.cause_kind, ask.cause_id) for ask in asks])
    fresh = [ask for ask in asks if (ask.cause_kind, ask.cause_id) not in known]
    intents = await store.intents_of_orders(tx, [ask.order_id for ask in fresh], lock=True)
    left = {order_id: intent.captured_amount - intent.refunded_amount for order_id, intent in intents.items()}
    for ask in fresh:
        if left[ask.order_id] < ask.amount:
            raise PaymentOver(state="refunded")
        left[ask.order_id] -= ask.amount
    new = await store.add_refunds(tx, [(intents[ask.order_id].id, ask) for ask in fresh])
    await set_timers(tx, [Deadline(SEND_REFUND, refund.id, tx.now, errand=True) for refund in new.values()])
    intent_of = {intent.id: intent for intent in intents.values()}
    await leave(tx, *(RefundStarted(**_told_of(refund, intent_of[refund.intent_id])) for refund in new.values()))
    found = known | new
    return [(found[ask.cause_kind, ask.cause_id], (ask.cause_kind, ask.cause_id) in new) for ask in asks]


def _told_of(refund: Refund, intent: Intent) -> dict[str, Any]:
    """What each fact about a refund says."""
    return {
        "subject_id": intent.order_id,
        "refund_id": refund.id,
        "order_id": intent.order_id,
        "payer_id": intent.payer_id,
        "amount": refund.amount,
        "currency": intent.currency,
        "cause_kind": refund.cause_kind,
        "cause_id": refund.cause_id,
    }


async def give_up_refund(tx: Tx, refund: Refund, intent: Intent) -> None:
    """The channel will not do a locked refund: it is due no more, and the payer's balance. Leaves RefundFailed."""
    await store.set_refund_kept(tx, refund.id)
    await drop_timers(tx, SEND_REFUND, [refund.id])
    await leave(tx, RefundFailed(**_told_of(refund, intent)))


async def note_refund_sent(tx: Tx, refund_id: int, channel_ref: str) -> None:
    """The channel took the refund and has not finished it."""
    await store.set_refund_sent(tx, refund_id, channel_ref)


async def confirm_refunds(tx: Tx, refunds: Sequence[tuple[Refund, Intent]]) -> None:
    """Locked refunds are done at the channel. Leaves RefundDone."""
    if not refunds:
        return
    await store.set_refunds_done(tx, [refund.id for refund, _ in refunds])
    await drop_timers(tx, SEND_REFUND, [refund.id for refund, _ in refunds])
    await leave(tx, *(RefundDone(**_told_of(refund, intent)) for refund, intent in refunds))


async def keep_callbacks(tx: Tx, callbacks: Sequence[JudgedCallback]) -> None:
    """Store callbacks with what became of them."""
    await store.insert_callbacks(tx, callbacks)


async def close_at_channel(tx: Tx, intents: Sequence[Intent], why: str) -> None:
    """Nobody is to pay these any more, and a payment may be in flight: close them at the channel first."""
    await set_timers(
        tx, [Deadline(CLOSE_AT_CHANNEL, intent.id, tx.now, {"why": why}, errand=True) for intent in intents]
    )
