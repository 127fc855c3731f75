"""When a shop may be hurried. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

A_DAY = timedelta(days=1)
_WAITS_TO_BE_SENT = frozenset({20, 21})  # WeChat Shop's order states


def hurry_from(ship_by: datetime, last_at: datetime | None) -> datetime:
    """From when on the shop may be hurried (again)."""
    return ship_by if last_at is None else max(ship_by, last_at + A_DAY)


def why_not(*, state: int, ship_by: datetime | None, last_at: datetime | None, now: datetime) -> str:
    """Why the shop is not hurried now: state, early or today; empty where it may be."""
    if state not in _WAITS_TO_BE_SENT or ship_by is None:
        return "state"
    if now < ship_by:
        return "early"
    return "today" if now < hurry_from(ship_by, last_at) else ""
