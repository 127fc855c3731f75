"""What is engraved on a gift, as each may see it: the giver what they chose, the recipient and the shop what is made.

What was left to the recipient is not the giver's to read: they learn that the gift was claimed, as with a style.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import media
from renqing.social.gifts import Gift
from renqing.trade import engravings
from renqing.trade.engravings import Ordered
from renqing.trade.orders import OrderState


class EngravingSeen(msgspec.Struct, frozen=True):
    """``kind`` left: words that nobody said yet. ``picture`` shows it for a day or two. ``may_say``: the reader may.

    ``custom_type`` is WeChat Shop's number; 0 as long as nothing is chosen.
    """

    kind: engravings.Kind
    words: str
    picture: str
    characters_max: int
    script: str
    may_say: bool = False

    @property
    def custom_type(self) -> int:
        """The number for programs."""
        return engravings.KINDS.index(self.kind)


async def engraving_of(ground: Ground, gift: Gift, reader_id: int, claimed_order: int | None) -> EngravingSeen | None:
    """For the giver, or who has opened the gift; ``claimed_order`` is what the reader has of it already."""
    ordered = await engravings.of_order(ground.db, gift.order_id)
    if ordered is None:
        return None
    if reader_id == gift.giver_id or ordered.engraving.kind != "left":
        return _seen(ground, ordered, None, may_say=False)
    said = await engravings.own_words(ground.db, gift.order_id, reader_id)
    return _seen(
        ground, ordered, said, may_say=claimed_order is None or (not said and await _waits(ground, claimed_order))
    )


async def engraving_ordered(ground: Ground, order_id: int) -> EngravingSeen | None:
    """What was chosen for what an order pays for: for who chose it, or pays for it too."""
    ordered = await engravings.of_order(ground.db, order_id)
    return None if ordered is None else _seen(ground, ordered, None, may_say=False)


async def _waits(ground: Ground, order_id: int) -> bool:
    state = await ground.db.fetchval("SELECT state FROM order_order WHERE id = $1", order_id)
    return bool(state == OrderState.TO_SHIP)


async def engraving_to_make(ground: Ground, order: Row) -> EngravingSeen | None:
    """For the shop, once it is somebody's: what to make on what this order sends."""
    if order["owner_id"] is None:
        return None
    whole = order["part_of"] or order["id"]
    ordered = await engravings.of_order(ground.db, whole)
    if ordered is None:
        return None
    left = ordered.engraving.kind == "left"
    said = await engravings.own_words(ground.db, whole, order["owner_id"]) if left else None
    return _seen(ground, ordered, said, may_say=False)


def _seen(ground: Ground, ordered: Ordered, said: str | None, *, may_say: bool) -> EngravingSeen:
    chosen, terms = ordered.engraving, ordered.terms
    path = "" if chosen.picture_id is None else media.link(ground.keys, chosen.picture_id, ground.clock.now())
    kind: engravings.Kind = "words" if said else chosen.kind
    return EngravingSeen(kind, said or chosen.words, path, terms.characters_max, terms.script, may_say)
