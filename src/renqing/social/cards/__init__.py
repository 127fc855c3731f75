"""Claim cards: a number and a PIN in print, for one piece of what a shop gives away, once.

Promises:
1. A card is used by one person, once, and nobody uses two of one activity.
2. The PIN is kept only as a keyed hash; whoever prints derives it from the number with the house's keys.
3. Wrong tries count whatever follows: so many at a card lock it for a while, so many by a person stop them at all
   cards. Both are kept in the database by card and by who is signed in, so no address or device helps.
4. A number that does not exist and a PIN that is wrong are answered in the same words.
"""

from renqing.social.cards.actions import issue, try_pin, use
from renqing.social.cards.model import (
    CARDS_MAX,
    Batch,
    BatchUnknown,
    Card,
    CardLocked,
    CardNotRight,
    CardOneEach,
    CardTriesSpent,
    CardUsed,
    PrintedCard,
    Tried,
)
from renqing.social.cards.rules import check_number, check_pin, spaced_number
from renqing.social.cards.store import count_issued, forget, printed

__all__ = [
    "CARDS_MAX",
    "Batch",
    "BatchUnknown",
    "Card",
    "CardLocked",
    "CardNotRight",
    "CardOneEach",
    "CardTriesSpent",
    "CardUsed",
    "PrintedCard",
    "Tried",
    "check_number",
    "check_pin",
    "count_issued",
    "forget",
    "issue",
    "printed",
    "spaced_number",
    "try_pin",
    "use",
]
