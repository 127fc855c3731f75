"""Keep my peace: whose gifts I take and up to which price, when nothing rings, and whether my giving is counted.

One transaction on the asker's own rule. Gifts that are on their way already stay as they are.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import peace


class KeepMyPeace(msgspec.Struct, frozen=True):
    """Whose rule, and what it is from now on."""

    person_id: int
    rule: peace.PeaceRule


async def keep_my_peace(ground: Ground, ask: KeepMyPeace, once: Once) -> peace.PeaceRule:
    """Raises FieldNotValid."""

    async def story(tx: Tx) -> peace.PeaceRule:
        await peace.keep_rule(tx, ask.person_id, ask.rule)
        return ask.rule

    return await run_once(ground.db, once, peace.PeaceRule, story)
