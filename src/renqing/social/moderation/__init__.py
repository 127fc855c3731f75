"""Moderation: what people write and record for others is judged, and what is held waits for an operator.

Promises:
1. A gift is sent whatever is held of it: the held piece alone is withheld, from everybody but its author and operators.
2. Nothing is lost: what is approved stands in the gift as it was written; what is refused is told with its reason.
3. A piece is decided once, by an operator whose name and time stay written.
4. The word list is the operators' own, and holds from the next gift on.
"""

from renqing.social.moderation.actions import add_word, decide, forget, hold, remove_word
from renqing.social.moderation.model import (
    OF_THANKS,
    PIECES,
    REASON_CHARACTERS_MAX,
    WORD_CHARACTERS_MAX,
    HeldPiece,
    Piece,
    PieceDecided,
    PieceDecidedAlready,
    PieceUnknown,
    Suspect,
    Verdict,
)
from renqing.social.moderation.store import of_gift, words
from renqing.social.moderation.word_list import FILE_WAITS, WordList

__all__ = [
    "FILE_WAITS",
    "OF_THANKS",
    "PIECES",
    "REASON_CHARACTERS_MAX",
    "WORD_CHARACTERS_MAX",
    "HeldPiece",
    "Piece",
    "PieceDecided",
    "PieceDecidedAlready",
    "PieceUnknown",
    "Suspect",
    "Verdict",
    "WordList",
    "add_word",
    "decide",
    "forget",
    "hold",
    "of_gift",
    "remove_word",
    "words",
]
