"""How a gift code is written: short, in letters that print keeps apart, and never twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.trade.codes import rules

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("2", True),
        (LETTERS[:13], True),
        (LETTERS[-13:], True),
        (LETTERS[:14], False),
        ("", False),
        *((sign, False) for sign in ("0", "1", "i", "l", "o", "A", "é", " ", "a b", "a\n")),
    ],
)
def test_what_is_no_code_is_not_looked_for(text: str, *, may_be: bool):
    assert rules.may_be_code(text) is may_be


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "3"), (30, "z"), (31, "32"), (31 * 31, "322"), (31**2 + 2 * 31 + 3, "345")]
)
def test_an_id_is_written_in_these_letters_the_greatest_place_first(number: int, letters: str):
    assert rules.letters_of(number) == letters


@given(st.integers(1, 2**63 - 1))
def test_every_id_has_a_code_of_its_own(number: int):
    letters = rules.letters_of(number)
    assert rules.may_be_code(letters)
    again = 0
    for letter in letters:
        again = again * 31 + LETTERS.index(letter)
    assert again == number
