"""A word that a gift by link waits for, and what may stop somebody who types it."""

from __future__ import annotations

import msgspec

from renqing.foundation.errors import NotAllowed, NotNow

WORD_CHARACTERS_MAX = 40
QUESTION_CHARACTERS_MAX = 60
TRIES_MAX = 5  # of one person
TRIES_OF_ALL_MAX = 30  # of everybody who holds the link: then its giver says another word


class SafeWordNeeded(NotAllowed):
    """Its giver set a word. Type it first."""

    code = "safe_word_needed"


class SafeWordWrong(NotAllowed):
    """That is not the word. Fact ``left``: so many tries are left."""

    code = "safe_word_wrong"


class SafeWordSpent(NotNow):
    """Too many wrong tries at this gift. Its giver can set another word."""

    code = "safe_word_spent"


class SafeWordNotHere(NotNow):
    """This gift takes no word (any more). Fact ``reason``: named, drawn or over."""

    code = "safe_word_not_here"


class Standing(msgspec.Struct, frozen=True):
    """How a gift's word stands for somebody. ``wrong`` counts all wrong tries, ``is_open``: they typed it right."""

    question: str
    wrong: int
    is_open: bool


class Tried(msgspec.Struct, frozen=True):
    """What a try came to: ``left`` tries where it was wrong."""

    is_right: bool
    left: int
