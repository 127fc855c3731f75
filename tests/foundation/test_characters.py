"""Characters as a reader counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation.characters import MARKS_MAX, count_characters


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("生日快乐", 4),
        ("e\u0301", 1),
        ("👍🏽", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("🇨🇳🇫🇷", 2),
        ("🇨🇳🇫", 2),
        ("❤️", 1),
        ("1️⃣", 1),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
        ("\r\n", 1),
        ("\n\n", 2),
        ("\n\u0301", 2),
        ("각", 1),
        ("\u1100\u1161\u11a8", 1),
        ("\u1100\u1100\u1161", 1),
        ("\u1161\u11a8\u11a8", 1),
        ("\u11a8\u1161", 2),
        ("a\u200db", 2),
        ("नि", 1),
    ],
)
def test_what_a_reader_sees_as_one_is_one(text: str, count: int):
    assert count_characters(text) == count


def test_a_stack_of_accents_is_no_way_around_a_limit():
    assert count_characters("a" + "\u0301" * MARKS_MAX) == 1
    assert count_characters("a" + "\u0301" * 900) >= 100


@given(st.text(), st.text())
def test_more_text_is_never_fewer_characters(one: str, other: str):
    whole = count_characters(one + other)
    assert count_characters(one) <= whole <= count_characters(one) + count_characters(other)
