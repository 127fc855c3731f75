"""Words on what somebody buys for themselves: a step of filling the cart and of ordering.

The words are judged before the transaction, and what a moderator holds is refused there, as on a gift: what is cut
cannot be uncut. In it the product is asked what it takes, when the words are kept with the cart's line and again when
they are ordered: a shop may have changed its mind. Nobody without words pays for any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.moderate import judged
from renqing.social.moderation import Suspect
from renqing.social.moderation.ports import Moderator
from renqing.trade import engravings, orders


async def check_words_pass(ground: Ground, moderator: Moderator | None, words: Iterable[str | None]) -> None:
    """Raises FieldNotValid for words that a moderator holds."""
    said = sorted({one.strip() for one in words if one and one.strip()})
    if said and await judged(ground, moderator, [Suspect("note", one) for one in said]):
        raise FieldNotValid(field="custom_word", reason="held")


def words_as_made(words: str, terms: engravings.Terms | None) -> str:
    """Words as a product takes them; empty for none. Raises FieldNotValid."""
    if not words.strip():
        return ""
    if terms is None:
        raise FieldNotValid(field="custom_word", reason="not_taken")
    return engravings.check_words(words, terms)


def words_of_lines(
    lines: Sequence[orders.Line], said: Mapping[int, str], terms: Mapping[int, engravings.Terms]
) -> dict[int, str]:
    """The words of each line that has some, by its number; ``said`` by SKU. Raises FieldNotValid."""
    if said.keys() - {line.sku_id for line in lines}:
        raise FieldNotValid(field="custom_word", reason="not_taken")
    found = {line.n: words_as_made(said.get(line.sku_id, ""), terms.get(line.product_id)) for line in lines}
    return {n: words for n, words in found.items() if words}
