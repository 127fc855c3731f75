"""Decisions about requests for another style. Pure."""

from __future__ import annotations

from datetime import datetime

from renqing.trade.swaps.model import MOVES, Swap, SwapNotNow, SwapNotOffered, SwapState

_TO_SHIP = 20  # WeChat Shop's order state in which a gift is claimed and nothing of it has left


def judge_ask(
    *, answer_hours: int, shares: int, state: int, chosen: bool, asked_before: bool, aftersale_open: bool
) -> None:
    """Whether the owner of a claimed gift may ask for another style now. Raises SwapNotOffered.

    Once, before shipping, as WeChat (发货前换款). Equal shares and sets come as given. What may be refunded is not
    exchanged, and who has ``chosen`` something else already when they claimed it has had their choice.
    """
    reasons = {
        "policy": answer_hours == 0,
        "shares": shares > 1,
        "chosen": chosen,
        "once": asked_before,
        "state": state != _TO_SHIP,
        "aftersale": aftersale_open,
    }
    for reason, holds in reasons.items():
        if holds:
            raise SwapNotOffered(reason=reason)


def check_waits(swap: Swap, now: datetime) -> None:
    """A request that can still be answered. Raises SwapNotNow."""
    if swap.state is not SwapState.WAITING or now >= swap.answer_by:
        raise SwapNotNow(state=int(swap.state))


def move(swap: Swap, to: SwapState, now: datetime) -> SwapState:
    """The state a request moves to; at its deadline only silence ends it, and before it never. Raises SwapNotNow."""
    if to not in MOVES[swap.state] or (to is SwapState.TIMED_OUT) != (now >= swap.answer_by):
        raise SwapNotNow(state=int(swap.state))
    return to
