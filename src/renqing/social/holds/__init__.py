"""Holds: what people report of each other, and what somebody may not do for a while.

Promises:
1. A hold names its rule, stops one verb, and ends by itself at its time, or earlier by an operator; none is for ever.
2. Who is held is told what they cannot do, why, and for how long at most; nobody else is told.
3. A report is seen by operators alone. Whom it is about never learns of it, nor who made it.
4. Somebody has one open report of another; saying it again changes its words.
5. Where accounts had things sent is kept as a keyed hash of the one gift and the phone, so that nothing is read from it
   and no two gifts are tied together by it.
6. The giver of a gift whose link goes around among more people than it is for hears of it once, and decides.
"""

from renqing.social.holds.actions import check_free, decide, forget, hold, lift, note_guises, note_opener, report
from renqing.social.holds.model import (
    HOLD_DAYS_MAX,
    OPERATOR,
    REASONS,
    WORDS_CHARACTERS_MAX,
    Guise,
    HoldUnknown,
    LinkLeaked,
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
from renqing.social.holds.store import accounts_beside, held_among, reporters_since

__all__ = [
    "HOLD_DAYS_MAX",
    "OPERATOR",
    "REASONS",
    "WORDS_CHARACTERS_MAX",
    "Guise",
    "HoldUnknown",
    "LinkLeaked",
    "NewHold",
    "NewReport",
    "OnHold",
    "PersonHeld",
    "PersonReported",
    "Reason",
    "ReportUnknown",
    "Verb",
    "Verdict",
    "accounts_beside",
    "check_free",
    "decide",
    "forget",
    "held_among",
    "hold",
    "lift",
    "note_guises",
    "note_opener",
    "report",
    "reporters_since",
]
