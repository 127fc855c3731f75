"""What a promise may say, and what is owed under it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.money import PPM, share_minor, split
from renqing.trade.lateness.model import HOURS_MAX, SHARE_BP_MAX, SUM_MAX, LateLine, NewPromise, Promise

_PPM_A_BP = PPM // 10_000


def check_promise(new: NewPromise, ship_within_hours: int) -> None:
    """Raises FieldNotValid: a share from nothing to half, a lowest sum up to the highest, hours up to 30 days."""
    if not 0 <= new.share_bp <= SHARE_BP_MAX:
        raise FieldNotValid(field="share_bp", reason="range", min=0, max=SHARE_BP_MAX)
    if not 0 <= new.highest_amount <= SUM_MAX or (new.share_bp and not new.highest_amount):
        raise FieldNotValid(field="highest_amount", reason="range", min=1, max=SUM_MAX)
    if not 0 <= new.lowest_amount <= new.highest_amount:
        raise FieldNotValid(field="lowest_amount", reason="above_highest")
    if not 0 <= new.grace_hours <= HOURS_MAX - ship_within_hours:
        raise FieldNotValid(field="grace_hours", reason="range", min=0, max=max(0, HOURS_MAX - ship_within_hours))


def is_on(promise: Promise | None) -> bool:
    """Whether a shop pays anything at all."""
    return promise is not None and promise.share_bp > 0


def late_lines(lines: Sequence[tuple[int, int, int, int]], in_time: Mapping[int, int]) -> list[LateLine]:
    """Of lines (n, quantity, refunded, unit price) the pieces that had not left ``in_time`` and are still to be had.

    Pieces that were refunded meanwhile count as those that had not left.
    """
    found = [
        LateLine(n, quantity - refunded - in_time.get(n, 0), unit_price) for n, quantity, refunded, unit_price in lines
    ]
    return [line for line in found if line.pieces > 0 and line.unit_price > 1]


def worth(late: Sequence[LateLine]) -> int:
    """What the late pieces cost."""
    return sum(line.pieces * line.unit_price for line in late)


def owed(promise: Promise, late: Sequence[LateLine]) -> dict[int, int]:
    """What is paid for each line: together the share, within the sums, and at most half of each piece's price."""
    most = [line.pieces * (line.unit_price // 2) for line in late]
    wanted = max(share_minor(worth(late), promise.share_bp * _PPM_A_BP), promise.lowest_amount)
    amount = min(wanted, promise.highest_amount, sum(most))
    if amount <= 0:
        return {}
    parts = split(amount, most)
    return {line.n: part for line, part in zip(late, parts, strict=True) if part}
