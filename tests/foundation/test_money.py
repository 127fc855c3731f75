from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation.money import AMOUNT_MINOR_MAX, PPM, AmountNotValid, Money, share_minor, split

AMOUNTS = st.integers(0, AMOUNT_MINOR_MAX)


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_a_split_loses_nothing_and_is_fair_to_the_minor_unit(amount: int, weights: list[int]):
    parts = split(amount, weights)
    assert sum(parts) == amount
    total = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert amount * weight // total <= part <= -(-amount * weight // total)
    assert split(amount, weights) == parts, "the same question has the same answer"


@given(AMOUNTS, st.lists(st.integers(1, 1), min_size=1, max_size=50))
def test_equal_weights_differ_by_one_at_most_and_the_earlier_get_more(amount: int, weights: list[int]):
    parts = split(amount, weights)
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (10, [5, 3, 2], [5, 3, 2]),
        (11, [1, 2, 4], [2, 3, 6]),  # 1.57, 3.14, 6.29: the odd one goes where most was cut off
        (100, [7, 1, 1], [78, 11, 11]),
        (2, [1, 3, 3], [0, 1, 1]),
        (5, [2, 2, 1, 1], [2, 1, 1, 1]),  # 1.67 twice, 0.83 twice: the two 0.83 come first, then the earlier 1.67
        (7, [0, 1], [0, 7]),
        (3, [0, 0], [2, 1]),
        (1, [0, 0, 0], [1, 0, 0]),
        (0, [3, 4], [0, 0]),
    ],
)
def test_what_is_left_goes_to_those_who_lost_most_and_then_to_the_earlier(
    amount: int, weights: list[int], parts: list[int]
):
    assert split(amount, weights) == parts


@given(AMOUNTS, st.integers(0, PPM))
def test_a_share_is_never_more_than_its_part_and_the_payer_keeps_the_odd_fen(amount: int, ratio: int):
    share = share_minor(amount, ratio)
    assert share * PPM <= amount * ratio < (share + 1) * PPM
    assert Money(amount).share(ratio) == Money(share)
    assert 0 <= share <= amount


@given(AMOUNTS, AMOUNTS)
def test_sums_and_differences_undo_each_other(one: int, other: int):
    assert Money(one) - Money(other) + Money(other) == Money(one)
    assert (Money(one) < Money(other)) == (one < other)
    assert Money(0) - Money(one) == -Money(one)


def test_what_is_reckoned_keeps_its_currency():
    yen = Money(100, "JPY")
    assert yen + Money(1, "JPY") == Money(101, "JPY")
    assert yen - Money(1, "JPY") == Money(99, "JPY")
    assert -yen == Money(-100, "JPY")
    assert yen.times(3) == Money(300, "JPY")
    assert yen.share(PPM // 4) == Money(25, "JPY")


def test_amounts_are_ordered():
    one, two = Money(1), Money(2)
    assert (one < two, one < Money(1), two < one) == (True, False, False)
    assert (one <= two, one <= Money(1), two <= one) == (True, True, False)


def test_a_refused_amount_says_what_it_was_in_32_characters():
    with pytest.raises(AmountNotValid) as refused:
        Money(10**40)
    assert refused.value.facts == {"amount": "1" + "0" * 31}
    with pytest.raises(AmountNotValid) as refused:
        Money(1, "XXX")
    assert refused.value.facts == {"currency": "XXX"}


@pytest.mark.parametrize("amount", [AMOUNT_MINOR_MAX + 1, -AMOUNT_MINOR_MAX - 1, 1.0, "1", True, None])
def test_what_is_no_amount_is_refused(amount: object):
    with pytest.raises(AmountNotValid):
        Money(amount)  # type: ignore[arg-type]


def test_a_sum_that_no_reader_could_hold_is_refused():
    with pytest.raises(AmountNotValid):
        Money(AMOUNT_MINOR_MAX) + Money(1)
    with pytest.raises(AmountNotValid):
        Money(AMOUNT_MINOR_MAX).times(2)


def test_currencies_do_not_mix_and_unknown_ones_are_refused():
    with pytest.raises(AssertionError, match="CNY met JPY"):
        Money(1) + Money(1, "JPY")
    with pytest.raises(AssertionError):
        assert Money(1) < Money(1, "USD")
    with pytest.raises(AmountNotValid):
        Money(1, "XXX")


def test_nothing_is_split_between_nobody_and_no_share_is_taken_of_a_debt():
    for amount, weights, why in (
        (5, [], "nothing to split between"),
        (-5, [1], "an amount to split is zero or more"),
        (5, [2, -1], "weights are zero or more"),
    ):
        with pytest.raises(AssertionError, match=f"^{why}"):
            split(amount, weights)
    for amount, ratio, why in (
        (-1, 5, "a share is taken of money that is there"),
        (1, -1, "a share is between nothing and everything"),
        (1, PPM + 1, "a share is between nothing and everything"),
    ):
        with pytest.raises(AssertionError, match=f"^{why}"):
            share_minor(amount, ratio)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(12_900), "¥129.00"),
        (Money(5), "¥0.05"),
        (Money(-123_456_789), "-¥1,234,567.89"),
        (Money(980, "JPY"), "¥980"),
        (Money(0, "USD"), "$0.00"),
    ],
)
def test_an_amount_reads_with_every_minor_digit(money: Money, text: str):
    assert money.text() == text
