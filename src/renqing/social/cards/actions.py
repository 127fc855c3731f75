"""What can be done to claim cards. Nothing here commits."""

from __future__ import annotations

import hmac

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.social.cards import rules, store
from renqing.social.cards.model import CARDS_MAX, COUNTED_FOR, LOCKED_FOR, WRONG_MAX, Batch, Card, CardUsed, Tried


async def issue(tx: Tx, activity_id: int, shop_id: int, made_by: int, cards: int) -> Batch:
    """So many new cards of a locked activity. Raises FieldNotValid."""
    if not 1 <= cards <= CARDS_MAX:
        raise FieldNotValid(field="cards", reason="out_of_range", min=1, max=CARDS_MAX)
    batch = Batch(tx.ids.new(), activity_id, shop_id, made_by, cards, tx.now)
    await store.insert_batch(tx, batch, await store.new_numbers(tx, cards))
    return batch


async def try_pin(tx: Tx, person_id: int, number: str, pin: str) -> Tried:
    """Somebody types a card's number and PIN. A wrong try counts, for them and for the card: commit it.

    The card is locked for the rest of the transaction where it was right. Raises CardTriesSpent, CardLocked.
    """
    wrong, since = await store.lock_tries(tx, person_id)
    rules.judge_person(wrong, since, tx.now)
    card = await store.lock_card(tx, number)
    if card is not None:
        rules.judge_lock(card, tx.now)
        if hmac.compare_digest(card.pin_hash, store.pin_hash(tx.keys, number, pin)):
            return Tried(card)
        if card.used_by is None:
            spent = card.wrong + 1 >= WRONG_MAX
            await store.set_wrong(tx, number, 0 if spent else card.wrong + 1, tx.now + LOCKED_FOR if spent else None)
    starts_anew = since is None or tx.now >= since + COUNTED_FOR
    await store.put_tries(tx, person_id, *((1, tx.now) if starts_anew else (wrong + 1, since)))
    return Tried(None)


async def use(tx: Tx, card: Card, person_id: int) -> bool:
    """A locked card is used by somebody; False where it was theirs already. Raises CardUsed."""
    if card.used_by == person_id:
        return False
    if card.used_by is not None:
        raise CardUsed
    await store.set_used(tx, card.number, person_id)
    return True
