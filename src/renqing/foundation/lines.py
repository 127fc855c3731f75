"""Text as people write it: trimmed, composed; a line has nothing in it that hides or turns the reading."""

from __future__ import annotations

import unicodedata

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid

_NOT_WRITTEN = frozenset({"Cc", "Cs", "Co"})
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_SAYS_NOTHING = frozenset("\u200b\u2060\ufeff\u00ad")


def line(text: str, *, field: str, least: int = 1, most: int) -> str:
    """One line of text as people write it, trimmed. Raises FieldNotValid for lengths and hidden characters."""
    bare = unicodedata.normalize("NFC", " ".join(text[: most * 4 + 1].split()))
    if any(_is_hidden(character) for character in bare):
        raise FieldNotValid(field=field, reason="characters")
    if not least <= len(bare) <= most:
        raise FieldNotValid(field=field, reason="length", min=least, max=most)
    return bare


def text(said: str, *, field: str, most: int) -> str:
    """What somebody wrote, in lines of their own, trimmed; counted as its reader counts. Raises FieldNotValid."""
    bare = unicodedata.normalize("NFC", said.strip())
    if any(unicodedata.category(sign) in _NOT_WRITTEN and sign != "\n" for sign in bare):
        raise FieldNotValid(field=field, reason="characters")
    if count_characters(bare) > most:
        raise FieldNotValid(field=field, reason="too_long", max=most)
    return bare


def _is_hidden(character: str) -> bool:
    """Controls, characters that turn the reading direction, and ones that show nothing (emoji joiners may stay)."""
    return unicodedata.category(character) in _NOT_WRITTEN or character in _TURNS_TEXT | _SAYS_NOTHING
