"""What a report may say, and how long a hold is said to take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.social.holds import rules
from renqing.social.holds.model import REASONS, NewReport

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("new", "answer"),
    [
        (NewReport(1, 1, "fraud"), fault("person_id", "oneself")),
        (NewReport(1, 2, "ugly"), fault("reason", "unknown")),  # type: ignore[arg-type]
        (NewReport(1, 2, "other", "长" * 501), fault("words", "too_long", max=500)),
        (NewReport(1, 2, "other", "a\x00b"), fault("words", "characters")),
        (NewReport(1, 2, "other", " 长" * 250, 7), NewReport(1, 2, "other", (" 长" * 250).strip(), 7)),
        *((NewReport(1, 2, reason), NewReport(1, 2, reason)) for reason in REASONS),
    ],
)
def test_what_a_report_may_say(new: NewReport, answer: Any):
    assert verdict(rules.check_report, new) == answer


@pytest.mark.parametrize(
    ("left", "hours"),
    [
        (timedelta(hours=24), 24),
        (timedelta(hours=23, seconds=1), 24),
        (timedelta(minutes=1), 1),
        (timedelta(), 1),
        (timedelta(hours=-3), 1),
        (timedelta(hours=1, microseconds=1), 2),
    ],
)
def test_a_hold_takes_the_hours_that_have_begun_and_one_at_least(left: timedelta, hours: int):
    assert rules.hours_left(NOW + left, NOW) == hours


def test_a_link_leaks_once_so_many_have_opened_it_for_each_share():
    found = rules.leaks_at(3, 20)
    assert found == 60 and isinstance(found, int)


@pytest.mark.parametrize(
    ("phone", "same"), [("13800000001", "13800000001"), ("+86 138-0000 0001", "8613800000001"), ("", ""), ("+", "")]
)
def test_the_same_phone_is_the_same_however_it_is_written(phone: str, same: str):
    assert rules.same_phone(phone) == same
