"""A gift without a name: its giver wears a mask until they take it off, and who gets it can refuse more of them.

Giving, and giving it to somebody else instead: only a friend sends one by name, and only to who takes such gifts and
has refused none of this giver's; by link anybody may hold one, since whoever hands the link on is known to them. In a
group's chat a card has an author, and a draw or a lucky pack is its giver's: none takes a mask.

Taking it off: the giver alone; who has claimed is told. Refusing more and reporting: one transaction each; who may open
or has claimed the gift says so without learning whose it was; an operator reads who it is.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import gifts, holds, masks, peace
from renqing.social.masks import NamelessNotTaken


class OfAGift(msgspec.Struct, frozen=True):
    """Who asks about which gift."""

    person_id: int
    gift_id: int


class ReportItsGiver(msgspec.Struct, frozen=True):
    """Who reports the giver of which gift, why and in which words."""

    person_id: int
    gift_id: int
    reason: str
    words: str = ""


class Done(msgspec.Struct, frozen=True):
    """It is so."""

    gift_id: int


async def mask_in(tx: Tx, gift: gifts.NewGift, *, nameless: bool) -> None:
    """Keep whose it is to the giver. Raises FieldNotValid, NamelessNotTaken."""
    if not nameless:
        return
    if gift.mode != "first_come":
        raise FieldNotValid(field="nameless", reason=gift.mode)
    await check_takes(tx, gift.giver_id, gift.recipient_id, gift.group_id)
    await masks.put_on(tx, gift.id, gift.giver_id)


async def check_takes(tx: Tx, giver_id: int, recipient_id: int | None, group_id: int | None) -> None:
    """Whether a gift without a name can be for these. Raises FieldNotValid, NamelessNotTaken."""
    if group_id is not None:
        raise FieldNotValid(field="nameless", reason="group")
    if recipient_id is None:
        return
    rule = await peace.rule_of(tx, recipient_id)
    are_friends = await people.are_friends(tx, giver_id, recipient_id)
    if not (rule.takes_nameless and are_friends) or await masks.has_refused(tx, recipient_id, giver_id):
        raise NamelessNotTaken


async def check_mask_stays(tx: Tx, gift: gifts.Gift, recipient_id: int | None, group_id: int | None) -> None:
    """The same for a gift that goes to somebody else instead."""
    if gift.id in await masks.worn_on(tx, [gift.id]):
        await check_takes(tx, gift.giver_id, recipient_id, group_id)


async def show_myself(ground: Ground, ask: OfAGift, once: Once) -> Done:
    """Raises GiftNotAvailable for others than its giver, and where they wear no mask."""
    return await run_once(ground.db, once, Done, lambda tx: _show(tx, ask))


async def _show(tx: Tx, ask: OfAGift) -> Done:
    gift = (await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.person_id:
        raise gifts.GiftNotAvailable
    told = {one for one in (gift.claimed_by, gift.recipient_id) if one is not None}
    told |= await gifts.claimers_of(tx, gift.id)
    if not await masks.take_off(tx, gift.id, gift.giver_id, sorted(told)):
        raise gifts.GiftNotAvailable
    return Done(gift.id)


async def refuse_more(ground: Ground, ask: OfAGift, once: Once) -> Done:
    """No more gifts without a name from who gave this one. Raises GiftNotAvailable for who has nothing of it."""

    async def story(tx: Tx) -> Done:
        gift = await _mine(tx, ask.person_id, ask.gift_id)
        await masks.refuse_more(tx, ask.person_id, gift.giver_id)
        return Done(gift.id)

    return await run_once(ground.db, once, Done, story)


async def report_its_giver(ground: Ground, ask: ReportItsGiver, once: Once) -> Done:
    """Raises GiftNotAvailable for who has nothing of it, FieldNotValid for no such reason or too many words."""

    async def story(tx: Tx) -> Done:
        gift = await _mine(tx, ask.person_id, ask.gift_id)
        reason = next((one for one in holds.REASONS if one == ask.reason), None)
        if reason is None:
            raise FieldNotValid(field="reason", reason="unknown")
        await holds.report(tx, holds.NewReport(ask.person_id, gift.giver_id, reason, ask.words, gift.id))
        return Done(gift.id)

    return await run_once(ground.db, once, Done, story)


async def _mine(tx: Tx, person_id: int, gift_id: int) -> gifts.Gift:
    """A gift for this person, or of which they have something, whose giver wears a mask."""
    gift = (await find_and_lock(tx, person_id, gift_id=gift_id, token=None)).gift
    if gift.giver_id == person_id or gift.id not in await masks.worn_on(tx, [gift.id]):
        raise gifts.GiftNotAvailable
    return gift
