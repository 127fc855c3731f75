"""What a report may say, and how long a hold still takes. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import text
from renqing.social.holds.model import REASONS, WORDS_CHARACTERS_MAX, NewReport

_HOUR = timedelta(hours=1)


def check_report(new: NewReport) -> NewReport:
    """A report as it is kept. Raises FieldNotValid."""
    if new.about_id == new.reporter_id:
        raise FieldNotValid(field="person_id", reason="oneself")
    if new.reason not in REASONS:
        raise FieldNotValid(field="reason", reason="unknown")
    return msgspec.structs.replace(new, words=text(new.words, field="words", most=WORDS_CHARACTERS_MAX))


def leaks_at(shares: int, openers_max: int) -> int:
    """How many different people open a gift's link before its giver hears of it: so many for each of its shares."""
    return shares * openers_max


def same_phone(phone: str) -> str:
    """A phone without what people write it with, so that the same one is the same; a country's code stays."""
    return "".join(one for one in phone if one.isdigit())


def hours_left(ends_at: datetime, now: datetime) -> int:
    """The hours that a hold takes at most, begun ones counted."""
    return max(1, -((now - ends_at) // _HOUR))
