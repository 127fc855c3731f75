"""What may be said for a gift. Pure."""

from __future__ import annotations

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import text
from renqing.social.thanks.model import THANKS_CHARACTERS_MAX


def check_said(words: str, *file_ids: int | None) -> str:
    """The words as they are kept. Raises FieldNotValid where they are too long, or nothing is said at all."""
    kept = text(words, field="words", most=THANKS_CHARACTERS_MAX)
    if not kept and all(file_id is None for file_id in file_ids):
        raise FieldNotValid(field="words", reason="missing")
    return kept
