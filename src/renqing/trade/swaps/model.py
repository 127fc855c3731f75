"""A request for another style. State numbers are WeChat Shop's ``preshipment_change_sku_state``.

| from      | by                          | to          |
|-----------|-----------------------------|-------------|
| (none)    | the owner asks              | 3 waiting   |
| 3 waiting | the shop, and stock is there | 4 approved |
| 3 waiting | the shop, or no stock       | 5 rejected  |
| 3 waiting | the owner, or an after-sale | 6 cancelled |
| 3 waiting | the deadline                | 7 timed out |
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact

SWAP_SILENCE = "swap_silence"  # deadline, by order: the shop has said nothing


class SwapState(IntEnum):
    """WeChat Shop's numbers."""

    WAITING = 3
    APPROVED = 4
    REJECTED = 5
    CANCELLED = 6
    TIMED_OUT = 7


MOVES: dict[SwapState, frozenset[SwapState]] = {
    SwapState.WAITING: frozenset({SwapState.APPROVED, SwapState.REJECTED, SwapState.CANCELLED, SwapState.TIMED_OUT}),
    SwapState.APPROVED: frozenset(),
    SwapState.REJECTED: frozenset(),
    SwapState.CANCELLED: frozenset(),
    SwapState.TIMED_OUT: frozenset(),
}
WhyRejected = Literal["", "shop", "stock"]


class SwapNotAsked(NotNow):
    """Nobody asked for another style of this order."""

    code = "swap_not_asked"


class SwapNotOffered(NotNow):
    """No other style may be asked for. Fact ``reason``: policy, state, once, aftersale, shares or no_gift."""

    code = "swap_not_offered"


class SwapNotNow(NotNow):
    """The request is over, a lost race too. Fact: ``state``, WeChat Shop's number."""

    code = "swap_not_now"


class SwapWaits(NotNow):
    """The recipient asked for another style: answer that before the order is shipped."""

    code = "swap_waits"


class Swap(msgspec.Struct, frozen=True):
    """A request as it stands. ``answer_by``: after this instant silence has refused it."""

    order_id: int
    shop_id: int
    owner_id: int
    payer_id: int
    old_sku_id: int
    new_sku_id: int
    state: SwapState
    why: WhyRejected
    asked_at: datetime
    answer_by: datetime
    ended_at: datetime | None


class SwapMoved(Fact, frozen=True, kw_only=True):
    """A request was made or ended. ``state`` is WeChat Shop's number; ``why`` it was rejected."""

    kind: ClassVar[str] = "SwapMoved"
    order_id: int
    shop_id: int
    owner_id: int
    payer_id: int
    sku_id: int
    state: int
    why: str = ""
