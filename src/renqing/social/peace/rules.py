"""Whose gift is let in, when it is quiet, what a label may say. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from renqing.foundation.errors import FieldNotValid
from renqing.social.peace.model import GIFTS_FROM, MINUTES_A_DAY, PEOPLE_SHOWN_MIN, PeaceRule


def check_rule(rule: PeaceRule) -> PeaceRule:
    """A rule as it may be kept. Raises FieldNotValid."""
    if rule.gifts_from not in GIFTS_FROM:
        raise FieldNotValid(field="gifts_from", reason="unknown")
    if rule.gift_price_max is not None and rule.gift_price_max <= 0:
        raise FieldNotValid(field="gift_price_max", reason="range", min=1)
    if (rule.quiet_from is None) != (rule.quiet_to is None):
        raise FieldNotValid(field="quiet_to" if rule.quiet_to is None else "quiet_from", reason="both_or_none")
    for field, minute in (("quiet_from", rule.quiet_from), ("quiet_to", rule.quiet_to)):
        if minute is not None and not 0 <= minute < MINUTES_A_DAY:
            raise FieldNotValid(field=field, reason="range", min=0, max=MINUTES_A_DAY - 1)
    if rule.quiet_from is not None and rule.quiet_from == rule.quiet_to:
        raise FieldNotValid(field="quiet_to", reason="always_quiet")
    if rule.time_zone not in available_timezones():
        raise FieldNotValid(field="time_zone", reason="unknown")
    return rule


def lets_in(rule: PeaceRule, *, are_friends: bool) -> bool:
    """Whether somebody takes gifts from a person near them."""
    if rule.is_minor:
        return False
    return rule.gifts_from == "near" or (rule.gifts_from == "friends" and are_friends)


def quiet_until(rule: PeaceRule, now: datetime) -> datetime | None:
    """When somebody's quiet hours end, of those that it is now in; None while it may ring.

    By the clock on their wall: where it jumps in a quiet night, the night ends when the wall says so.
    """
    if rule.quiet_from is None or rule.quiet_to is None:
        return None
    here = now.astimezone(ZoneInfo(rule.time_zone))
    minute = here.hour * 60 + here.minute
    if (minute - rule.quiet_from) % MINUTES_A_DAY >= (rule.quiet_to - rule.quiet_from) % MINUTES_A_DAY:
        return None
    ends = here.replace(hour=rule.quiet_to // 60, minute=rule.quiet_to % 60, second=0, microsecond=0)
    if minute >= rule.quiet_to:
        ends += timedelta(days=1)  # of a wall clock: the same time tomorrow
    return ends.astimezone(now.tzinfo)


def rounded(people: int) -> int:
    """How many people a label tells of: one leading digit, rounded down, and none below ``PEOPLE_SHOWN_MIN``."""
    if people < PEOPLE_SHOWN_MIN:
        return 0
    step: int = 10 ** (len(str(people)) - 1)
    return people // step * step
