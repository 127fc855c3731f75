"""When a rule gives next, and what may be asked of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from renqing.foundation.errors import FieldNotValid
from renqing.social.yearly.model import PROPOSED_DAYS_BEFORE, RULES_MAX, NewRule, NextTime, Rule, RuleOver, RulesFull

MINUTES_A_DAY = 1440
TOTAL_MINOR_MAX = 10**12


def check_rule(new: NewRule) -> None:
    """One thing to give, a sum, a minute of the day. Raises FieldNotValid."""
    if (new.sku_id is None) == (new.list_id is None):
        raise FieldNotValid(field="sku_id", reason="one_of", other="list_id")
    if not 0 < new.total_max <= TOTAL_MINOR_MAX:
        raise FieldNotValid(field="total_max", reason="nothing")
    if not 0 <= new.comes_at < MINUTES_A_DAY:
        raise FieldNotValid(field="comes_at", reason="out_of_range", min=0, max=MINUTES_A_DAY - 1)


def check_room(rules: int) -> None:
    """Raises RulesFull where somebody has as many as they may."""
    if rules >= RULES_MAX:
        raise RulesFull(max=RULES_MAX)


def check_goes_on(rule: Rule) -> None:
    """Raises RuleOver."""
    if rule.state == "ended":
        raise RuleOver


def next_times(
    dates: Sequence[tuple[int, date]], minute: int, time_zone: str, now: datetime, done: Collection[int]
) -> list[NextTime]:
    """Of a day's next dates (year of its own, date) those that are still ahead, in years in which nothing was done."""
    at = time(minute // 60, minute % 60)
    found = []
    for year, on in dates:
        comes_at = datetime.combine(on, at, ZoneInfo(time_zone)).astimezone(UTC)
        if comes_at > now and year not in done:
            found.append(NextTime(year, on, time_zone, comes_at, comes_at - timedelta(days=PROPOSED_DAYS_BEFORE)))
    return found
