"""A gift in return (回礼): it names the gift that it answers. A step of ``give_a_gift``.

Only who has a gift, or a share of it, answers it, to its giver and under their own name; somebody whose giver showed
no name has nobody to answer. Every other gift looks as one that never was, so that a number tells nothing.
"""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.social import gifts, masks


async def check_reply(tx: Tx, reply_to: int | None, giver_id: int, recipient_id: int | None, *, nameless: bool) -> None:
    """Raises FieldNotValid where this gift cannot answer that one."""
    if reply_to is None:
        return
    former = (await gifts.by_ids(tx, [reply_to])).get(reply_to)
    if former is None or recipient_id is None or former.giver_id != recipient_id:
        raise FieldNotValid(field="reply_to", reason="not_yours")
    has_it = former.claimed_by == giver_id or bool(await gifts.shares_held(tx, [(former.id, giver_id)]))
    if not has_it or await masks.worn_on(tx, [former.id]):
        raise FieldNotValid(field="reply_to", reason="not_yours")
    if nameless:
        raise FieldNotValid(field="nameless", reason="in_return")
