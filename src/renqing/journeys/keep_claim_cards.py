"""A shop's staff print claim cards for an activity that goes by cards.

One transaction: who works for the shop is let in and not held; the activity is locked, not over, and has a piece for
every card that was ever printed for it. What stands on the cards is read afterwards, as often as they are printed:
nothing of a PIN is kept but a keyed hash, and no kept answer holds one.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.social import activities, cards, holds


class PrintCards(msgspec.Struct, frozen=True):
    """How many cards of which activity."""

    staff_id: int
    shop_id: int
    activity_id: int
    cards: int


class CardsPrinted(msgspec.Struct, frozen=True):
    """They are there."""

    batch_id: int
    cards: int


async def print_cards(ground: Ground, ask: PrintCards, once: Once) -> CardsPrinted:
    """Raises ShopUnknown, ActivityUnknown, OnHold, ActivityOver, NotForCards, ActivityFull, FieldNotValid."""
    return await run_once(ground.db, once, CardsPrinted, lambda tx: _print(tx, ask))


async def _print(tx: Tx, ask: PrintCards) -> CardsPrinted:
    await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    await holds.check_free(tx, ask.staff_id, "give")
    activity = (await activities.lock_many(tx, [ask.activity_id])).get(ask.activity_id)
    if activity is None or activity.shop_id != ask.shop_id:
        raise activities.ActivityUnknown
    activities.judge_cards(activity, await cards.count_issued(tx, activity.id), ask.cards, tx.now)
    batch = await cards.issue(tx, activity.id, ask.shop_id, ask.staff_id, ask.cards)
    return CardsPrinted(batch.id, batch.cards)
