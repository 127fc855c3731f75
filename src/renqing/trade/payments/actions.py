"""What can be done to payments. Nothing here commits, and nothing here calls a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.trade.payments import rules, store
from renqing.trade.payments.model import (
    CLOSE_AT_CHANNEL,
    CLOSE_UNPAID,
    QUERY_PAYMENT,
    SEND_REFUND,
    Intent,
    JudgedCallback,
    NewIntent,
    PaymentOver,
    Refund,
    RefundDone,
)


async def open_intents(tx: Tx, intents: Sequence[NewIntent]) -> None:
    """Intents that wait to be paid until their ``pay_by``."""
    if intents:
        await store.insert_intents(tx, intents)
        await set_timers(tx, [Deadline(CLOSE_UNPAID, intent.order_id, intent.pay_by) for intent in intents])


async def start_asking(tx: Tx, intent: Intent, *, first_query_seconds: int) -> None:
    """The channel is about to be asked: from now on we are not sure, and query if nothing is heard."""
    if intent.state != "open":
        raise PaymentOver(state=intent.state)
    await store.set_asked(tx, intent.id)
    due_at = tx.now + rules.wait_before_query(0, first_query_seconds)
    await set_timers(tx, [Deadline(QUERY_PAYMENT, intent.id, due_at, errand=True)])


async def note_cashier(tx: Tx, intent_id: int, channel_ref: str, cashier_url: str) -> None:
    """The channel answered where the person pays."""
    await store.set_cashier(tx, intent_id, channel_ref, cashier_url)


async def capture(tx: Tx, intents: Sequence[Intent]) -> None:
    """Locked intents are captured; nothing waits or asks for them any more."""
    if intents:
        await store.set_captured(tx, [intent.id for intent in intents])
        await drop_timers(tx, QUERY_PAYMENT, [intent.id for intent in intents])
        await drop_timers(tx, CLOSE_AT_CHANNEL, [intent.id for intent in intents])
        await drop_timers(tx, CLOSE_UNPAID, [intent.order_id for intent in intents])


async def close_intents(tx: Tx, intents: Sequence[Intent]) -> None:
    """Locked open intents end unpaid."""
    if intents:
        await store.set_closed(tx, [intent.order_id for intent in intents])
        await drop_timers(tx, QUERY_PAYMENT, [intent.id for intent in intents])
        await drop_timers(tx, CLOSE_UNPAID, [intent.order_id for intent in intents])


async def look_soon(tx: Tx, kind: str, keys: Sequence[int]) -> None:
    """Ask the channel about these at once: its last word was not certain."""
    await set_timers(tx, [Deadline(kind, key, tx.now, errand=True) for key in keys])


async def ask_refund(tx: Tx, order_id: int, amount: int, cause_kind: str, cause_id: int, reason: str) -> Refund:
    """Give back ``amount`` of a captured order, once a cause: writes what is due and an errand to send it.

    The order is locked. A second ask of the same cause answers the first one's refund.
    """
    known = await store.refund_of_cause(tx, cause_kind, cause_id)
    if known is not None:
        return known
    intent = await store.intent_of_order(tx, order_id, lock=True)
    assert intent is not None, f"order {order_id} was paid"
    if intent.captured_amount - intent.refunded_amount < amount:
        raise PaymentOver(state="refunded")
    refund = await store.add_refund(tx, intent, amount, cause_kind, cause_id, reason)
    assert refund is not None, "the order is locked, so nobody else asked meanwhile"
    await set_timers(tx, [Deadline(SEND_REFUND, refund.id, tx.now, errand=True)])
    return refund


async def note_refund_sent(tx: Tx, refund_id: int, channel_ref: str) -> None:
    """The channel took the refund and has not finished it."""
    await store.set_refund_sent(tx, refund_id, channel_ref)


async def confirm_refunds(tx: Tx, refunds: Sequence[tuple[Refund, Intent]]) -> None:
    """Locked refunds are done at the channel. Leaves RefundDone."""
    if not refunds:
        return
    await store.set_refunds_done(tx, [refund.id for refund, _ in refunds])
    await drop_timers(tx, SEND_REFUND, [refund.id for refund, _ in refunds])
    await leave(
        tx,
        *(
            RefundDone(
                subject_id=intent.order_id,
                refund_id=refund.id,
                order_id=intent.order_id,
                payer_id=intent.payer_id,
                amount=refund.amount,
                currency=intent.currency,
                cause_kind=refund.cause_kind,
                cause_id=refund.cause_id,
            )
            for refund, intent in refunds
        ),
    )


async def keep_callbacks(tx: Tx, callbacks: Sequence[JudgedCallback]) -> None:
    """Store callbacks with what became of them."""
    if callbacks:
        await store.insert_callbacks(tx, callbacks)


async def close_at_channel(tx: Tx, intent: Intent, after: timedelta = timedelta()) -> None:
    """The time to pay is over, and a payment may be in flight: close it at the channel first."""
    await set_timers(tx, [Deadline(CLOSE_AT_CHANNEL, intent.id, tx.now + after, errand=True)])
