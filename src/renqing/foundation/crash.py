"""Named crash points: places where a storm may kill the process as ``kill -9`` would.

A point does nothing unless ``RENQING_CRASH_AT`` names it, as ``name`` or ``name:3`` (die at the third visit).
"""

from __future__ import annotations

import os
from collections import Counter

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
