"""A deed that is safe to repeat by itself (reading up to a message, going to the cashier, signing out) has a key too.

Nothing of its answer is kept: a repeat does it again, to the same end. What is kept, in a transaction of its own, is
what the key stands for, so that the same key with another body or for another route is refused before anything is
done.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once


class Bound(msgspec.Struct, frozen=True):
    """The key stands for this request."""


async def bind_a_key(ground: Ground, once: Once) -> None:
    """Let a key stand for a request. Raises KeyReused, KeyInUse."""
    await run_once(ground.db, once, Bound, _nothing)


async def _nothing(_tx: Tx) -> Bound:
    return Bound()
