"""A giver asks the shop for a card of paper in the parcel: a step of giving.

The words are judged before the transaction, and what a moderator holds is refused there: the parcel will not wait for
an operator, and a shop must not write what nobody let through. In the transaction the shop is asked whether it writes
cards, and what is given whether it comes in a parcel at all.
"""

from __future__ import annotations

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.moderate import judged
from renqing.social import greeting_cards
from renqing.social.greeting_cards import GreetingCard
from renqing.social.moderation import Suspect
from renqing.social.moderation.ports import Moderator


async def judged_card(ground: Ground, moderator: Moderator | None, card: GreetingCard | None) -> GreetingCard | None:
    """The card as it may be written. Raises FieldNotValid, for words that a moderator holds too."""
    if card is None:
        return None
    checked = greeting_cards.check_card(card)
    if await judged(ground, moderator, [Suspect("note", greeting_cards.words_of(checked))]):
        raise FieldNotValid(field="greeting_message", reason="held")
    return checked


async def write_card(
    tx: Tx, card: GreetingCard | None, *, gift_id: int, giver_id: int, shop_id: int, by_voucher: bool
) -> None:
    """Keep the card with its gift. Raises FieldNotValid where the shop writes none, or nothing is sent."""
    if card is None:
        return
    if by_voucher:
        raise FieldNotValid(field="greeting_card", reason="voucher")
    if shop_id == people.PLATFORM:  # a set of several shops: none of them writes for the others
        raise FieldNotValid(field="greeting_card", reason="several_shops")
    if not (await people.get_shop(tx, shop_id)).writes_cards:
        raise FieldNotValid(field="greeting_card", reason="not_written")
    await greeting_cards.keep(tx, gift_id, giver_id, card)
