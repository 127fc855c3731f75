"""What people write and record for others, judged before it is shown; what is held waits for an operator."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

Piece = Literal["greeting", "note", "cover", "voice", "video", "thanks", "thanks_picture", "thanks_voice"]
PIECES: tuple[Piece, ...] = get_args(Piece)
FILES: frozenset[Piece] = frozenset({"cover", "voice", "video", "thanks_picture", "thanks_voice"})
OF_THANKS: frozenset[Piece] = frozenset({"thanks", "thanks_picture", "thanks_voice"})  # its author has the gift
State = Literal["held", "approved", "refused"]
Verdict = Literal["approved", "refused"]
# Held until an operator decides, once. A decision is final: what was shown cannot be unseen.
MOVES: dict[State, frozenset[State]] = {
    "held": frozenset({"approved", "refused"}),
    "approved": frozenset(),
    "refused": frozenset(),
}
WORD_CHARACTERS_MAX = 40
WORDS_MAX = 5_000
REASON_CHARACTERS_MAX = 200


class PieceUnknown(NotFound):
    """There is no such piece in the queue, or the asker is no operator."""

    code = "piece_unknown"


class PieceDecidedAlready(NotNow):
    """Somebody decided about this piece already. Fact: ``state``."""

    code = "piece_decided_already"


class Suspect(msgspec.Struct, frozen=True):
    """Something to judge: what it is, its words, or the file that it is."""

    piece: Piece
    text: str = ""
    media_id: int | None = None


class HeldPiece(msgspec.Struct, frozen=True):
    """A piece that was held, and what became of it. ``why`` is what made somebody look at it."""

    id: int
    gift_id: int
    author_id: int
    piece: Piece
    body: str
    media_id: int | None
    why: str
    state: State
    reason: str
    made_at: datetime
    decided_by: int | None
    decided_at: datetime | None


class PieceDecided(Fact, frozen=True, kw_only=True):
    """An operator decided about what a giver put with a gift, or who has it said for it.

    ``giver_id`` is who wrote the piece: the name is older than thanks, and facts are kept.
    """

    kind: ClassVar[str] = "PieceDecided"
    gift_id: int
    giver_id: int
    piece: str
    verdict: str
    reason: str
