"""What a giver may allow for a far place, what of it the place needs, and when a place is too dear."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation.errors import FieldNotValid
from renqing.trade.surcharges import rules

MOST = 3_000
amounts = st.integers(0, 10_000)


@pytest.mark.parametrize("amount", [0, 1, MOST - 1, MOST])
def test_up_to_the_most_may_be_allowed_for_one_parcel(amount: int):
    rules.check_allowed(amount, MOST, is_one_parcel=True)


def test_nothing_may_be_allowed_for_anything():
    rules.check_allowed(0, 0, is_one_parcel=False)


@pytest.mark.parametrize(
    ("amount", "is_one_parcel", "facts"),
    [
        (-1, True, {"reason": "most", "max": MOST}),
        (MOST + 1, True, {"reason": "most", "max": MOST}),
        (1, False, {"reason": "one_parcel"}),
        (MOST + 1, False, {"reason": "one_parcel"}),
    ],
)
def test_what_may_not_be_allowed_is_refused_with_its_reason(amount: int, is_one_parcel: Any, facts: dict[str, Any]):
    with pytest.raises(FieldNotValid) as why:
        rules.check_allowed(amount, MOST, is_one_parcel=is_one_parcel)
    assert why.value.facts == {"field": "surcharge_allowed", **facts}


@pytest.mark.parametrize(
    ("fee", "used"), [(0, 0), (800, 0), (801, 1), (1_299, 499), (1_300, 500), (1_301, 500), (99_900, 500)]
)
def test_a_place_needs_what_it_costs_above_the_freight_and_no_more_than_was_allowed(fee: int, used: int):
    assert rules.needed(fee, 1_300, 500) == used  # 800 of freight, 500 allowed


@given(amounts, amounts, amounts)
def test_whatever_a_place_costs_what_is_used_and_what_comes_back_are_what_was_allowed(
    fee: int, freight: int, allowed: int
):
    used = rules.needed(fee, freight + allowed, allowed)
    assert 0 <= used <= allowed
    assert freight + used >= min(fee, freight + allowed), "the shop is paid for the road, as far as was allowed"


@pytest.mark.parametrize(
    ("fee", "giver_bears", "verdict"),
    [(1_300, True, False), (1_301, True, True), (1_301, False, False), (0, True, False), (0, False, False)],
)
def test_a_place_is_too_dear_where_its_giver_bears_it_and_it_costs_more_than_was_paid(
    fee: int, giver_bears: Any, verdict: Any
):
    assert rules.is_too_dear(fee, 1_300, giver_bears=giver_bears) is verdict
