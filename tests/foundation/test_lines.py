from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line, text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  安  ", "安"),
        ("a \t\n b\u3000c", "a b c"),
        (unicodedata.normalize("NFD", "é"), "é"),
        ("好" * 5, "好" * 5),
        ("👩\u200d👧", "👩\u200d👧"),  # what joins a family shows nothing by itself
        (" " * 19 + "ab", "ab"),  # four times as much is looked at, and one more
        (" " * 21 + "a", ""),
    ],
)
def test_a_line_is_kept_trimmed_and_composed(written: str, kept: str):
    assert line(written, field="name", least=0, most=5) == kept


def test_a_line_may_be_as_short_as_asked_for_and_one_character_where_nothing_is_asked():
    assert line("安", field="name", most=5) == "安"
    assert line("安安", field="name", least=2, most=5) == "安安"


@pytest.mark.parametrize(
    ("written", "facts"),
    [
        ("", {"reason": "length", "min": 1, "max": 5}),
        (" \n ", {"reason": "length", "min": 1, "max": 5}),
        ("好" * 6, {"reason": "length", "min": 1, "max": 5}),
        *((f"a{hidden}b", {"reason": "characters"}) for hidden in "\x00\x7f\ud800\ue000\u202e\u200f\u200b\u00ad"),
    ],
)
def test_what_is_too_long_or_hides_something_is_refused_by_name(written: str, facts: dict[str, Any]):
    with pytest.raises(FieldNotValid) as refused:
        line(written, field="name", most=5)
    assert refused.value.facts == {"field": "name", **facts}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  生日快\n\n安  ", "生日快\n\n安"),
        (unicodedata.normalize("NFD", "é"), "é"),
        ("👩\u200d👧" * 6, "👩\u200d👧" * 6),  # a family is one sign to who reads it
        ("", ""),
    ],
)
def test_what_somebody_wrote_keeps_its_lines_and_is_counted_as_it_is_read(said: str, kept: str):
    assert text(said, field="note", most=6) == kept


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("好" * 7, {"reason": "too_long", "max": 6}),
        *((f"a{hidden}b", {"reason": "characters"}) for hidden in "\x00\t\x7f\ud800\ue000"),
    ],
)
def test_what_somebody_wrote_is_refused_by_name_where_it_is_too_long_or_no_text(said: str, facts: dict[str, Any]):
    with pytest.raises(FieldNotValid) as refused:
        text(said, field="note", most=6)
    assert refused.value.facts == {"field": "note", **facts}
