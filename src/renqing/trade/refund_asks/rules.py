"""Whether a giver may ask, and how an ask moves. Pure."""

from __future__ import annotations

from datetime import datetime

from renqing.trade.refund_asks.model import MOVES, RefundAsk, RefundAskNotNow, RefundAskState

# WeChat Shop's order states in which something was paid for and belongs to somebody.
_MAY_ASK = frozenset({20, 21, 30, 100})


def why_not(*, shares: int, state: int, is_over: bool, asked_before: bool, case_open: bool) -> str:
    """Why the giver of a claimed gift cannot ask: shares, once, state, case or over; empty where they can.

    ``shares``: how many things it is about; an ask is about one.
    """
    if shares > 1:
        return "shares"
    if asked_before:
        return "once"
    if state not in _MAY_ASK:
        return "state"
    if case_open:
        return "case"
    return "over" if is_over else ""


def check_waits(ask: RefundAsk, now: datetime) -> None:
    """Whether an ask can still be answered. Raises RefundAskNotNow."""
    if ask.state != "waiting" or now >= ask.answer_by:
        raise RefundAskNotNow(reason="over")


def move(ask: RefundAsk, to: RefundAskState, now: datetime) -> RefundAskState:
    """The state that an ask moves to. At its deadline silence has declined. Raises RefundAskNotNow."""
    if to not in MOVES[ask.state] or (to == "timed_out") != (now >= ask.answer_by):
        raise RefundAskNotNow(reason="over")
    return to
