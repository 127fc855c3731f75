"""How a code is written. Pure."""

from __future__ import annotations

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another in print


def letters_of(number: int) -> str:
    """A code's letters: its id in print, so that no code is given twice. It is no secret."""
    letters = ""
    while number:
        number, place = divmod(number, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return letters
