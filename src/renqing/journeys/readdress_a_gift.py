"""The giver gives an unclaimed gift, or what is left of one for many, to somebody else.

One transaction under the locks of order and gift, so that it races with a claim to one winner: the new recipient can be
given to, as with any gift; the gift is closed again, waits its whole time anew and has another link, and the old one is
dead. Nothing is paid or refunded, and stock stays held. Shares that were claimed stay claimed. Who it was for hears
that it is not available any more, and not for whom it is now.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.give_a_gift import check_recipient
from renqing.journeys.give_a_set import worth_of
from renqing.journeys.open_a_gift import find_and_lock
from renqing.journeys.wear_a_mask import check_mask_stays
from renqing.social import gifts, holds


class ReaddressAGift(msgspec.Struct, frozen=True):
    """To whom: a person, the members of a group, or whoever holds the new link."""

    giver_id: int
    gift_id: int
    recipient_id: int | None = None
    group_id: int | None = None


class Readdressed(msgspec.Struct, frozen=True):
    """The gift waits for somebody else."""

    gift_id: int


async def readdress_a_gift(ground: Ground, ask: ReaddressAGift, once: Once) -> Readdressed:
    """Raises GiftNotAvailable for a foreign or ended gift, GiftStaysWhereItIs, OnHold, what forbids the recipient."""
    return await run_once(ground.db, once, Readdressed, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: ReaddressAGift) -> Readdressed:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    await holds.check_free(tx, ask.giver_id, "give")
    await check_recipient(tx, ask.giver_id, ask.recipient_id, ask.group_id, await worth_of(tx, gift))
    await check_mask_stays(tx, gift, ask.recipient_id, ask.group_id)
    await gifts.readdress(tx, gift, ground.policy, recipient_id=ask.recipient_id, group_id=ask.group_id)
    return Readdressed(gift.id)
