"""Who crowd at one thing take turns before they gather, not after.

Where many ask for the same thing, its lock lets one process's batch in at a time. A batch that was gathered before it
waited for that lock is as large as it was when it began to wait; one that is gathered after has everybody in it who
came meanwhile, and the fixed part of a batch's cost is shared by more (``docs/decisions/claims-cost.md``). So where
most of those who wait ask for one thing, their process waits for its turn first. Others wait for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from renqing.foundation.database import Database

Ask = TypeVar("Ask")

CROWD_MIN = 8  # fewer are no crowd: a turn would cost them more than it saves


def crowded(places: Iterable[str]) -> str | None:
    """What most of them ask for; None where they are few, or ask for this and that."""
    counted = Counter(places)
    if not counted:
        return None
    (place, most), *_ = counted.most_common(1)
    return place if most >= CROWD_MIN and 2 * most > counted.total() else None


class Turns(Generic[Ask]):
    """The turns of one sort of batch; ``place_of`` says by a name what an ask is for."""

    def __init__(self, db: Database, place_of: Callable[[Ask], str]) -> None:
        self._db = db
        self._place_of = place_of

    @asynccontextmanager
    async def __call__(self, waiting: Sequence[Ask]) -> AsyncIterator[None]:
        """For as long as the block lasts it is the turn of these, and of whoever is like them."""
        place = crowded(map(self._place_of, waiting))
        if place is None:
            yield
            return
        async with self._db.turn(place):
            yield
