"""The recipient opens the envelope: the giver learns that it was opened, once.

Looking at the envelope changes nothing (a link preview opens nothing); opening is a deed. A gift that cannot be
claimed any more cannot be opened.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import gifts
from renqing.trade import orders


class OpenAGift(msgspec.Struct, frozen=True):
    """Which gift: by its id for the recipient it names, or by the link's token."""

    person_id: int
    gift_id: int | None = None
    token: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """The gift that is open now."""

    gift_id: int


async def open_a_gift(ground: Ground, ask: OpenAGift, once: Once) -> Opened:
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn."""
    return await run_once(ground.db, once, Opened, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: OpenAGift) -> Opened:
    gift = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    await gifts.open_envelope(tx, gift, ask.person_id)
    return Opened(gift.id)


async def find_and_lock(tx: Tx, person_id: int, *, gift_id: int | None, token: str | None) -> gifts.Gift:
    """The gift a person may see, its order and itself locked.

    By id only the named recipient, the claimer and the giver find it; by token whoever holds it.
    Raises GiftNotAvailable.
    """
    found = await find(tx, person_id, gift_id=gift_id, token=token)
    await orders.lock_many(tx, [found.order_id])
    locked = await gifts.lock_of_orders(tx, [found.order_id])
    assert len(locked) == 1, "an order has one gift"
    return locked[0]


async def find(tx: Tx, person_id: int, *, gift_id: int | None, token: str | None) -> gifts.Gift:
    """The same, not locked."""
    if token is not None:
        gift = await gifts.by_token(tx, tx.keys, token)
    else:
        gift = None if gift_id is None else await gifts.by_id(tx, gift_id)
        if gift is not None and person_id not in (gift.giver_id, gift.recipient_id, gift.claimed_by):
            gift = None
    if gift is None:
        raise gifts.GiftNotAvailable
    return gift
