"""From when on, and how often, a late shop may be hurried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from renqing.trade.hurries import rules

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("last_at", "from_when"),
    [
        (None, NOW),
        (NOW - 2 * DAY, NOW),
        (NOW - DAY, NOW),
        (NOW - SECOND, NOW + DAY - SECOND),
        (NOW + SECOND, NOW + DAY + SECOND),
    ],
)
def test_a_shop_is_hurried_when_it_is_late_and_again_after_a_day(last_at: datetime | None, from_when: datetime):
    assert rules.hurry_from(NOW, last_at) == from_when


@pytest.mark.parametrize(
    ("state", "ship_by", "last_at", "why"),
    [
        (20, NOW, None, ""),
        (21, NOW, None, ""),
        (20, NOW - DAY, NOW - DAY, ""),
        (20, NOW - DAY, NOW - DAY + SECOND, "today"),
        (20, NOW + SECOND, None, "early"),
        (20, None, None, "state"),
        *((state, NOW, None, "state") for state in (10, 18, 19, 22, 30, 100, 200, 250)),
    ],
)
def test_why_a_shop_is_not_hurried_now(state: int, ship_by: datetime | None, last_at: datetime | None, why: str):
    assert rules.why_not(state=state, ship_by=ship_by, last_at=last_at, now=NOW) == why
