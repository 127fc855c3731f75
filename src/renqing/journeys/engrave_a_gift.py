"""What is engraved on a gift: chosen by its giver at the wrapping desk, or said by whoever claims it.

The giver's choice is a step of giving: words and picture are judged before the transaction, and what a moderator holds
is refused there, since what is engraved cannot be taken back; in it the product is asked what it takes.

The recipient's words: one transaction under the locks of order and gift. They have opened it, or have claimed it and
said nothing yet while the shop has not shipped. A leaked link, a safe word not typed and somebody else's gift answer
what they answer everywhere. When a step refuses, nothing has changed.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.moderate import judged
from renqing.journeys.open_a_gift import Found, find_and_lock
from renqing.social import gifts, media
from renqing.social.moderation import Suspect
from renqing.social.moderation.ports import Moderator
from renqing.trade import engravings, orders
from renqing.trade.engravings import Engraving, Ordered


class SayMyWords(msgspec.Struct, frozen=True):
    """Who says which words for which gift, by its id or its link's token."""

    person_id: int
    words: str
    gift_id: int | None = None
    token: str | None = None


class Said(msgspec.Struct, frozen=True):
    """The words as they will be engraved."""

    gift_id: int
    words: str


async def judged_engraving(ground: Ground, moderator: Moderator | None, asked: Engraving | None) -> Engraving | None:
    """What may be engraved as far as a moderator says. Raises FieldNotValid for what is held."""
    if asked is None:
        return None
    if asked.kind == "words" and await judged(ground, moderator, [Suspect("note", asked.words.strip())]):
        raise FieldNotValid(field="custom_word", reason="held")
    if asked.kind == "picture" and await judged(ground, moderator, [Suspect("cover", media_id=asked.picture_id)]):
        raise FieldNotValid(field="custom_img", reason="held")
    return asked


async def engrave_in(tx: Tx, asked: Engraving | None, order: orders.NewOrder) -> None:
    """Keep the giver's choice with the order that pays for it. Raises FieldNotValid, MediaUnknown."""
    if asked is None:
        return
    if order.by_voucher or len(order.lines) > 1:
        raise FieldNotValid(field="custom_info", reason="one_product")
    product_id = order.lines[0].product_id
    terms = (await engravings.terms_of(tx, [product_id])).get(product_id)
    if terms is None:
        raise FieldNotValid(field="custom_info", reason="not_taken")
    checked = engravings.check_asked(asked, terms)
    if checked.picture_id is not None:
        await media.use(tx, order.payer_id, {checked.picture_id: "picture"})
    await engravings.engrave(tx, Ordered(order.id, order.payer_id, checked, terms))


async def say_my_words(ground: Ground, ask: SayMyWords, once: Once, moderator: Moderator | None = None) -> Said:
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded, EngravingNotHere, FieldNotValid."""
    if await judged(ground, moderator, [Suspect("note", ask.words.strip())]):
        raise FieldNotValid(field="custom_word", reason="held")
    return await run_once(ground.db, once, Said, lambda tx: _say(tx, ask))


async def _say(tx: Tx, ask: SayMyWords) -> Said:
    found = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    if not found.is_asked:
        raise gifts.GiftNotForYou
    gift = found.gift
    order_id = await _claimed_order(tx, gift, ask.person_id)
    if order_id is None:
        _check_open(tx, found, ask.person_id)
    is_shipped = order_id is not None and (await orders.get(tx, order_id)).state is not orders.OrderState.TO_SHIP
    how = {"is_claimed": order_id is not None, "is_shipped": is_shipped}
    return Said(gift.id, await engravings.say_own(tx, gift.order_id, ask.person_id, ask.words, **how))


def _check_open(tx: Tx, found: Found, person_id: int) -> None:
    """An open gift that waits for this person too."""
    gifts.judge_recipient(found.gift, person_id, in_its_group=found.in_its_group)
    found.check_word()
    if found.gift.opened_at is None or not gifts.is_claimable(found.gift, tx.now):
        raise gifts.GiftNotAvailable


async def _claimed_order(tx: Tx, gift: gifts.Gift, person_id: int) -> int | None:
    """The order of what this person has of a gift; None where they have claimed nothing of it."""
    if gift.shares == 1:
        return gift.order_id if gift.claimed_by == person_id else None
    share = await gifts.share_of_person(tx, gift.id, person_id)
    return None if share is None else share.order_id
