"""Payments: what was asked of a channel, what it captured, what it gave back, and every callback it sent.

Promises:
1. An order has one intent; it is captured at most once, whatever arrives how often (M6).
2. Refunds of an intent never pass its capture, under any concurrency (M7); one cause has one refund.
3. A callback whose amount or currency is not the intent's changes nothing and is kept for a person (M12).
4. A callback is stored in the transaction of its effect, before it is acknowledged (X4).
5. Not knowing is a state of its own: only the channel's answer or a named person ends it (M10).
"""

from renqing.trade.payments.actions import (
    ask_refunds,
    capture,
    close_at_channel,
    close_intents,
    confirm_refunds,
    give_up_refund,
    keep_callbacks,
    look_soon,
    note_cashiers,
    note_refund_sent,
    open_intents,
    start_asking,
)
from renqing.trade.payments.model import (
    CHANNEL_IDS,
    CLOSE_AT_CHANNEL,
    CLOSE_UNPAID,
    QUERY_PAYMENT,
    SEND_REFUND,
    CallbackVerdict,
    Cashier,
    Intent,
    JudgedCallback,
    NewIntent,
    NewRefund,
    PaymentOver,
    PaymentUnknown,
    Refund,
    RefundDone,
    RefundFailed,
    RefundStarted,
)
from renqing.trade.payments.rules import Effect, judge, judge_refund, wait_before_query
from renqing.trade.payments.store import (
    intent_by_id,
    intent_of_order,
    intents_of_orders,
    known_events,
    lock_intents,
    lock_refunds,
    order_ids_of,
    paid_by,
    refund_by_id,
)

__all__ = [
    "CHANNEL_IDS",
    "CLOSE_AT_CHANNEL",
    "CLOSE_UNPAID",
    "QUERY_PAYMENT",
    "SEND_REFUND",
    "CallbackVerdict",
    "Cashier",
    "Effect",
    "Intent",
    "JudgedCallback",
    "NewIntent",
    "NewRefund",
    "PaymentOver",
    "PaymentUnknown",
    "Refund",
    "RefundDone",
    "RefundFailed",
    "RefundStarted",
    "ask_refunds",
    "capture",
    "close_at_channel",
    "close_intents",
    "confirm_refunds",
    "give_up_refund",
    "intent_by_id",
    "intent_of_order",
    "intents_of_orders",
    "judge",
    "judge_refund",
    "keep_callbacks",
    "known_events",
    "lock_intents",
    "lock_refunds",
    "look_soon",
    "note_cashiers",
    "note_refund_sent",
    "open_intents",
    "order_ids_of",
    "paid_by",
    "refund_by_id",
    "start_asking",
    "wait_before_query",
]
