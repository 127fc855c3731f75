"""When another style may be asked for, and how the request moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from verdicts import verdict

from renqing.trade.swaps import rules
from renqing.trade.swaps.model import MOVES, Swap, SwapNotNow, SwapNotOffered, SwapState

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SWAP = Swap(1, 2, 3, 4, 5, 6, SwapState.WAITING, "", NOW, NOW + timedelta(days=1), None)
MAY = {"answer_hours": 24, "shares": 1, "state": 20, "chosen": False, "asked_before": False, "aftersale_open": False}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"answer_hours": 0, "shares": 2}, "policy"),
        ({"shares": 2, "asked_before": True}, "shares"),
        ({"chosen": True, "asked_before": True}, "chosen"),
        ({"asked_before": True, "state": 30}, "once"),
        ({"state": 21, "aftersale_open": True}, "state"),
        ({"state": 19}, "state"),
        ({"aftersale_open": True}, "aftersale"),
    ],
)
def test_why_no_other_style_is_asked_for(said: dict[str, Any], why: str):
    assert verdict(rules.judge_ask, **(MAY | said)) == (SwapNotOffered, {"reason": why})


def test_whoever_was_given_one_share_asks_once_before_it_is_sent():
    assert verdict(rules.judge_ask, **MAY) is None
    assert verdict(rules.judge_ask, **(MAY | {"answer_hours": 1})) is None


def test_a_request_is_answered_while_it_waits_and_before_its_deadline():
    assert verdict(rules.check_waits, SWAP, SWAP.answer_by - SECOND) is None
    assert verdict(rules.check_waits, SWAP, SWAP.answer_by) == (SwapNotNow, {"state": 3})
    for state in set(SwapState) - {SwapState.WAITING}:
        assert verdict(rules.check_waits, replace(SWAP, state=state), NOW) == (SwapNotNow, {"state": int(state)})


@pytest.mark.parametrize("to", SwapState)
def test_people_answer_before_the_deadline_and_silence_at_it(to: SwapState):
    late, early = verdict(rules.move, SWAP, to, SWAP.answer_by), verdict(rules.move, SWAP, to, SWAP.answer_by - SECOND)
    refused = (SwapNotNow, {"state": 3})
    assert early == (to if to in {SwapState.APPROVED, SwapState.REJECTED, SwapState.CANCELLED} else refused)
    assert late == (to if to is SwapState.TIMED_OUT else refused)


def test_an_answer_is_final():
    assert set(MOVES) == set(SwapState)
    for state in set(SwapState) - {SwapState.WAITING}:
        for to in SwapState:
            for at in (NOW, SWAP.answer_by):
                assert verdict(rules.move, replace(SWAP, state=state), to, at) == (SwapNotNow, {"state": int(state)})
