"""Accepted gifts are counted by product and giver: what "your friends gave this" and "so many gave this" are read from.

The worker hands facts over in the transaction that marks them told, so each is counted once. What somebody gives
themselves through another's hands cannot be told from a gift; a refund later does not take a count back: it was given.
Of a set each product counts once.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import LeftFact
from renqing.social import gifts, peace
from renqing.trade import orders


async def count_gifts(tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Count these facts; of other kinds there is nothing to count."""
    claimed = [fact.payload for fact in facts if fact.kind == "GiftClaimed"]
    found = await gifts.by_ids(tx, [said["gift_id"] for said in claimed])
    in_sets = {gift.id: gift.order_id for gift in found.values() if gift.is_set}
    lines = await orders.lines_of(tx, list(in_sets.values())) if in_sets else {}
    given = [
        peace.GivenBy(product_id, said["giver_id"])
        for said in claimed
        for product_id in sorted({line.product_id for line in lines.get(in_sets.get(said["gift_id"], 0), ())})
        or [found[said["gift_id"]].product_id]
    ]
    await peace.count_given(tx, given)
