"""What a gift's word may be, how it is compared, and how often it may be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.social.safe_words import rules

WRONG = fault("word", "length", min=1, max=40)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("豆腐", "豆腐"),
        (" 豆 腐\n", "豆腐"),
        ("ＴｏＦｕ", "tofu"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("长" * 40, "长" * 40),
        ("长" * 41, WRONG),
        ("", WRONG),
        (" \t ", WRONG),
        ("a" + " " * 639 + "b", "a"),  # nobody types so much: what is behind is not looked at
        ("a" + " " * 638 + "b", "ab"),
    ],
)
def test_a_word_is_the_same_in_capitals_widths_and_spaces(typed: str, answer: Any):
    assert verdict(rules.check_word, typed) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("", ""),
        (" 猫  叫什么？ ", "猫 叫什么？"),
        ("长" * 60, "长" * 60),
        ("长" * 61, fault("question", "length", min=0, max=60)),
        ("a\u202eb", fault("question", "characters")),
    ],
)
def test_a_question_is_one_line_or_none(question: str, answer: Any):
    assert verdict(rules.check_question, question) == answer


@pytest.mark.parametrize(
    ("mine", "together", "left"),
    [(0, 0, 5), (4, 4, 1), (5, 5, 0), (6, 6, 0), (0, 25, 5), (0, 26, 4), (2, 29, 1), (0, 30, 0), (0, 31, 0)],
)
def test_five_tries_are_one_persons_and_thirty_are_everybodys(mine: int, together: int, left: int):
    assert rules.tries_left(mine, together) == left
