"""Accepted gifts are counted by product and giver: what "your friends gave this" and "so many gave this" are read from.

The worker hands facts over in the transaction that marks them told, so each is counted once. What somebody gives
themselves through another's hands cannot be told from a gift; a refund later does not take a count back: it was given.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import LeftFact
from renqing.social import gifts, peace


async def count_gifts(tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Count these facts; of other kinds there is nothing to count."""
    claimed = [fact.payload for fact in facts if fact.kind == "GiftClaimed"]
    found = await gifts.by_ids(tx, [said["gift_id"] for said in claimed])
    await peace.count_given(
        tx, [peace.GivenBy(found[said["gift_id"]].product_id, said["giver_id"]) for said in claimed]
    )
