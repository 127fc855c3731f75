"""Crash points: places where a storm may end a story as ``kill -9`` would.

A named point does nothing unless ``RENQING_CRASH_AT`` names it, as ``name`` or ``name:3`` (die at the third visit).
Between any two statements of a transaction there is one more, for a ``Weather`` that a storm of this process hangs up:
it may tear the story, cut its connection, or let another story go first. Without one a statement pays for one look.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Protocol

COMMIT = "(commit)"
COMMITTED = "(committed)"


class Weather(Protocol):
    """What a storm does between two statements; ``COMMIT`` comes before a commit, ``COMMITTED`` right after it."""

    async def before(self, conn: Any, sql: str) -> None: ...


weather: Weather | None = None

_ASKED = os.environ.get("RENQING_CRASH_AT", "")
_visits: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here, at once and without cleaning up, if a storm asked for it."""
    if not _ASKED:
        return
    wanted, _, turn = _ASKED.partition(":")
    if wanted != name:
        return
    _visits[name] += 1
    if _visits[name] >= int(turn or 1):
        os._exit(137)
