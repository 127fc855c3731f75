"""How a card's number and PIN are typed and written, and how long a wrong one locks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.foundation.ground import Ground
from renqing.social.cards import rules, store
from renqing.social.cards.model import Card, CardLocked, CardTriesSpent

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("123456789012", "123456789012"),
        (" 1234 5678\t9012 ", "123456789012"),
        ("1234-5678-9012", "123456789012"),
        ("1 2 3 4 5 6 7 8 9 0 1 2" + " " * 25 + "3", "123456789012"),  # what is cut off was far behind
        ("12345678901", fault("number", "digits", count=12)),
        ("1234567890123", fault("number", "digits", count=12)),
        ("12345678901x", fault("number", "digits", count=12)),
        ("１２３４５６７８９０１２", fault("number", "digits", count=12)),
        ("", fault("number", "digits", count=12)),
    ],
)
def test_a_number_is_read_whatever_stands_between_its_digits(typed: str, answer: Any):
    assert verdict(rules.check_number, typed) == answer


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("001234", "001234"),
        ("001-234", "001234"),
        ("12345", fault("pin", "digits", count=6)),
        ("12345⁶", fault("pin", "digits", count=6)),
    ],
)
def test_a_pin_has_six_digits(typed: str, answer: Any):
    assert verdict(rules.check_pin, typed) == answer


def test_what_is_typed_is_read_as_far_as_four_times_its_length():
    assert rules.check_pin("1" * 6 + " " * 18 + "7") == "111111"
    assert verdict(rules.check_pin, "1" * 6 + " " * 17 + "7") == fault("pin", "digits", count=6)


def test_a_number_stands_in_print_in_groups_of_four():
    assert rules.spaced_number("123456789012") == "1234 5678 9012"


def test_a_pin_is_made_of_the_first_eight_bytes_and_keeps_its_zeros():
    assert rules.pin_from(bytes(7) + b"\x2a" + b"\xff" * 24) == "000042"
    assert rules.pin_from(bytes(5) + b"\x0f\x42\x41" + bytes(24)) == "000001"  # a million and one
    assert rules.pin_from(b"\x01" + bytes(31)) == f"{2**56 % 10**6:06d}"


@pytest.mark.parametrize(
    ("wrong", "since", "answer"),
    [
        (0, None, None),
        (10, None, None),
        (9, NOW, None),
        (10, NOW, (CardTriesSpent, {"minutes": 60, "retry_after_seconds": 3600})),
        (11, NOW - HOUR + SECOND, (CardTriesSpent, {"minutes": 1, "retry_after_seconds": 1})),
        (10, NOW - HOUR + 61 * SECOND, (CardTriesSpent, {"minutes": 2, "retry_after_seconds": 61})),
        (10, NOW - HOUR + SECOND / 2, (CardTriesSpent, {"minutes": 1, "retry_after_seconds": 1})),
        (10, NOW - HOUR, None),
    ],
)
def test_who_typed_too_many_wrong_cards_waits_for_what_is_left_of_the_hour(
    wrong: int, since: datetime | None, answer: Any
):
    assert verdict(rules.judge_person, wrong, since, NOW) == answer


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        (None, None),
        (NOW, None),
        (NOW - SECOND, None),
        (NOW + SECOND, (CardLocked, {"minutes": 1, "retry_after_seconds": 1})),
        (NOW + 1.5 * SECOND, (CardLocked, {"minutes": 1, "retry_after_seconds": 2})),
        (NOW + 60 * SECOND, (CardLocked, {"minutes": 1, "retry_after_seconds": 60})),
        (NOW + 61 * SECOND, (CardLocked, {"minutes": 2, "retry_after_seconds": 61})),
    ],
)
def test_a_locked_card_says_how_long(until: datetime | None, answer: Any):
    assert verdict(rules.judge_lock, Card("123456789012", 1, b"", 5, until, None), NOW) == answer


# rows ----------------------------------------------------------------------------------------------------------------
class OneDigit:
    """Chance that comes up the same again and again, then moves on."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)

    def code(self) -> str:
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]


async def test_a_number_that_was_drawn_twice_is_drawn_again_and_is_nobody_elses(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    codes = OneDigit(*("111111",) * 4, "222222")  # two numbers alike, then another
    monkeypatch.setattr(ground.ids, "code", codes.code)
    numbers = await ground.db.run(lambda tx: store.new_numbers(tx, 2))
    assert numbers == ["111111111111", "222222222222"]


async def test_numbers_that_never_come_are_not_waited_for(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ground.ids, "code", OneDigit("111111").code)
    with pytest.raises(AssertionError, match="do not run out"):
        await ground.db.run(lambda tx: store.new_numbers(tx, 2))
