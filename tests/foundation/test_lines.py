from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  安  ", "安"),
        ("a \t\n b\u3000c", "a b c"),
        (unicodedata.normalize("NFD", "é"), "é"),
        ("好" * 5, "好" * 5),
        ("👩\u200d👧", "👩\u200d👧"),  # what joins a family shows nothing by itself
        (" " * 19 + "ab", "ab"),  # four times as much is looked at, and one more
    ],
)
def test_a_line_is_kept_trimmed_and_composed(text: str, kept: str):
    assert line(text, field="name", least=0, most=5) == kept


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", {"reason": "length", "min": 1, "max": 5}),
        (" \n ", {"reason": "length", "min": 1, "max": 5}),
        ("好" * 6, {"reason": "length", "min": 1, "max": 5}),
        *((f"a{hidden}b", {"reason": "characters"}) for hidden in "\x00\x7f\ud800\ue000\u202e\u200f\u200b\u00ad"),
    ],
)
def test_what_is_too_long_or_hides_something_is_refused_by_name(text: str, facts: dict[str, Any]):
    with pytest.raises(FieldNotValid) as refused:
        line(text, field="name", most=5)
    assert refused.value.facts == {"field": "name", **facts}
