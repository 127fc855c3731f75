"""Holds: what people report of each other, and what somebody may not do for a while.

Promises:
1. A hold names its rule, stops one verb, and ends by itself at its time, or earlier by an operator; none is for ever.
2. Who is held is told what they cannot do, why, and for how long at most; nobody else is told.
3. A report is seen by operators alone. Whom it is about never learns of it, nor who made it.
4. Somebody has one open report of another; saying it again changes its words.
"""

from renqing.social.holds.actions import check_free, decide, forget, hold, lift, report
from renqing.social.holds.model import (
    HOLD_DAYS_MAX,
    OPERATOR,
    REASONS,
    WORDS_CHARACTERS_MAX,
    HoldUnknown,
    NewHold,
    NewReport,
    OnHold,
    PersonHeld,
    PersonReported,
    Reason,
    ReportUnknown,
    Verb,
    Verdict,
)
from renqing.social.holds.store import held_among, reporters_since

__all__ = [
    "HOLD_DAYS_MAX",
    "OPERATOR",
    "REASONS",
    "WORDS_CHARACTERS_MAX",
    "HoldUnknown",
    "NewHold",
    "NewReport",
    "OnHold",
    "PersonHeld",
    "PersonReported",
    "Reason",
    "ReportUnknown",
    "Verb",
    "Verdict",
    "check_free",
    "decide",
    "forget",
    "held_among",
    "hold",
    "lift",
    "report",
    "reporters_since",
]
