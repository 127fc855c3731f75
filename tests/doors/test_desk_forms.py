"""What the desks' forms say, and the chart's one sentence: pure, as tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from renqing.books.people import Role
from renqing.doors.web.desk_chart import HEIGHT, chart_of, headline, round_top
from renqing.doors.web.desk_forms import AmountTextNotValid, amount_in, amount_out, rate_of
from renqing.doors.web.rendering import sayer
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.trade.shipping import Rate
from renqing.views.shop_desk import DAYS, Day, ShopMorning
from renqing.views.shop_staff import ShopHead

SHOP = ShopHead(1, "山茶铺", "Camellia", "", gifts_allowed=True, role=Role.OWNER)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("129", "CNY", 12900),
        ("129.5", "CNY", 12950),
        (" 129.05 ", "CNY", 12905),
        ("1,299.00", "CNY", 129900),
        ("0", "CNY", 0),
        ("0.01", "CNY", 1),
        ("500", "JPY", 500),
        ("90071992547409.91", "CNY", None),  # more than thirteen digits before the point
        ("9007199254740.99", "CNY", 900719925474099),
    ],
)
def test_an_amount_is_read_as_it_is_typed(text: str, currency: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(AmountTextNotValid):
            amount_in(text, currency)
    else:
        assert amount_in(text, currency) == minor
        assert amount_in(amount_out(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "CNY"),
        ("-1", "CNY"),
        ("+1", "CNY"),
        ("1e3", "CNY"),
        ("1.234", "CNY"),
        ("1.", "CNY"),
        (".5", "CNY"),
        ("5.5", "JPY"),
        ("１２", "CNY"),
        ("nan", "CNY"),
        ("99999999999999", "CNY"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountTextNotValid):
        amount_in(text, currency)


def test_the_largest_amount_is_the_houses() -> None:
    with pytest.raises(AmountTextNotValid):
        amount_in("9999999999999.99999", "CNY")
    assert amount_in("9999999999999", "CNY") < AMOUNT_MINOR_MAX


@pytest.mark.parametrize(
    ("form", "rate"),
    [
        ({"region_code": "0"}, Rate(0)),
        ({"region_code": "330000", "fee": "6"}, Rate(330000, fee=600)),
        ({"region_code": "330000", "finer": "3301", "fee": "6", "free_from": "99"}, Rate(330100, 600, 9900)),
        ({"region_code": "0", "finer": "33"}, Rate(330000)),
        ({"region_code": "0", "finer": "330106109", "refuses": "1", "fee": "x"}, Rate(330106109, delivers=False)),
    ],
)
def test_a_rate_is_read_from_its_form(form: dict[str, str], rate: Rate) -> None:
    assert rate_of(form, "CNY") == rate


@pytest.mark.parametrize("code", ["", "x", "-1", "１", "1234567890"])
def test_a_region_that_is_none_is_refused(code: str) -> None:
    with pytest.raises(FieldNotValid):
        rate_of({"region_code": code}, "CNY")


def _morning(amounts: list[int]) -> ShopMorning:
    first = date(2026, 11, 10)
    days = [Day(first + timedelta(days=place), 1 if amount else 0, 0, amount) for place, amount in enumerate(amounts)]
    return ShopMorning(SHOP, 0, 0, 0, 0, 48, 5, "CNY", days, [])


@pytest.mark.parametrize("most", [0, 1, 999, 1000, 1001, 99_999, 123_456, 2**53 - 1])
def test_the_top_of_the_chart_is_round_and_just_above_the_highest_day(most: int) -> None:
    top = round_top(most)
    assert top >= most and top % 2 == 0
    assert most <= 1000 or top < most * 1.7
    chart = chart_of(_morning([0] * (DAYS - 2) + [most, 0]))
    assert all(0 <= bar.y <= HEIGHT and bar.y + bar.height == HEIGHT for bar in chart.bars)
    assert [bar.height > 0 for bar in chart.bars] == [False] * (DAYS - 2) + [most > 0, False]
    assert [bar.yesterday for bar in chart.bars].index(True) == DAYS - 2


@pytest.mark.parametrize(
    ("before", "yesterday", "said"),
    [
        (10_000, 15_000, "Yesterday brought ¥150 in 1 order: 50% more than the ¥100 of an average day before"),
        (10_000, 9_950, "Yesterday brought ¥99.50 in 1 order: 1% less than the ¥100 of an average day before"),
        (10_000, 10_001, "Yesterday brought ¥100.01 in 1 order: as much as an average day before"),
        (10_000, 0, "Nothing was paid yesterday; an average day before brought ¥100"),
        (0, 5_000, "Yesterday brought ¥50 in 1 order"),
        (0, 0, "Nothing was paid in the two weeks up to yesterday"),
    ],
)
def test_yesterday_is_measured_by_the_days_before(before: int, yesterday: int, said: str) -> None:
    morning = _morning([before] * (DAYS - 2) + [yesterday, 123_456])
    assert headline(morning, sayer("en")) == said
