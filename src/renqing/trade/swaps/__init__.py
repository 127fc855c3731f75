"""Another style after a gift was claimed and before it is shipped (发货前换款): asked once, decided by the shop.

Promises:
1. An order has at most one request, ever; it moves only along the table in ``model.py``, under its row lock.
2. A request that nobody answers is over at its deadline, and then it is refused: silence keeps what was given.
3. While a request waits, nothing is moved: stock and the order's line change with the approval, or not at all.
4. Every end of a request leaves a fact, refusals and silence too.
"""

from renqing.trade.swaps.actions import approve, ask, cancel, reject, time_out
from renqing.trade.swaps.model import (
    SWAP_SILENCE,
    Swap,
    SwapMoved,
    SwapNotAsked,
    SwapNotNow,
    SwapNotOffered,
    SwapState,
    SwapWaits,
    WhyRejected,
)
from renqing.trade.swaps.rules import check_waits, judge_ask
from renqing.trade.swaps.store import lock_many, of_order

__all__ = [
    "SWAP_SILENCE",
    "Swap",
    "SwapMoved",
    "SwapNotAsked",
    "SwapNotNow",
    "SwapNotOffered",
    "SwapState",
    "SwapWaits",
    "WhyRejected",
    "approve",
    "ask",
    "cancel",
    "check_waits",
    "judge_ask",
    "lock_many",
    "of_order",
    "reject",
    "time_out",
]
