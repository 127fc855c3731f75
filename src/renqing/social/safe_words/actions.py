"""What can be done to safe words. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.secrets import same_bytes
from renqing.social.safe_words import rules, store
from renqing.social.safe_words.model import SafeWordSpent, Tried

_PURPOSE = "safe word"


async def put(tx: Tx, gift_id: int, giver_id: int, word: str, question: str) -> None:
    """A gift waits for this word from now on; who tried another one begins anew."""
    await store.put(tx, gift_id, giver_id, _hashed(tx, gift_id, word), question)


async def take_off(tx: Tx, gift_id: int) -> None:
    """A gift waits for no word any more."""
    await store.delete(tx, gift_id)


async def try_word(tx: Tx, gift_id: int, person_id: int, word: str) -> Tried:
    """Somebody types a word; where there is none, anything is right. Raises SafeWordSpent before it is looked at."""
    kept = await store.lock(tx, gift_id, person_id)
    if kept is None or kept.is_open:
        return Tried(is_right=True, left=0)
    left = rules.tries_left(kept.wrong_mine, kept.wrong_all)
    if not left:
        raise SafeWordSpent
    is_right = same_bytes(kept.word_hash, _hashed(tx, gift_id, word))
    await store.note(tx, gift_id, person_id, is_right=is_right)
    return Tried(is_right, 0 if is_right else left - 1)


async def forget(tx: Tx, person_id: int) -> None:
    """The questions that somebody asked are gone; that something was tried stays, as ids and counts."""
    await store.clear_of(tx, person_id)


def _hashed(tx: Tx, gift_id: int, word: str) -> bytes:
    return tx.keys.keyed_hash(_PURPOSE, f"{gift_id}:{word}")
