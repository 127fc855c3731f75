"""How long what failed waits before it is tried again, and how its failure is written down."""

from __future__ import annotations

from datetime import timedelta

EXPONENT_MAX = 10  # about three days: no wait is longer
WHY_CHARACTERS_MAX = 500


def backoff(attempts: int) -> timedelta:
    """Wait 1 s after the first failure, then 4 s, 16 s, 64 s and so on."""
    assert attempts >= 1, "nothing waits before it has failed"
    return timedelta(seconds=4 ** min(attempts, EXPONENT_MAX) / 4)


def plain(why: str) -> str:
    """A failure's words as PostgreSQL can keep them: of bounded length, and nothing that is no text.

    Words that could not be kept would make the mending of a failure fail as well, for ever.
    """
    kept = why[:WHY_CHARACTERS_MAX].replace("\0", " ")
    return kept.encode("utf-8", "replace").decode("utf-8")
