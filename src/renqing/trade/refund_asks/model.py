"""The states of a giver's ask for a refund, how it moves, and what may stop it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

RefundAskState = Literal["waiting", "agreed", "declined", "timed_out"]
MOVES: dict[RefundAskState, frozenset[RefundAskState]] = {
    "waiting": frozenset({"agreed", "declined", "timed_out"}),
    "agreed": frozenset(),
    "declined": frozenset(),
    "timed_out": frozenset(),
}
Reason = Literal["late", "not_as_said", "another_gift", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)  # ready sentences: refund_ask.reason.<name>
REFUND_ASK_SILENCE = "refund_ask_silence"  # deadline: silence declines


class RefundNotAsked(NotFound):
    """Nobody asked for a refund of this gift, or it is not yours to answer."""

    code = "refund_not_asked"


class RefundAskNotNow(NotNow):
    """The giver cannot ask (any more), or it is answered. Fact ``reason``: shares, state, case, once or over."""

    code = "refund_ask_not_now"


class RefundAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A giver's ask about the order of a claimed gift; ``case_id`` is the after-sale that a yes opened."""

    order_id: int
    gift_id: int
    giver_id: int
    owner_id: int
    reason: Reason
    state: RefundAskState
    asked_at: datetime
    answer_by: datetime
    ended_at: datetime | None = None
    case_id: int | None = None


class RefundAskMoved(Fact, frozen=True, kw_only=True):
    """A giver asked for a refund, or the ask ended."""

    kind: ClassVar[str] = "RefundAskMoved"
    order_id: int
    about_gift_id: int
    payer_id: int
    owner_id: int
    state: str
