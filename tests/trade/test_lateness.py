"""What is owed for lateness, and what that leaves of later refunds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import fault, verdict

from renqing.trade.aftersales import OrderedLine
from renqing.trade.aftersales import rules as aftersale_rules
from renqing.trade.aftersales.model import Ordered
from renqing.trade.lateness import LateLine, Promise, late_lines, owed, rules, worth
from renqing.trade.lateness.model import HOURS_MAX, SHARE_BP_MAX, SUM_MAX, NewPromise

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def promise(share_bp: int = 500, lowest: int = 0, highest: int = 5000) -> Promise:
    return Promise(1, 1, share_bp, lowest, highest, 24, 72, NOON)


SHARE = fault("share_bp", "range", min=0, max=SHARE_BP_MAX)
HIGHEST = fault("highest_amount", "range", min=1, max=SUM_MAX)
LOWEST = fault("lowest_amount", "above_highest")
GRACE = fault("grace_hours", "range", min=0, max=HOURS_MAX - 72)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ((500, 100, 5000, 24), None),
        ((-1, 100, 5000, 24), SHARE),
        ((0, 100, 5000, 24), None),
        ((0, 0, 0, 0), None),
        ((SHARE_BP_MAX, 0, SUM_MAX, HOURS_MAX - 72), None),
        ((SHARE_BP_MAX + 1, 100, 5000, 24), SHARE),
        ((500, 0, 0, 24), HIGHEST),
        ((0, 0, -1, 24), HIGHEST),
        ((0, 0, 1, 24), None),
        ((1, 0, 1, 24), None),
        ((500, 0, SUM_MAX + 1, 24), HIGHEST),
        ((500, -1, 5000, 24), LOWEST),
        ((500, 5000, 5000, 24), None),
        ((500, 5001, 5000, 24), LOWEST),
        ((500, 0, 5000, -1), GRACE),
        ((500, 0, 5000, HOURS_MAX - 71), GRACE),
    ],
)
def test_what_a_promise_may_say(said: tuple[int, int, int, int], answer: Any):
    assert verdict(rules.check_promise, NewPromise(*said), 72) == answer


def test_a_shop_that_ships_within_all_of_it_gives_no_grace():
    assert verdict(rules.check_promise, NewPromise(500, 0, 5000, 0), HOURS_MAX) is None
    for within in (HOURS_MAX, HOURS_MAX + 1):
        late = verdict(rules.check_promise, NewPromise(500, 0, 5000, 1), within)
        assert late == fault("grace_hours", "range", min=0, max=0)


def test_a_share_of_nothing_is_no_promise():
    assert [rules.is_on(one) for one in (None, promise(0), promise(1), promise(2))] == [False, False, True, True]


@pytest.mark.parametrize(
    ("said", "late", "parts"),
    [
        (promise(), [LateLine(1, 1, 12_900)], {1: 645}),
        (promise(), [LateLine(1, 1, 12_919)], {1: 645}),
        (promise(), [LateLine(1, 1, 12_920)], {1: 646}),
        (promise(lowest=100), [LateLine(1, 1, 500)], {1: 100}),
        (promise(lowest=100), [LateLine(1, 1, 199)], {1: 99}),
        (promise(lowest=100), [LateLine(1, 1, 3), LateLine(2, 1, 3)], {1: 1, 2: 1}),
        (promise(), [LateLine(1, 1, 1_000_000)], {1: 5000}),
        (promise(), [LateLine(1, 1, 1000), LateLine(2, 1, 2000)], {1: 50, 2: 100}),
        (promise(), [LateLine(1, 1, 19)], {}),
        (promise(), [], {}),
        (promise(share_bp=0, lowest=0, highest=0), [LateLine(1, 1, 12_900)], {}),
    ],
)
def test_what_is_owed(said: Promise, late: list[LateLine], parts: dict[int, int]):
    assert owed(said, late) == parts


@pytest.mark.parametrize(
    ("lines", "in_time", "late"),
    [
        ([(1, 3, 0, 100)], {}, [LateLine(1, 3, 100)]),
        ([(1, 3, 0, 100)], {1: 2}, [LateLine(1, 1, 100)]),
        ([(1, 3, 1, 100)], {1: 2}, []),
        ([(1, 3, 0, 100)], {1: 3}, []),
        ([(1, 3, 0, 1), (2, 1, 0, 2)], {}, [LateLine(2, 1, 2)]),
    ],
)
def test_what_was_late(lines: list[tuple[int, int, int, int]], in_time: dict[int, int], late: list[LateLine]):
    assert late_lines(lines, in_time) == late


@given(
    st.lists(st.tuples(st.integers(2, 40_000), st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(1, 5000),
    st.integers(0, 9000),
    st.integers(0, 9000),
    st.randoms(use_true_random=False),
)
def test_whatever_was_late_the_sum_is_exact_and_every_piece_keeps_half_of_its_price(lines, share_bp, one, other, dice):
    said = promise(share_bp, min(one, other), max(one, other))
    late = [LateLine(n, pieces, price) for n, (price, pieces) in enumerate(lines, 1)]
    parts, base = owed(said, late), worth(late)
    asked = max(base * share_bp // 10_000, said.lowest_amount)
    assert sum(parts.values()) == min(
        asked, said.highest_amount, sum(line.pieces * (line.unit_price // 2) for line in late)
    )
    assert sum(parts.values()) * 2 <= base
    order = Ordered(1, 1, 2, 2, 20, 0, None)
    left = [
        OrderedLine(
            line.n,
            line.n,
            line.pieces,
            line.unit_price,
            0,
            0,
            0,
            parts.get(line.n, 0),
            line.pieces if line.n in parts else 0,
        )
        for line in late
    ]
    back = 0
    while any(line.refunded < line.quantity for line in left):
        place = dice.choice([n for n, line in enumerate(left) if line.refunded < line.quantity])
        line = left[place]
        quantity = dice.randint(1, line.quantity - line.refunded)
        amount = aftersale_rules.refund_amount(order, left, line.n, quantity)
        assert amount * 2 >= line.unit_price * quantity - quantity
        assert amount > 0
        back += amount
        left[place] = OrderedLine(
            line.n,
            line.sku_id,
            line.quantity,
            line.unit_price,
            0,
            line.refunded + quantity,
            0,
            line.late_amount,
            line.late_of,
        )
    assert back + sum(parts.values()) == base
