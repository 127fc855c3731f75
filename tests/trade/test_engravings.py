"""What a product takes to be engraved, and what was chosen of it."""

from __future__ import annotations

from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.trade.engravings import rules
from renqing.trade.engravings.model import CHARACTERS_MAX, Engraving, Terms

ANY, HAN, LATIN = (Terms(10, script, takes_pictures=True) for script in ("any", "han", "latin"))
NO_WORDS, NO_PICTURES = Terms(0, takes_pictures=True), Terms(10)


@pytest.mark.parametrize(
    ("terms", "answer"),
    [
        (Terms(), Terms()),
        (Terms(CHARACTERS_MAX, "han"), Terms(CHARACTERS_MAX, "han")),
        (Terms(CHARACTERS_MAX + 1), fault("characters_max", "out_of_range", min=0, max=CHARACTERS_MAX)),
        (Terms(-1), fault("characters_max", "out_of_range", min=0, max=CHARACTERS_MAX)),
        (Terms(1, "runes"), fault("script", "unknown")),  # type: ignore[arg-type]
    ],
)
def test_a_product_takes_so_many_characters_of_a_script_that_there_is(terms: Terms, answer: Any):
    assert verdict(rules.check_terms, terms) == answer


@pytest.mark.parametrize(
    ("words", "terms", "answer"),
    [
        ("  一生 一世 ", ANY, "一生 一世"),
        ("一生一世", HAN, "一生一世"),
        ("Für Zoé", LATIN, "Für Zoé"),
        ("20·11", HAN, "20·11"),
        ("e\u0301", LATIN, "é"),
        ("长" * 10, HAN, "长" * 10),
        ("长" * 11, HAN, fault("custom_word", "too_long", max=10)),
        ("👨‍👩‍👧" * 10, ANY, "👨‍👩‍👧" * 10),
        ("", ANY, fault("custom_word", "missing")),
        (" \t ", ANY, fault("custom_word", "missing")),
        ("a\x00", ANY, fault("custom_word", "characters")),
        ("for you", HAN, fault("custom_word", "script_han")),
        ("给 you", LATIN, fault("custom_word", "script_latin")),
        ("🎁", HAN, fault("custom_word", "script_han")),
        ("给\u0378", HAN, fault("custom_word", "script_han")),  # no character yet: it has no name to look at
        ("a\u0378", LATIN, fault("custom_word", "script_latin")),
        ("words", NO_WORDS, fault("custom_word", "not_taken")),
    ],
)
def test_words_are_engraved_as_they_are_read_in_the_script_that_the_product_takes(
    words: str, terms: Terms, answer: Any
):
    assert verdict(rules.check_words, words, terms) == answer


def test_a_line_that_nobody_would_engrave_is_not_counted_to_its_end():
    most = CHARACTERS_MAX * 16
    assert verdict(rules.check_words, "a" * (most + 1), ANY) == fault("custom_word", "length", min=0, max=most)


@pytest.mark.parametrize(
    ("asked", "terms", "answer"),
    [
        (Engraving("words", " 一生 ", 7), ANY, Engraving("words", "一生")),
        (Engraving("words", "words"), NO_WORDS, fault("custom_word", "not_taken")),
        (Engraving("picture", "words", 7), ANY, Engraving("picture", picture_id=7)),
        (Engraving("picture", picture_id=7), NO_PICTURES, fault("custom_img", "not_taken")),
        (Engraving("picture"), ANY, fault("custom_img", "missing")),
        (Engraving("left", "words", 7), ANY, Engraving("left")),
        (Engraving("left"), NO_WORDS, fault("custom_word", "not_taken")),
    ],
)
def test_what_is_chosen_is_kept_without_what_does_not_belong_to_it(asked: Engraving, terms: Terms, answer: Any):
    assert verdict(rules.check_asked, asked, terms) == answer
