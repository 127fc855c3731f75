"""What a hold and a report are, and their facts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

WORDS_CHARACTERS_MAX = 500
HOLD_DAYS_MAX = 90
OPERATOR = "operator"  # the rule of a hold that a person decided

Verb = Literal["give", "pay", "receive"]
Reason = Literal["unwanted", "harassment", "fraud", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Verdict = Literal["held", "dismissed"]


class OnHold(NotNow):
    """Somebody may not do this for a while. Facts: ``reason`` (the rule), ``verb``, ``hours`` it takes at most."""

    code = "on_hold"


class HoldUnknown(NotFound):
    """There is no such living hold, or the asker is no operator."""

    code = "hold_unknown"


class ReportUnknown(NotFound):
    """There is no such open report, or the asker is no operator."""

    code = "report_unknown"


class NewHold(msgspec.Struct, frozen=True):
    """A hold to put on somebody; ``made_by`` 0: the rule itself."""

    person_id: int
    verb: Verb
    rule: str
    ends_at: datetime
    made_by: int = 0


class Guise(msgspec.Struct, frozen=True):
    """An account that had something that is one a person sent to a phone: of which gift, or shop's activity."""

    subject_id: int
    person_id: int
    phone: str


class NewReport(msgspec.Struct, frozen=True):
    """What somebody reports of another, and the gift that it is about where it is about one."""

    reporter_id: int
    about_id: int
    reason: Reason
    words: str = ""
    gift_id: int | None = None


class PersonReported(Fact, frozen=True, kw_only=True):
    """Somebody was reported. Not for them."""

    kind: ClassVar[str] = "PersonReported"
    report_id: int
    about_id: int


class LinkLeaked(Fact, frozen=True, kw_only=True):
    """A gift's link was opened by so many different people. For its giver, once a link."""

    kind: ClassVar[str] = "LinkLeaked"
    gift_id: int
    giver_id: int
    openers: int


class PersonHeld(Fact, frozen=True, kw_only=True):
    """A rule or an operator put a hold on somebody."""

    kind: ClassVar[str] = "PersonHeld"
    person_id: int
    verb: Verb
    rule: str
