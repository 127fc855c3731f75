"""Claim cards as a shop's staff see them: batches with how many are used, and what is printed on each card."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.ground import Ground
from renqing.social import cards
from renqing.social.cards import PrintedCard
from renqing.views.shop_activities import ActivityRow, shop_activity
from renqing.views.shop_staff import ShopHead


class BatchRow(msgspec.Struct, frozen=True):
    """Cards that were made together, and how many of them are used."""

    batch_id: int
    cards: int
    used: int
    made_at: datetime


class CardSheet(msgspec.Struct, frozen=True):
    """What is printed: the cards of a batch, and what they are for."""

    shop: ShopHead
    activity: ActivityRow
    batch_id: int
    cards: list[PrintedCard]


_BATCHES = """
SELECT b.id, b.cards, (SELECT count(*) FROM card_card c WHERE c.batch_id = b.id AND c.used_at IS NOT NULL) AS used,
       b.made_at
  FROM card_batch b WHERE b.activity_id = $1 ORDER BY b.id DESC
"""


async def card_batches(ground: Ground, reader_id: int, shop_id: int, activity_id: int) -> list[BatchRow]:
    """The batches of an activity, the newest first. Raises ShopUnknown, ActivityUnknown."""
    await shop_activity(ground, reader_id, shop_id, activity_id)
    return [BatchRow(*row.values()) for row in await ground.db.fetch(_BATCHES, activity_id)]


async def card_sheet(ground: Ground, reader_id: int, shop_id: int, activity_id: int, batch_id: int) -> CardSheet:
    """A batch with its PINs, to print. Raises ShopUnknown, ActivityUnknown, BatchUnknown."""
    shop, activity = await shop_activity(ground, reader_id, shop_id, activity_id)
    batch, printed = await cards.printed(ground.db, ground.keys, shop_id, batch_id)
    if batch.activity_id != activity_id:
        raise cards.BatchUnknown
    return CardSheet(shop, activity, batch.id, printed)
