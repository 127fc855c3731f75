"""When a giver may ask for a refund, and how their ask moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from verdicts import verdict

from renqing.trade.refund_asks import rules
from renqing.trade.refund_asks.model import MOVES, RefundAsk, RefundAskNotNow

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ASK = RefundAsk(
    order_id=1,
    gift_id=2,
    giver_id=3,
    owner_id=4,
    reason="late",
    state="waiting",
    asked_at=NOW,
    answer_by=NOW + timedelta(days=2),
)
OVER = (RefundAskNotNow, {"reason": "over"})
MAY = {"shares": 1, "state": 20, "is_over": False, "asked_before": False, "case_open": False}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, ""),
        ({"state": 21}, ""),
        ({"state": 30}, ""),
        ({"state": 100}, ""),
        ({"shares": 2, "asked_before": True}, "shares"),
        ({"asked_before": True, "state": 10}, "once"),
        *(({"state": state, "case_open": True}, "state") for state in (10, 18, 22, 200, 250)),
        ({"case_open": True, "is_over": True}, "case"),
        ({"is_over": True}, "over"),
    ],
)
def test_why_a_giver_cannot_ask(said: dict[str, Any], why: str):
    assert rules.why_not(**(MAY | said)) == why


def test_an_ask_is_answered_while_it_waits_and_before_its_deadline():
    assert verdict(rules.check_waits, ASK, ASK.answer_by - SECOND) is None
    assert verdict(rules.check_waits, ASK, ASK.answer_by) == OVER
    for state in set(MOVES) - {"waiting"}:
        assert verdict(rules.check_waits, replace(ASK, state=state), NOW) == OVER


@pytest.mark.parametrize(
    ("to", "before", "after"),
    [
        ("agreed", "agreed", OVER),
        ("declined", "declined", OVER),
        ("timed_out", OVER, "timed_out"),
        ("waiting", OVER, OVER),
    ],
)
def test_people_answer_before_the_deadline_and_silence_at_it(to: Any, before: Any, after: Any):
    assert verdict(rules.move, ASK, to, ASK.answer_by - SECOND) == before
    assert verdict(rules.move, ASK, to, ASK.answer_by) == after


def test_an_answer_is_final():
    for state in set(MOVES) - {"waiting"}:
        for to in MOVES:
            for at in (NOW, ASK.answer_by):
                assert verdict(rules.move, replace(ASK, state=state), to, at) == OVER
