"""How a code is written. Pure."""

from __future__ import annotations

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another in print
_LENGTH_MAX = 13  # of 63 bits


def may_be_code(text: str) -> bool:
    """Whether a text could be a code at all."""
    return 0 < len(text) <= _LENGTH_MAX and set(text) <= set(_LETTERS)


def letters_of(number: int) -> str:
    """A code's letters: its id in print, so that no code is given twice. It is no secret."""
    letters = ""
    while number:
        number, place = divmod(number, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return letters
