"""How much somebody may put in, when a fund ends, and how a refund is split among who paid. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.money import split
from renqing.social.funds.model import GUESTS_MAX, Fund, FundOver, FundSpokenFor

ENDS_AFTER_MINUTES_MIN = 30


def check_end(ends_at: datetime, now: datetime, days_max: int) -> None:
    """A fund's deadline lies ahead, far enough to pay and near enough to hold goods for. Raises FieldNotValid."""
    if ends_at <= now:
        raise FieldNotValid(field="ends_at", reason="past")
    if ends_at < now + timedelta(minutes=ENDS_AFTER_MINUTES_MIN):
        raise FieldNotValid(field="ends_at", reason="too_soon", minutes=ENDS_AFTER_MINUTES_MIN)
    if ends_at > now + timedelta(days=days_max):
        raise FieldNotValid(field="ends_at", reason="collect_too_long", days=days_max)


def check_guests(
    guest_ids: Collection[int], group_id: int | None, starter_id: int, recipient_id: int | None
) -> list[int]:
    """Who is asked: a group's members or these people, neither the starter nor who it is for. Raises FieldNotValid."""
    if (group_id is None) == (not guest_ids):
        raise FieldNotValid(field="guest_ids", reason="one_of_two")
    if len(guest_ids) > GUESTS_MAX:
        raise FieldNotValid(field="guest_ids", reason="count", max=GUESTS_MAX)
    if starter_id in guest_ids or recipient_id in guest_ids:
        raise FieldNotValid(field="guest_ids", reason="recipient")
    return sorted(set(guest_ids))


def is_open(fund: Fund, now: datetime) -> bool:
    """Whether anything can be put in at this moment."""
    return fund.state == "open" and now < fund.ends_at


def takes_part(fund: Fund, person_id: int, *, is_asked: bool, is_blocked: bool) -> bool:
    """The starter and who is asked take part; who it is for never does, nor who a block stands between."""
    if person_id == fund.recipient_id:
        return False
    return person_id == fund.starter_id or (is_asked and not is_blocked)


def share_to_take(fund: Fund, amount: int, now: datetime, *, capped: bool) -> int:
    """What is set aside for somebody who puts in ``amount``; ``capped``: or what is missing, where that is less.

    Raises FundOver, FundSpokenFor, FieldNotValid for nothing, less than nothing, and more than is missing.
    """
    if not is_open(fund, now):
        raise FundOver(reason=fund.state if fund.state != "open" else "short")
    if amount <= 0:
        raise FieldNotValid(field="amount", reason="nothing")
    if fund.missing == 0:
        raise FundSpokenFor
    if amount > fund.missing and not capped:
        raise FieldNotValid(field="amount", reason="over_rest", rest=fund.missing)
    return min(amount, fund.missing)


def split_back(amount: int, left: Sequence[int]) -> list[int]:
    """A refund of ``amount`` in the parts that people paid and have not got back: exact, and nobody gets more."""
    assert amount <= sum(left), "no more goes back than was paid"
    return split(amount, list(left))
