"""What was allowed for a place that costs more, and what came of it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Allowed(msgspec.Struct, frozen=True):
    """A sum in an order's freight. ``used_amount`` and ``back_amount`` are known once the goods go somewhere.

    ``served_order_id``: the order that they go with then: this one, or the part of it that was made.
    """

    order_id: int
    allowed_amount: int
    allowed_at: datetime
    served_order_id: int | None
    used_amount: int | None
    back_amount: int | None
    settled_at: datetime | None
