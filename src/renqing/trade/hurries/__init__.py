"""Hurrying a late shop (催发货): who paid for an order, or gets its goods, reminds the shop with one tap.

Promises:
1. Only an order that should have left by now is hurried, and once a day, whoever of the two it is.
2. The shop's people and its programs are told each time.
"""

from renqing.trade.hurries.actions import hurry
from renqing.trade.hurries.model import HurryNotNow, OrderHurried, SomeOrder
from renqing.trade.hurries.rules import A_DAY, hurry_from, why_not
from renqing.trade.hurries.store import last_of

__all__ = ["A_DAY", "HurryNotNow", "OrderHurried", "SomeOrder", "hurry", "hurry_from", "last_of", "why_not"]
