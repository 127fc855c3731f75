"""What can be done to the word list and the queue. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.outbox import leave
from renqing.social.moderation import rules, store
from renqing.social.moderation.model import WORDS_MAX, HeldPiece, PieceDecided, PieceUnknown, Suspect, Verdict


async def hold(tx: Tx, gift_id: int, author_id: int, held: Mapping[Suspect, str]) -> None:
    """Pieces of a gift that is being prepared wait for an operator, each with why."""
    if not held:
        return
    pieces = [
        HeldPiece(
            id=tx.ids.new(),
            gift_id=gift_id,
            author_id=author_id,
            piece=suspect.piece,
            body=suspect.text,
            media_id=suspect.media_id,
            why=why,
            state="held",
            reason="",
            made_at=tx.now,
            decided_by=None,
            decided_at=None,
        )
        for suspect, why in held.items()
    ]
    await store.insert(tx, pieces)


async def decide(tx: Tx, piece_id: int, verdict: Verdict, reason: str) -> HeldPiece:
    """An operator decides about a piece, once. Leaves PieceDecided. Raises PieceUnknown, PieceDecidedAlready."""
    piece = await store.lock(tx, piece_id)
    if piece is None:
        raise PieceUnknown
    kept = rules.judge_decision(piece, verdict, reason)
    await store.set_decided(tx, piece_id, verdict, kept)
    await leave(
        tx,
        PieceDecided(
            subject_id=piece.gift_id,
            gift_id=piece.gift_id,
            giver_id=piece.author_id,
            piece=piece.piece,
            verdict=verdict,
            reason=kept,
        ),
    )
    return piece


async def add_word(tx: Tx, word: str) -> str:
    """Put a word on the list. Raises FieldNotValid."""
    kept = rules.check_word(word)
    if not await store.add_word(tx, kept, WORDS_MAX):
        raise FieldNotValid(field="word", reason="count", max=WORDS_MAX)
    return kept


async def remove_word(tx: Tx, word: str) -> None:
    """Take a word off the list, whether it was there or not."""
    await store.remove_word(tx, rules.plain(word))


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody wrote leaves the queue."""
    await store.clear_of(tx, person_id)
