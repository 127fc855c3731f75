"""Choices: who claims a gift may have something else of its shop instead, up to what the gift is worth.

Promises:
1. The gift's policy decides: nothing else, one other thing, or several; one reason is said where it cannot be.
2. What is chosen is of the gift's own shop, may be given, and comes with its freight to no more than was paid with
   freight: by prices and rates as they are at the claim, to the fen.
3. Of one thing no price is said: whatever keeps one from being taken is answered alike.
4. For one gift's order there is one choice, and it stays.
"""

from renqing.trade.choices.actions import record
from renqing.trade.choices.model import KINDS_MAX, PIECES_MAX, OtherNotOffered, OtherNotWithin, Thing
from renqing.trade.choices.rules import check_asked, check_things, check_within, why_not
from renqing.trade.choices.store import chosen_for, serving

__all__ = [
    "KINDS_MAX",
    "PIECES_MAX",
    "OtherNotOffered",
    "OtherNotWithin",
    "Thing",
    "check_asked",
    "check_things",
    "check_within",
    "chosen_for",
    "record",
    "serving",
    "why_not",
]
