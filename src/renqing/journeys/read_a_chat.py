"""Somebody has read a thread up to a message: their place in it moves forward, never back.

One transaction, and safe to repeat without a key: reading twice is reading once. Who is not in the thread learns that
there is none.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.ground import Ground
from renqing.social import chats


class ReadChat(msgspec.Struct, frozen=True):
    """Who has read which thread up to which number."""

    person_id: int
    thread_id: int
    n: int


async def read_a_chat(ground: Ground, ask: ReadChat) -> None:
    """Move the reader's place. Raises ThreadUnknown."""
    await ground.db.run(lambda tx: chats.read_up_to(tx, ask.thread_id, ask.person_id, ask.n), actor=ask.person_id)
