"""What a giver writes and records is judged before the gift is written down; what was held is decided later.

The moderator is asked before the transaction (it may be a service far away). What it holds is left out of the gift and
waits in the operators' queue with why; the gift goes its way without it, since a friend should not wait for an
operator, and nothing is lost: approved, the piece goes into the gift as it was written, claimed or not.

Deciding is one transaction: the operator is let in, the piece is locked and decided once, an approved one is put into
its gift, and the giver is told.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import gifts, moderation, thanks, wrappings
from renqing.social.moderation import PieceUnknown, Suspect, Verdict, WordList
from renqing.social.moderation.ports import Moderator

Held = dict[Suspect, str]


class DecideAPiece(msgspec.Struct, frozen=True):
    """Who decides about which piece, and what to tell its giver where it is refused."""

    operator_id: int
    piece_id: int
    verdict: Verdict
    reason: str = ""


class Decided(msgspec.Struct, frozen=True):
    """What was decided."""

    piece_id: int
    verdict: Verdict


class ChangeTheWords(msgspec.Struct, frozen=True):
    """A word for the list, or off it."""

    operator_id: int
    word: str
    is_on: bool


class WordKept(msgspec.Struct, frozen=True):
    """The word as it is looked for."""

    word: str


async def suspected(ground: Ground, moderator: Moderator | None, greeting: str, extras: wrappings.Extras) -> Held:
    """What of a gift is held, with why. Without a moderator, the house's own word list judges."""
    asked = [
        Suspect("greeting", greeting),
        Suspect("note", extras.note),
        Suspect("cover", media_id=extras.cover_picture_id),
        Suspect("voice", media_id=extras.voice_id),
        Suspect("video", media_id=extras.video_id),
    ]
    return await judged(ground, moderator, asked)


async def judged(ground: Ground, moderator: Moderator | None, asked: Sequence[Suspect]) -> Held:
    """What of these is held, with why; what says nothing is nothing to judge."""
    suspects = [one for one in asked if one.text or one.media_id is not None]
    judge = moderator or WordList(ground.db, files_wait=ground.policy.files_wait_for_operator)
    held = await judge.judge(suspects) if suspects else {}
    return {suspects[place]: why for place, why in held.items()}


def without(extras: wrappings.Extras, held: Held) -> wrappings.Extras:
    """What goes into the gift at once."""
    pieces = {suspect.piece for suspect in held}
    return extras.but(
        note="" if "note" in pieces else extras.note,
        cover_picture_id=None if "cover" in pieces else extras.cover_picture_id,
        voice_id=None if "voice" in pieces else extras.voice_id,
        video_id=None if "video" in pieces else extras.video_id,
    )


async def decide_a_piece(ground: Ground, ask: DecideAPiece, once: Once) -> Decided:
    """Raises PieceUnknown, PieceDecidedAlready; FieldNotValid for a refusal without a reason."""
    return await run_once(ground.db, once, Decided, lambda tx: _decide(tx, ask))


async def _decide(tx: Tx, ask: DecideAPiece) -> Decided:
    await _check_operator(tx, ask.operator_id)
    piece = await moderation.decide(tx, ask.piece_id, ask.verdict, ask.reason)
    if ask.verdict == "approved":
        if piece.piece in moderation.OF_THANKS:
            giver_id = await thanks.put_in(tx, piece.gift_id, piece.author_id, piece.piece, piece.body, piece.media_id)
            if giver_id is not None:
                await thanks.note_shown(tx, piece.gift_id, giver_id, piece.author_id)
        elif piece.piece == "greeting":
            await gifts.set_greeting(tx, piece.gift_id, piece.body)
        elif piece.piece == "cover":
            assert piece.media_id is not None, "a cover of one's own is a file"
            await gifts.set_cover(tx, piece.gift_id, f"{wrappings.OWN_COVER}{piece.media_id}")
        else:
            await wrappings.put_in(tx, piece.gift_id, piece.author_id, piece.piece, piece.body, piece.media_id)
    return Decided(ask.piece_id, ask.verdict)


async def change_the_words(ground: Ground, ask: ChangeTheWords, once: Once) -> WordKept:
    """Raises PieceUnknown for who is no operator; FieldNotValid for what is no word, or one too many."""
    return await run_once(ground.db, once, WordKept, lambda tx: _change(tx, ask))


async def _change(tx: Tx, ask: ChangeTheWords) -> WordKept:
    await _check_operator(tx, ask.operator_id)
    if ask.is_on:
        return WordKept(await moderation.add_word(tx, ask.word))
    await moderation.remove_word(tx, ask.word)
    return WordKept(ask.word)


async def _check_operator(tx: Tx, person_id: int) -> None:
    if await people.role_of(tx, people.PLATFORM, person_id) is not people.Role.OPERATOR:
        raise PieceUnknown
