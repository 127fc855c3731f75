"""The giver of a gift whose link went around lets it be claimed by whoever has the link.

One transaction under the locks of order and gift. Setting a word or giving it to somebody else are the other answers,
and after a while it is claimed all the same (docs/decisions/guises.md).
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import gifts


class LetAGiftGoOn(msgspec.Struct, frozen=True):
    """Whose gift."""

    giver_id: int
    gift_id: int


class GoesOn(msgspec.Struct, frozen=True):
    """It is claimed as before."""

    gift_id: int


async def let_a_gift_go_on(ground: Ground, ask: LetAGiftGoOn, once: Once) -> GoesOn:
    """Raises GiftNotAvailable for who did not give it, or where nobody can claim it any more."""
    return await run_once(ground.db, once, GoesOn, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: LetAGiftGoOn) -> GoesOn:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id or not gifts.is_claimable(gift, tx.now):
        raise gifts.GiftNotAvailable
    await gifts.let_go_on(tx, gift)
    return GoesOn(gift.id)
