"""Quiet hours by the clock on the wall, who is let in, and what a label may say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import fault, verdict

from renqing.social.peace import PeaceRule, lets_in, quiet_until, rounded
from renqing.social.peace.rules import check_rule

NIGHT = PeaceRule(quiet_from=22 * 60, quiet_to=8 * 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T21:59:59+08:00", None),
        ("2026-11-23T22:00:00+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-24T07:59:59+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-24T08:00:00+08:00", None),
    ],
)
def test_a_night_goes_over_midnight_and_ends_on_the_minute(now: str, until: str | None):
    assert quiet_until(NIGHT, at(now)) == (until and at(until))


def test_a_nap_stays_within_the_day():
    nap = PeaceRule(quiet_from=13 * 60, quiet_to=14 * 60 + 30)
    assert quiet_until(nap, at("2026-11-23T13:00:00+08:00")) == at("2026-11-23T14:30:00+08:00")
    assert quiet_until(nap, at("2026-11-23T14:30:00+08:00")) is None
    assert quiet_until(nap, at("2026-11-24T02:00:00+08:00")) is None


def test_the_clock_is_the_one_on_their_wall_also_in_the_night_it_jumps():
    berlin = PeaceRule(quiet_from=23 * 60, quiet_to=7 * 60, time_zone="Europe/Berlin")
    assert quiet_until(berlin, at("2026-10-24T23:30:00+02:00")) == at("2026-10-25T07:00:00+01:00")


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_quiet_hours_end_in_the_future_and_then_it_may_ring(start: int, end: int, when: datetime):
    rule = PeaceRule(quiet_from=start, quiet_to=end if end != start else (start + 1) % 1440)
    now = when.replace(tzinfo=UTC)
    until = quiet_until(rule, now)
    if until is not None:
        assert until > now and quiet_until(rule, until) is None


def test_near_people_are_let_in_as_far_as_one_said():
    for gifts_from, friend, member in (("near", True, True), ("friends", True, False), ("nobody", False, False)):
        rule = PeaceRule(gifts_from=gifts_from)
        assert (lets_in(rule, are_friends=True), lets_in(rule, are_friends=False)) == (friend, member)


def test_nobody_gives_to_a_child_however_near():
    for gifts_from in ("near", "friends", "nobody"):
        rule = PeaceRule(gifts_from=gifts_from, is_minor=True)
        assert lets_in(rule, are_friends=True) is lets_in(rule, are_friends=False) is False


def test_quiet_hours_end_on_the_whole_minute_by_the_clock_that_asked():
    asked = at("2026-11-23T23:00:07.000005+08:00").astimezone(UTC)
    until = quiet_until(NIGHT, asked)
    assert until == at("2026-11-24T08:00:00+08:00") and until.tzinfo is UTC


@pytest.mark.parametrize(
    ("people", "said"), [(0, 0), (99, 0), (100, 100), (199, 100), (45_678, 40_000), (10**6, 10**6)]
)
def test_a_number_of_people_is_rounded_down(people: int, said: int):
    assert rounded(people) == said


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        (PeaceRule(gifts_from="enemies"), fault("gifts_from", "unknown")),  # type: ignore[arg-type]
        (PeaceRule(gift_price_max=0), fault("gift_price_max", "range", min=1)),
        (PeaceRule(quiet_from=60), fault("quiet_to", "both_or_none")),
        (PeaceRule(quiet_to=60), fault("quiet_from", "both_or_none")),
        (PeaceRule(quiet_from=60, quiet_to=60), fault("quiet_to", "always_quiet")),
        (PeaceRule(quiet_from=-1, quiet_to=60), fault("quiet_from", "range", min=0, max=1439)),
        (PeaceRule(quiet_from=60, quiet_to=1440), fault("quiet_to", "range", min=0, max=1439)),
        (PeaceRule(time_zone="Mars/Base"), fault("time_zone", "unknown")),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: PeaceRule, answer: Any):
    assert verdict(check_rule, rule) == answer


@pytest.mark.parametrize(
    "rule",
    [
        PeaceRule(),
        PeaceRule(gift_price_max=1),
        PeaceRule(quiet_from=0, quiet_to=1439),
        PeaceRule(quiet_from=1439, quiet_to=0, time_zone="America/New_York"),
    ],
)
def test_a_rule_that_means_something_is_kept_as_it_was_said(rule: PeaceRule):
    assert check_rule(rule) == rule


def test_half_of_a_quiet_time_is_none():
    """The database holds both or neither; until then nothing is quiet."""
    assert quiet_until(PeaceRule(quiet_from=0), datetime(2026, 11, 27, tzinfo=UTC)) is None
    assert quiet_until(PeaceRule(quiet_to=1439), datetime(2026, 11, 27, tzinfo=UTC)) is None
