"""Which way a balance is tried next, and what an operator says who ends one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from renqing.foundation.errors import FieldNotValid
from renqing.trade.balances import rules
from renqing.trade.balances.model import REASON_CHARACTERS_MAX, Balance, Route

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEPT = Balance(1, 2, 3, 40, 12_900, "CNY", "closed", "kept", 1, None, NOW, None, None, "")
BACK, SINCE, NAMED = Route("refund", 40), Route("payout", 50), Route("payout", 60)


@pytest.mark.parametrize(
    ("named", "since", "ways"),
    [(None, None, [BACK]), (None, 50, [BACK, SINCE]), (60, None, [NAMED, BACK]), (60, 50, [NAMED, BACK])],
)
def test_the_ways_of_a_round_are_tried_one_after_the_other_and_then_it_is_over(
    named: int | None, since: int | None, ways: list[Route]
):
    balance = msgspec.structs.replace(KEPT, named_intent_id=named)
    assert rules.routes_of(balance, since) == ways
    for n, way in enumerate(ways):
        assert rules.next_route(balance, since, ways[:n]) == way
    assert rules.next_route(balance, since, ways) is None


def test_a_way_that_came_up_within_a_round_is_tried_in_it():
    assert rules.next_route(KEPT, None, [BACK]) is None
    assert rules.next_route(KEPT, 50, [BACK]) == SINCE


def test_it_is_tried_every_week_and_spoken_of_every_thirty_days():
    assert rules.TRY_EVERY.days == 7
    assert rules.REMIND_EVERY.days == 30


def test_who_ends_one_says_why_in_so_many_characters():
    assert rules.check_reason("  bank transfer 7 ") == "bank transfer 7"
    assert rules.check_reason(" " + "x" * REASON_CHARACTERS_MAX + " ") == "x" * REASON_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("", {"reason": "missing"}),
        (" \n ", {"reason": "missing"}),
        ("x" * (REASON_CHARACTERS_MAX + 1), {"reason": "too_long", "max": REASON_CHARACTERS_MAX}),
    ],
)
def test_who_says_nothing_or_too_much_ends_nothing(said: str, facts: dict[str, Any]):
    with pytest.raises(FieldNotValid) as why:
        rules.check_reason(said)
    assert why.value.facts == {"field": "reason", **facts}
