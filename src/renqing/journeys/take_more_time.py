"""The recipient takes more time by one tap, once, where the gift's policy lets them; its giver is told.

One transaction under the locks of order and gift, as a claim: of more time and the deadline racing, the first wins.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import gifts


class TakeMoreTime(msgspec.Struct, frozen=True):
    """Which gift: by its id for the recipient it names, or by the link's token."""

    person_id: int
    gift_id: int | None = None
    token: str | None = None


class MoreTime(msgspec.Struct, frozen=True):
    """The gift waits until then."""

    gift_id: int
    expires_at: datetime


async def take_more_time(ground: Ground, ask: TakeMoreTime, once: Once) -> MoreTime:
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded, MoreTimeNotOffered."""
    return await run_once(ground.db, once, MoreTime, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: TakeMoreTime) -> MoreTime:
    found = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    gifts.judge_recipient(found.gift, ask.person_id, in_its_group=found.in_its_group)
    found.check_word()
    longer = await gifts.extend(tx, found.gift, ask.person_id, ground.policy)
    assert longer.expires_at is not None, "a gift that waits has a deadline"
    return MoreTime(longer.id, longer.expires_at)
