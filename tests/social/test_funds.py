"""Who gives together, how much is taken from whom, and how a refund is split to the fen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from verdicts import fault, verdict

from renqing.social.funds import rules
from renqing.social.funds.model import Fund, FundOver, FundSpokenFor

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE, SECOND, DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
STARTER, RECIPIENT, GUEST = 1, 2, 3
FUND = Fund(
    id=9,
    gift_id=8,
    starter_id=STARTER,
    recipient_id=RECIPIENT,
    group_id=None,
    target=10_000,
    currency="CNY",
    paid=3_000,
    pending=2_000,
    hides_sums=False,
    hides_names=False,
    state="open",
    ends_at=NOW + DAY,
    made_at=NOW,
)


@pytest.mark.parametrize(
    ("ends_at", "answer"),
    [
        (NOW, fault("ends_at", "past")),
        (NOW - SECOND, fault("ends_at", "past")),
        (NOW + SECOND, fault("ends_at", "too_soon", minutes=30)),
        (NOW + 30 * MINUTE - SECOND, fault("ends_at", "too_soon", minutes=30)),
        (NOW + 30 * MINUTE, None),
        (NOW + 7 * DAY, None),
        (NOW + 7 * DAY + SECOND, fault("ends_at", "collect_too_long", days=7)),
    ],
)
def test_a_fund_ends_far_enough_ahead_to_pay_and_near_enough_to_hold_goods_for(ends_at: datetime, answer: Any):
    assert verdict(rules.check_end, ends_at, NOW, 7) == answer


@pytest.mark.parametrize(
    ("guests", "group", "answer"),
    [
        ([], None, fault("guest_ids", "one_of_two")),
        ([GUEST], 7, fault("guest_ids", "one_of_two")),
        ([], 7, []),
        ([5, GUEST, 5, 4], None, [3, 4, 5]),
        (range(10, 60), None, list(range(10, 60))),
        (range(10, 61), None, fault("guest_ids", "count", max=50)),
        ([GUEST, STARTER], None, fault("guest_ids", "recipient")),
        ([RECIPIENT, GUEST], None, fault("guest_ids", "recipient")),
    ],
)
def test_a_group_or_people_are_asked_and_never_who_it_is_for(guests: Collection[int], group: int | None, answer: Any):
    assert verdict(rules.check_guests, guests, group, STARTER, RECIPIENT) == answer


def test_who_takes_part():
    def takes_part(person_id: int, *, asked: bool, blocked: bool) -> bool:
        return rules.takes_part(FUND, person_id, is_asked=asked, is_blocked=blocked)

    for asked in (False, True):
        for blocked in (False, True):
            assert takes_part(STARTER, asked=asked, blocked=blocked) is True
            assert takes_part(RECIPIENT, asked=asked, blocked=blocked) is False
            assert takes_part(GUEST, asked=asked, blocked=blocked) is (asked and not blocked)


@pytest.mark.parametrize(
    ("state", "at", "is_open", "reason"),
    [
        ("open", NOW, True, ""),
        ("open", NOW + DAY - SECOND, True, ""),
        ("open", NOW + DAY, False, "short"),
        ("full", NOW, False, "full"),
        ("short", NOW, False, "short"),
        ("called_off", NOW, False, "called_off"),
    ],
)
def test_nothing_is_put_in_once_a_fund_is_over(state: Any, at: datetime, *, is_open: bool, reason: str):
    fund = replace(FUND, state=state)
    assert rules.is_open(fund, at) is is_open
    said = 100 if is_open else (FundOver, {"reason": reason})
    assert verdict(rules.share_to_take, fund, 100, at, capped=False) == said


@pytest.mark.parametrize(
    ("amount", "capped", "answer"),
    [
        (0, False, fault("amount", "nothing")),
        (-1, True, fault("amount", "nothing")),
        (1, False, 1),
        (5_000, False, 5_000),
        (5_001, False, fault("amount", "over_rest", rest=5_000)),
        (5_001, True, 5_000),
        (4_999, True, 4_999),
    ],
)
def test_no_more_is_taken_than_is_missing(amount: int, answer: Any, *, capped: bool):
    assert verdict(rules.share_to_take, FUND, amount, NOW, capped=capped) == answer


def test_what_others_are_paying_is_spoken_for():
    spoken_for = replace(FUND, pending=7_000)
    for capped in (False, True):
        assert verdict(rules.share_to_take, spoken_for, 1, NOW, capped=capped) == (FundSpokenFor, {})
    assert rules.share_to_take(replace(FUND, pending=6_999), 1, NOW, capped=False) == 1


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any), st.data())
def test_a_refund_goes_back_in_parts_that_add_up_and_none_is_more_than_was_paid(left: list[int], data: st.DataObject):
    amount = data.draw(st.integers(0, sum(left)))
    parts = rules.split_back(amount, left)
    assert sum(parts) == amount
    assert all(0 <= part <= most for part, most in zip(parts, left, strict=True))


def test_no_more_goes_back_than_was_paid():
    assert rules.split_back(300, [100, 200]) == [100, 200]
    with pytest.raises(AssertionError, match="than was paid"):
        rules.split_back(301, [100, 200])
