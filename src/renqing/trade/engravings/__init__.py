"""Engravings: words or a picture that a shop makes on a product, for who orders it that way.

Promises:
1. A product says what it takes: so many characters as their reader counts, of which script, pictures or not; a gift is
   judged by what stood there when it was wrapped, whatever its shop says later.
2. The giver chooses, or leaves the words to whoever claims it; who claims it says them until then, or, having said
   none, until it is shipped, once. What is said is made: nobody changes it after the claim.
3. It is read by who chose it, the shop that makes it, and who has opened the gift; a recipient's own words not by the
   giver.
4. What is made to order says so wherever it is chosen, and stays with the product when another style is taken.
5. Who buys for themselves has words made too: they are kept with the line of the cart as long as that is there, judged
   again when it is ordered, and read by the buyer and the shop.
"""

from renqing.trade.engravings.actions import (
    engrave,
    engrave_lines,
    forget,
    keep_terms,
    keep_with_cart,
    say_own,
)
from renqing.trade.engravings.model import (
    CHARACTERS_MAX,
    KINDS,
    SCRIPTS,
    Engraving,
    EngravingNotHere,
    Kind,
    Ordered,
    Terms,
)
from renqing.trade.engravings.rules import check_asked, check_terms, check_words
from renqing.trade.engravings.store import cart_words, of_order, own_words, terms_of, words_of_lines

__all__ = [
    "CHARACTERS_MAX",
    "KINDS",
    "SCRIPTS",
    "Engraving",
    "EngravingNotHere",
    "Kind",
    "Ordered",
    "Terms",
    "cart_words",
    "check_asked",
    "check_terms",
    "check_words",
    "engrave",
    "engrave_lines",
    "forget",
    "keep_terms",
    "keep_with_cart",
    "of_order",
    "own_words",
    "say_own",
    "terms_of",
    "words_of_lines",
]
