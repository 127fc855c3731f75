"""What a channel's word is worth. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from renqing.trade.payments.model import Intent, Refund
from renqing.trade.payments.ports import PaymentNews

_QUERY_WAITS_SECONDS = (30, 60, 120, 300, 600)


class Effect(StrEnum):
    """What follows from a channel's word."""

    CAPTURE = "capture"
    REFUNDED = "refunded"
    LOOK = "look"  # nothing certain: ask the channel
    REPEATED = "repeated"
    QUARANTINE_AMOUNT = "amount_or_currency_differs"
    QUARANTINE_STATE = "contradicts_what_is_booked"
    QUARANTINE_REFUND = "refund_unknown"


def judge(intent: Intent, news: PaymentNews) -> Effect:
    """What news about a payment changes: only a full capture of exactly our amount moves money (M12)."""
    if (news.amount, news.currency) != (intent.amount, intent.currency):
        return Effect.QUARANTINE_AMOUNT
    if news.state == "paid":
        return Effect.REPEATED if intent.state == "captured" else Effect.CAPTURE
    return Effect.QUARANTINE_STATE if intent.state == "captured" else Effect.LOOK


def judge_refund(refund: Refund | None, currency: str, news: PaymentNews) -> Effect:
    """What news about a refund changes."""
    if refund is None or refund.intent_id != news.intent_id:
        return Effect.QUARANTINE_REFUND
    if (news.amount, news.currency) != (refund.amount, currency):
        return Effect.QUARANTINE_AMOUNT
    if refund.state == "kept":
        return Effect.QUARANTINE_STATE if news.state == "done" else Effect.REPEATED
    if news.state == "done":
        return Effect.REPEATED if refund.state == "done" else Effect.REFUNDED
    return Effect.QUARANTINE_STATE if refund.state == "done" else Effect.LOOK


def wait_before_query(attempts: int, first_seconds: int) -> timedelta:
    """How long to wait before the next query: the operator's first wait, then 1, 2, 5 and 10 minutes."""
    if attempts == 0:
        return timedelta(seconds=first_seconds)
    return timedelta(seconds=_QUERY_WAITS_SECONDS[min(attempts, len(_QUERY_WAITS_SECONDS) - 1)])
