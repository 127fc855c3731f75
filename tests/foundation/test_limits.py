from __future__ import annotations

import pytest

from renqing.foundation import limits
from renqing.foundation.errors import TooMany
from renqing.foundation.limits import Limits, Rate

TEN_A_MINUTE = Rate("tries", 10, 60)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the limits, as a list of one number that a test sets."""
    now = [1_000.0]
    monkeypatch.setattr(limits, "monotonic_seconds", lambda: now[0])
    return now


def test_ten_acts_pass_and_the_eleventh_is_told_when_to_come_back(seconds: list[float]):
    kept = Limits()
    for _ in range(10):
        kept.spend(TEN_A_MINUTE, "an")
    with pytest.raises(TooMany) as stopped:
        kept.spend(TEN_A_MINUTE, "an")
    assert stopped.value.facts == {"limit": "tries", "retry_after_seconds": 6}
    seconds[0] += 6
    kept.spend(TEN_A_MINUTE, "an")
    with pytest.raises(TooMany):
        kept.spend(TEN_A_MINUTE, "an")


def test_being_refused_costs_nothing(seconds: list[float]):
    kept = Limits()
    for _ in range(10):
        kept.spend(TEN_A_MINUTE, "an")
    for _ in range(100):
        with pytest.raises(TooMany):
            kept.spend(TEN_A_MINUTE, "an")
    seconds[0] += 6
    kept.spend(TEN_A_MINUTE, "an")


def test_subjects_and_rates_do_not_share(seconds: list[float]):
    kept = Limits()
    for _ in range(10):
        kept.spend(TEN_A_MINUTE, "an")
    kept.spend(TEN_A_MINUTE, "bo")
    kept.spend(Rate("others", 1, 60), "an")


def test_waiting_longer_saves_up_no_more_than_the_count(seconds: list[float]):
    kept = Limits()
    kept.spend(TEN_A_MINUTE, "an")
    seconds[0] += 3_600
    for _ in range(10):
        kept.spend(TEN_A_MINUTE, "an")
    with pytest.raises(TooMany):
        kept.spend(TEN_A_MINUTE, "an")


def test_what_is_remembered_is_bounded(seconds: list[float], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "SUBJECTS_MAX", 50)
    kept = Limits()
    for number in range(500):
        kept.spend(TEN_A_MINUTE, f"subject {number}")
    assert len(kept._buckets) == 50
