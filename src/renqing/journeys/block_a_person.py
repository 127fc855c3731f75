"""Keep somebody away, or let them near again.

A block ends a friendship and every ask between the two, and from then on refuses their gifts, asks and messages in
both directions, in one transaction. The blocked person is not told, and is answered with the words that strangers
hear. Unblocking does not bring the friendship back.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once


class Block(msgspec.Struct, frozen=True):
    """Who keeps whom away, or lets them near again (``blocked`` false)."""

    person_id: int
    other_id: int
    blocked: bool = True


class Blocked(msgspec.Struct, frozen=True):
    """How it stands now."""

    blocked: bool


async def block_a_person(ground: Ground, ask: Block, once: Once) -> Blocked:
    """Block or unblock. Raises PersonUnknown, FieldNotValid."""

    async def story(tx: Tx) -> Blocked:
        if ask.blocked:
            await people.block(tx, ask.person_id, ask.other_id)
        else:
            await people.unblock(tx, ask.person_id, ask.other_id)
        return Blocked(ask.blocked)

    return await run_once(ground.db, once, Blocked, story)
