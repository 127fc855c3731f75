"""What lies in a gift, and the cover that is the giver's own picture."""

from __future__ import annotations

from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.social.wrappings import rules
from renqing.social.wrappings.model import Extras, Wrapping


@pytest.mark.parametrize(
    ("note", "answer"),
    [
        ("", Extras(voice_id=3)),
        (" 祝好\n", Extras(voice_id=3, note="祝好")),
        ("长" * 500, Extras(voice_id=3, note="长" * 500)),
        ("长" * 501, fault("inside_note", "too_long", max=500)),
        ("a\x00", fault("inside_note", "characters")),
    ],
)
def test_a_note_has_its_limits_and_the_rest_stays_as_it_was_asked(note: str, answer: Any):
    assert verdict(rules.check_extras, Extras(voice_id=3, note=note)) == answer


def test_a_gift_wears_the_givers_own_picture_where_there_is_one():
    assert rules.cover_of("red", Extras()) == "red"
    assert rules.cover_of("red", Extras(cover_picture_id=12)) == "own-12"
    assert rules.own_picture(rules.cover_of("red", Extras(cover_picture_id=12))) == 12


@pytest.mark.parametrize(
    ("cover", "picture"), [("red", None), ("own-", None), ("own-x", None), ("12", None), ("own-own-1", None)]
)
def test_any_other_cover_is_nobodys_picture(cover: str, picture: int | None):
    assert rules.own_picture(cover) is picture


def test_nothing_is_kept_where_nothing_lies_inside():
    assert rules.wrapping_of(1, 2, Extras()) is None
    assert rules.wrapping_of(1, 2, Extras(cover_picture_id=9)) is None, "the cover is outside"
    for said in ({"voice_id": 3}, {"video_id": 4}, {"note": "祝好"}, {"voice_id": 3, "video_id": 4, "note": "祝好"}):
        kept = rules.wrapping_of(1, 2, Extras(**said))  # type: ignore[arg-type]
        assert kept == Wrapping(gift_id=1, giver_id=2, **said)  # type: ignore[arg-type]
