"""Surcharges (偏远加运费): what a giver allows on top of the freight, for a place that nobody knows yet.

Promises:
1. What is allowed is paid with the gift, in its order's freight; so every end that gives all back gives it too.
2. Where the goods go decides once what of it was needed; that and the rest, which goes back, are what was allowed.
3. Where givers bear surcharges, a place that costs more than was paid and allowed is refused in words.
"""

from renqing.trade.surcharges.actions import allow, settle
from renqing.trade.surcharges.model import Allowed
from renqing.trade.surcharges.rules import check_allowed, is_too_dear, needed
from renqing.trade.surcharges.store import allowed_of, allowed_of_orders

__all__ = [
    "Allowed",
    "allow",
    "allowed_of",
    "allowed_of_orders",
    "check_allowed",
    "is_too_dear",
    "needed",
    "settle",
]
