"""How numbers and PINs are written, and what a wrong one means. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from renqing.foundation.errors import FieldNotValid
from renqing.social.cards.model import (
    COUNTED_FOR,
    NUMBER_DIGITS,
    PIN_DIGITS,
    WRONG_OF_PERSON_MAX,
    Card,
    CardLocked,
    CardTriesSpent,
)


def check_number(typed: str) -> str:
    """A card's number, whatever stands between its digits. Raises FieldNotValid."""
    return _digits(typed, "number", NUMBER_DIGITS)


def check_pin(typed: str) -> str:
    """A card's PIN. Raises FieldNotValid."""
    return _digits(typed, "pin", PIN_DIGITS)


def _digits(typed: str, field: str, count: int) -> str:
    bare = "".join(typed[: count * 4].split()).replace("-", "")
    if not bare.isascii() or not bare.isdigit() or len(bare) != count:
        raise FieldNotValid(field=field, reason="digits", count=count)
    return bare


def spaced_number(number: str) -> str:
    """A number in groups of four, as it stands in print."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def pin_from(keyed: bytes) -> str:
    """The digits of a PIN out of a keyed hash: nobody without the keys foretells them."""
    return f"{int.from_bytes(keyed[:8]) % 10**PIN_DIGITS:0{PIN_DIGITS}d}"


def judge_person(wrong: int, since: datetime | None, now: datetime) -> None:
    """Whether somebody may try at all. Raises CardTriesSpent."""
    if since is not None and wrong >= WRONG_OF_PERSON_MAX and now < since + COUNTED_FOR:
        seconds = _seconds(since + COUNTED_FOR - now)
        raise CardTriesSpent(minutes=-(-seconds // 60), retry_after_seconds=seconds)


def judge_lock(card: Card, now: datetime) -> None:
    """Whether a card may be tried. Raises CardLocked."""
    if card.locked_until is not None and now < card.locked_until:
        seconds = _seconds(card.locked_until - now)
        raise CardLocked(minutes=-(-seconds // 60), retry_after_seconds=seconds)


def _seconds(left: timedelta) -> int:
    """What is left, in whole seconds, rounded up."""
    return max(1, -(-left // timedelta(seconds=1)))
