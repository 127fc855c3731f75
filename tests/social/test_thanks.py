"""What may be said for a gift."""

from __future__ import annotations

from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.social.thanks import Thanks, rules

MISSING = fault("words", "missing")


@pytest.mark.parametrize(
    ("words", "files", "answer"),
    [
        ("谢谢", (), "谢谢"),
        (" 谢谢\n你 ", (None, None), "谢谢\n你"),
        ("", (7, None), ""),
        ("  ", (None, 7), ""),
        ("", (None, None), MISSING),
        ("", (), MISSING),
        (" \n ", (None,), MISSING),
        ("长" * 300, (), "长" * 300),
        ("长" * 301, (7,), fault("words", "too_long", max=300)),
        ("a\x07", (), fault("words", "characters")),
    ],
)
def test_thanks_are_words_or_a_file_or_both(words: str, files: tuple[int | None, ...], answer: Any):
    assert verdict(rules.check_said, words, *files) == answer


@pytest.mark.parametrize(
    ("said", "nothing"), [({}, True), ({"words": "谢"}, False), ({"picture_id": 1}, False), ({"voice_id": 1}, False)]
)
def test_thanks_that_are_all_held_say_nothing(said: dict[str, Any], *, nothing: bool):
    assert Thanks(gift_id=1, person_id=2, giver_id=3, **said).says_nothing is nothing
