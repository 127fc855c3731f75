"""What a word is, and how many tries are left. Pure."""

from __future__ import annotations

import unicodedata

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line
from renqing.social.safe_words.model import (
    QUESTION_CHARACTERS_MAX,
    TRIES_MAX,
    TRIES_OF_ALL_MAX,
    WORD_CHARACTERS_MAX,
)


def check_word(word: str) -> str:
    """A word as it is compared: capitals, widths and spaces are all the same. Raises FieldNotValid."""
    bare = "".join(unicodedata.normalize("NFKC", word[: WORD_CHARACTERS_MAX * 16]).casefold().split())
    if not 1 <= count_characters(bare) <= WORD_CHARACTERS_MAX:
        raise FieldNotValid(field="word", reason="length", min=1, max=WORD_CHARACTERS_MAX)
    return bare


def check_question(question: str) -> str:
    """A question as it is shown; empty: none. Raises FieldNotValid."""
    return line(question, field="question", least=0, most=QUESTION_CHARACTERS_MAX)


def tries_left(mine: int, all_together: int) -> int:
    """How many wrong tries somebody has left."""
    return max(0, min(TRIES_MAX - mine, TRIES_OF_ALL_MAX - all_together))
