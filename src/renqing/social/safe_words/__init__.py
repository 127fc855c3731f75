"""Safe words: a gift sent outside by link waits for a word that its giver told whom it is for.

Promises:
1. Without the word such a gift is neither opened nor claimed, refused or kept longer: a leaked link changes nothing.
2. The word is kept only as a keyed hash and compared in constant time; its giver says another where it is forgotten.
3. One person has ``TRIES_MAX`` wrong tries at a gift and all together ``TRIES_OF_ALL_MAX``, each counted whatever
   follows; who typed it right keeps their way in.
"""

from renqing.social.safe_words.actions import forget, put, take_off, try_word
from renqing.social.safe_words.model import (
    QUESTION_CHARACTERS_MAX,
    TRIES_MAX,
    TRIES_OF_ALL_MAX,
    WORD_CHARACTERS_MAX,
    SafeWordNeeded,
    SafeWordNotHere,
    SafeWordSpent,
    SafeWordWrong,
    Standing,
    Tried,
)
from renqing.social.safe_words.rules import check_question, check_word
from renqing.social.safe_words.store import closed_to, standing

__all__ = [
    "QUESTION_CHARACTERS_MAX",
    "TRIES_MAX",
    "TRIES_OF_ALL_MAX",
    "WORD_CHARACTERS_MAX",
    "SafeWordNeeded",
    "SafeWordNotHere",
    "SafeWordSpent",
    "SafeWordWrong",
    "Standing",
    "Tried",
    "check_question",
    "check_word",
    "closed_to",
    "forget",
    "put",
    "standing",
    "take_off",
    "try_word",
]
