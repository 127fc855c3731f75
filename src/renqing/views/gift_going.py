"""How far a claimed gift is, as broadly as its giver may know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Going = Literal["", "to_ship", "to_use", "shipped", "delivered", "received", "refunded"]
_STEPS: tuple[Going, ...] = ("", "to_use", "to_ship", "shipped", "delivered", "received")


def going(order_state: int, *, received: bool, delivered: bool) -> Going:
    """How far a claimed gift's order is."""
    if order_state == 200:
        return "refunded"
    if received:
        return "received"
    if order_state == 17:
        return "to_use"
    if order_state in (20, 21):
        return "to_ship" if order_state == 20 else "shipped"
    return ("delivered" if delivered else "shipped") if order_state == 30 else ""


def going_together(parts: Sequence[Going]) -> Going:
    """How far a set is: as far as the part that is furthest behind; what was refunded waits for nothing."""
    left = [part for part in parts if part != "refunded"]
    return min(left, key=_STEPS.index) if left else ("refunded" if parts else "")
