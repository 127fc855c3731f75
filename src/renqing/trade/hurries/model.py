"""What may stop somebody who hurries a shop, and the fact that they did."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact


class HurryNotNow(NotNow):
    """The shop cannot be hurried now. Fact ``reason``: state (nothing waits to be sent), early or today."""

    code = "hurry_not_now"


class SomeOrder(msgspec.Struct, frozen=True):
    """A locked order as far as it can be late: WeChat Shop's state number, and when it should have left."""

    order_id: int
    shop_id: int
    payer_id: int
    owner_id: int
    state: int
    ship_by: datetime | None


class OrderHurried(Fact, frozen=True, kw_only=True):
    """Somebody reminded a shop of an order that is late, for the ``times``-th time; ``told_ids`` are its people."""

    kind: ClassVar[str] = "OrderHurried"
    order_id: int
    shop_id: int
    payer_id: int
    owner_id: int
    times: int
    told_ids: list[int]
