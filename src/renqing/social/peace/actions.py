"""What can be done for people's peace. Nothing here commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.social.peace import rules, store
from renqing.social.peace.model import GivenBy, PeaceRule


async def keep_rule(tx: Tx, person_id: int, rule: PeaceRule) -> None:
    """Somebody decides what comes to them and what is counted of them. Raises FieldNotValid."""
    await store.put_rule(tx, person_id, rules.check_rule(rule))


async def count_given(tx: Tx, given: Sequence[GivenBy]) -> None:
    """Gifts and shares were accepted; each once, which whoever tells it sees to."""
    if given:
        await store.add_given(tx, Counter(given))


async def forget(tx: Tx, person_id: int) -> None:
    """Nothing is left of somebody's rules, nor of what they gave; how many people gave a product stays."""
    await store.delete_all(tx, person_id)
