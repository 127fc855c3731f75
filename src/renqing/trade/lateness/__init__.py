"""Paying for lateness (发货晚了赔付): what a shop promises for a parcel that leaves late, and what it has paid.

Promises:
1. A shop states its promise, changes it, or takes it back; an order keeps the one that was in force when it was placed.
2. What is owed is a share of the goods that had not left in time, within a lowest and a highest sum, and never more
   than half of what they cost: a later refund of a piece always has something left to give back.
3. An order is paid for once, ever; the row says under which promise, for what, and since when it was late.
"""

from renqing.trade.lateness.actions import record_paid, state
from renqing.trade.lateness.model import (
    HOURS_MAX,
    PAY_FOR_LATENESS,
    SHARE_BP_MAX,
    SUM_MAX,
    LateLine,
    LatePaid,
    NewPromise,
    OrderLatePaid,
    Promise,
    PromiseStated,
)
from renqing.trade.lateness.rules import check_promise, is_on, late_lines, owed, worth
from renqing.trade.lateness.store import anybody_promises, paid_among, promise_of, promises_at

__all__ = [
    "HOURS_MAX",
    "PAY_FOR_LATENESS",
    "SHARE_BP_MAX",
    "SUM_MAX",
    "LateLine",
    "LatePaid",
    "NewPromise",
    "OrderLatePaid",
    "Promise",
    "PromiseStated",
    "anybody_promises",
    "check_promise",
    "is_on",
    "late_lines",
    "owed",
    "paid_among",
    "promise_of",
    "promises_at",
    "record_paid",
    "state",
    "worth",
]
