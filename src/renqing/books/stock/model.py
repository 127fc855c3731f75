"""Asks and refusals of the stock room. Quantities are whole pieces."""

from __future__ import annotations

import msgspec

from renqing.foundation.errors import NotNow


class StockRanOut(NotNow):
    """There are fewer free pieces than asked for. Fact: ``sku_id``."""

    code = "stock_ran_out"


class HoldAsk(msgspec.Struct, frozen=True):
    """Pieces to hold for one order: all of ``lines`` (sku id, quantity) or none."""

    order_id: int
    lines: tuple[tuple[int, int], ...]
