"""The merchant's chart of days: where its bars stand, and the sentence that explains yesterday."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from renqing.doors.web.rendering import money_text
from renqing.views.shop_desk import Day, ShopMorning

_ROUND = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100, 120, 160, 200, 240, 300, 400, 500, 600, 800, 1000)
STEP, BAR, HEIGHT = 40, 24, 148  # of the field's own units; the page stretches it


class Bar(msgspec.Struct, frozen=True):
    """One day's bar."""

    day: Day
    x: int
    y: int
    width: int
    height: int
    yesterday: bool
    today: bool


class Line(msgspec.Struct, frozen=True):
    """A line across the field and what it stands for, minor units."""

    y: int
    amount: int


class Chart(msgspec.Struct, frozen=True):
    """The field, its lines from the top, and its bars."""

    width: int
    height: int
    lines: list[Line]
    bars: list[Bar]


def chart_of(morning: ShopMorning) -> Chart:
    """The days as bars under a round top."""
    top = round_top(max(day.amount for day in morning.days))
    last = len(morning.days) - 1
    bars = []
    for place, day in enumerate(morning.days):
        height = max(HEIGHT * day.amount // top, 2) if day.amount else 0
        bars.append(
            Bar(
                day=day,
                x=place * STEP + (STEP - BAR) // 2,
                y=HEIGHT - height,
                width=BAR,
                height=height,
                yesterday=place == last - 1,
                today=place == last,
            )
        )
    lines = [Line(0, top), Line(HEIGHT // 2, top // 2), Line(HEIGHT, 0)]
    return Chart(len(bars) * STEP, HEIGHT, lines, bars)


def round_top(most: int) -> int:
    """The next round amount that half of is round too: 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten."""
    step = 1_000
    while step * 100 < most:
        step *= 10
    return next(step * n // 10 for n in _ROUND if step * n >= most * 10 or n == _ROUND[-1])


def headline(morning: ShopMorning, t: Callable[..., str]) -> str:
    """What yesterday was, measured by the days before it."""
    day, usual = morning.yesterday, morning.usual
    facts = {
        "sum": money_text(day.amount, morning.currency),
        "orders": t("desk.chart.orders", n=day.orders),
        "usual": money_text(usual, morning.currency),
    }
    if not day.orders:
        return t("desk.chart.quiet", usual=facts["usual"]) if usual else t("desk.chart.empty")
    if not usual:
        return t("desk.chart.first", **facts)
    percent = (abs(day.amount - usual) * 200 + usual) // (2 * usual)
    if not percent:
        return t("desk.chart.same", **facts)
    return t("desk.chart.more" if day.amount > usual else "desk.chart.less", percent=percent, **facts)
