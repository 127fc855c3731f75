"""Greeting cards: a card of paper that a shop writes for a giver and lays into the parcel.

Promises:
1. Its words are the giver's: a salutation and a signature, which may be absent, and a message, which may not; each is
   as long as its reader counts, so that it fits on a card written by hand.
2. Only a shop that said it writes cards is asked for one, and a gift keeps the card it was bought with.
3. It is read by its giver, the shop that ships the gift, and who has opened it; nobody else has a page that holds it.
4. What a moderator holds is refused before it is written down: a parcel would not wait for an operator.
"""

from renqing.social.greeting_cards.actions import forget, keep
from renqing.social.greeting_cards.model import MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, GreetingCard
from renqing.social.greeting_cards.rules import check_card, words_of
from renqing.social.greeting_cards.store import of_gift

__all__ = [
    "MESSAGE_CHARACTERS_MAX",
    "NAME_CHARACTERS_MAX",
    "GreetingCard",
    "check_card",
    "forget",
    "keep",
    "of_gift",
    "words_of",
]
