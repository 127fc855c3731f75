"""What can be done to choices. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.trade.choices import store


async def record(tx: Tx, choices: Sequence[tuple[int, int]]) -> None:
    """Something else was chosen for these locked orders of gifts: (the gift's order, the order that it became)."""
    await store.insert_choices(tx, choices)
