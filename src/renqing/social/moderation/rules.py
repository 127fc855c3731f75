"""Which words are found in a text, however they are spaced or spelt; and what may be decided. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid
from renqing.social.moderation.model import (
    MOVES,
    REASON_CHARACTERS_MAX,
    WORD_CHARACTERS_MAX,
    HeldPiece,
    PieceDecidedAlready,
    Verdict,
)

_LATIN = re.compile(r"[a-z0-9]+")


def plain(text: str) -> str:
    """A text as words are looked for in it: of full width or capitals, it is all the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def check_word(word: str) -> str:
    """A word of the list as it is kept. Raises FieldNotValid."""
    bare = " ".join(plain(word).split())
    if not _letters(bare) or count_characters(bare) > WORD_CHARACTERS_MAX:
        raise FieldNotValid(field="word", reason="length", min=1, max=WORD_CHARACTERS_MAX)
    return bare


def first_found(text: str, words: Iterable[str]) -> str | None:
    """The first word of the list that is in a text; None where there is none.

    A Latin word is found as a word of its own, so that a town that holds it passes; another as its signs stand,
    whatever was put between them.
    """
    said = plain(text)
    spoken, squeezed = set(_LATIN.findall(said)), _letters(said)
    for word in words:
        parts = _LATIN.findall(word)
        is_latin = "".join(parts) == _letters(word)
        if spoken.issuperset(parts) if is_latin else _letters(word) in squeezed:
            return word
    return None


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def judge_decision(piece: HeldPiece, verdict: Verdict, reason: str) -> str:
    """The reason as it is kept. Raises PieceDecidedAlready; FieldNotValid where a refusal says no reason."""
    if verdict not in MOVES[piece.state]:
        raise PieceDecidedAlready(state=piece.state)
    bare = " ".join(reason.split())
    least = 1 if verdict == "refused" else 0
    if not least <= count_characters(bare) <= REASON_CHARACTERS_MAX:
        raise FieldNotValid(field="reason", reason="length", min=least, max=REASON_CHARACTERS_MAX)
    return bare
