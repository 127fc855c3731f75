"""When a yearly rule gives next, and what may be asked of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import asdict, replace
from verdicts import fault, verdict

from renqing.social.yearly import rules
from renqing.social.yearly.model import RULES_MAX, NewRule, NextTime, Rule, RuleOver, RulesFull

NEW = NewRule(1, 2, None, 5, None, 20_000, "CNY", "birthday", "", 9 * 60)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"
ONE_OF = fault("sku_id", "one_of", other="list_id")
NOTHING = fault("total_max", "nothing")
MINUTE = fault("comes_at", "out_of_range", min=0, max=1439)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, None),
        ({"sku_id": None, "list_id": 3}, None),
        ({"sku_id": None}, ONE_OF),
        ({"list_id": 3}, ONE_OF),
        ({"total_max": 0}, NOTHING),
        ({"total_max": 1}, None),
        ({"total_max": 10**12}, None),
        ({"total_max": 10**12 + 1}, NOTHING),
        ({"comes_at": -1}, MINUTE),
        ({"comes_at": 0}, None),
        ({"comes_at": 1439}, None),
        ({"comes_at": 1440}, MINUTE),
    ],
)
def test_a_rule_names_one_thing_a_sum_and_a_minute(said: dict[str, Any], answer: Any):
    assert verdict(rules.check_rule, replace(NEW, **said)) == answer


def test_there_is_room_for_so_many_and_no_more():
    assert verdict(rules.check_room, RULES_MAX - 1) is None
    assert verdict(rules.check_room, RULES_MAX) == (RulesFull, {"max": RULES_MAX})


def test_a_rule_that_is_ended_goes_on_no_more():
    rule = Rule(id=9, state="paused", made_at=NOW, **asdict(NEW))
    for state, answer in (("paused", None), ("active", None), ("ended", (RuleOver, {}))):
        assert verdict(rules.check_goes_on, replace(rule, state=state)) == answer


def test_what_is_ahead_comes_at_its_minute_where_its_friend_is_and_is_proposed_a_week_before():
    dates = [(2026, date(2026, 12, 24)), (2027, date(2027, 12, 24)), (2028, date(2028, 12, 24))]
    minute = 10 * 60 + 5
    comes = datetime(2026, 12, 24, 2, 5, tzinfo=UTC)
    first = NextTime(2026, date(2026, 12, 24), SHANGHAI, comes, comes - timedelta(days=7))
    found = rules.next_times(dates, minute, SHANGHAI, NOW, [])
    assert found[0] == first and found[0].comes_at.tzinfo is UTC
    assert [one.year for one in found] == [2026, 2027, 2028]
    assert [one.year for one in rules.next_times(dates, minute, SHANGHAI, NOW, [2027])] == [2026, 2028]
    assert rules.next_times(dates, minute, SHANGHAI, comes - timedelta(microseconds=1), [2027, 2028]) == [first]
    assert rules.next_times(dates, minute, SHANGHAI, comes, [2027, 2028]) == [], "its moment is not ahead"
