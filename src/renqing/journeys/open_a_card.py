"""Somebody types the number and PIN of a claim card: what it is for can be taken by them, and by nobody else.

One transaction: their own tries are locked, then the card; a wrong PIN or an unknown number is committed, since it
counts, and then refused in the same words. A right one is used for good: the card is theirs, and a piece of the
activity with it, which they take as any other present (``take_a_present``). Who works for the shop uses none, nobody
uses two of one activity, and where the activity is over, the card stays as it was.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import activities, cards


class OpenACard(msgspec.Struct, frozen=True):
    """What somebody typed."""

    person_id: int
    number: str
    pin: str


class CardOpened(msgspec.Struct, frozen=True):
    """The card is theirs; ``code`` is that of its activity's link. Empty: it was not right."""

    code: str


async def open_a_card(ground: Ground, ask: OpenACard, once: Once) -> CardOpened:
    """Raises CardNotRight, CardLocked, CardTriesSpent, CardUsed, CardOneEach, PresentGone, PresentNotForYou.

    FieldNotValid for what is no number or PIN at all.
    """
    opened = await run_once(ground.db, once, CardOpened, lambda tx: _open(tx, ask))
    if not opened.code:
        raise cards.CardNotRight
    return opened


async def _open(tx: Tx, ask: OpenACard) -> CardOpened:
    number, pin = cards.check_number(ask.number), cards.check_pin(ask.pin)
    card = (await cards.try_pin(tx, ask.person_id, number, pin)).card
    if card is None:
        return CardOpened("")
    activity = (await activities.lock_many(tx, [card.activity_id]))[card.activity_id]
    pair = (activity.id, ask.person_id)
    if card.used_by is None:
        if await people.staff_among(tx, [(activity.shop_id, ask.person_id)]):
            raise activities.PresentNotForYou
        if await activities.guests_among(tx, [pair]):
            raise cards.CardOneEach
    if await cards.use(tx, card, ask.person_id):
        await activities.admit(tx, activity, ask.person_id)
    return CardOpened(activity.code)
