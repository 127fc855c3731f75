"""What became of a gift that its giver took for themselves."""

from __future__ import annotations

from renqing.foundation.ground import Ground
from renqing.social.gifts import Gift

_KEPT = "SELECT id FROM order_order WHERE part_of = $1 AND purpose = 'self' ORDER BY id"


async def kept_orders_of(ground: Ground, gift: Gift) -> list[int]:
    """The giver's own orders out of a gift, an order of each style; none where they kept nothing."""
    if gift.ended_how != "kept":
        return []
    return [row["id"] for row in await ground.db.fetch(_KEPT, gift.order_id)]
