"""Refunds that a giver asks for after the claim: whoever has the gift agrees with one tap, or does not.

Promises:
1. A claimed gift's order has at most one ask, ever; it moves along the table in ``model.py``, under its order's lock.
2. Nothing but a yes of who has the gift makes it an after-sale; silence declines, and no more is asked of them.
3. Every end leaves a fact. The giver learns yes or no, and never which of a no and silence it was.
"""

from renqing.trade.refund_asks.actions import agree, ask, decline, time_out
from renqing.trade.refund_asks.model import (
    REASONS,
    REFUND_ASK_SILENCE,
    RefundAsk,
    RefundAskMoved,
    RefundAskNotNow,
    RefundAskState,
    RefundNotAsked,
)
from renqing.trade.refund_asks.rules import check_waits, why_not
from renqing.trade.refund_asks.store import lock_many, of_order

__all__ = [
    "REASONS",
    "REFUND_ASK_SILENCE",
    "RefundAsk",
    "RefundAskMoved",
    "RefundAskNotNow",
    "RefundAskState",
    "RefundNotAsked",
    "agree",
    "ask",
    "check_waits",
    "decline",
    "lock_many",
    "of_order",
    "time_out",
    "why_not",
]
