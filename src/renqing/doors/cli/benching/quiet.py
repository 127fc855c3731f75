"""Between two loads: the worker tells what the former left, so that the next is not charged with it."""

from __future__ import annotations

import asyncio

from renqing.foundation.ground import Ground

LOOK_SECONDS, LOOKS_MAX = 0.2, 600

_WAITING = "SELECT EXISTS (SELECT FROM outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL AND next_at <= now())"


async def until_told(ground: Ground) -> None:
    """Wait until no fact is due to be told; two minutes at most."""
    for _ in range(LOOKS_MAX):
        if not await ground.db.fetchval(_WAITING):
            return
        await asyncio.sleep(LOOK_SECONDS)
