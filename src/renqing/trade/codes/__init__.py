"""Gift codes: what a shop prints beside a product, and the gifts that began at one.

Promises:
1. A code leads to one product of its shop and is nobody's secret: whoever scans it starts a gift of their own, and
   pays for it. It opens no gift and claims none.
2. A gift is credited to the code it began at, and to the guide who stood by it then; once, and never to another.
3. An ended code still leads to its product, and credits nobody any more.
"""

from renqing.trade.codes.actions import credit, end_code, make_code
from renqing.trade.codes.model import CODES_MAX, PLACE_CHARACTERS_MAX, CodesFull, CodeUnknown, GiftCode, NewCode
from renqing.trade.codes.store import by_code

__all__ = [
    "CODES_MAX",
    "PLACE_CHARACTERS_MAX",
    "CodeUnknown",
    "CodesFull",
    "GiftCode",
    "NewCode",
    "by_code",
    "credit",
    "end_code",
    "make_code",
]
