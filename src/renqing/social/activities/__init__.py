"""Activities: a shop gives its own goods, without payment, to whom it chose (WeChat's is_b2c_free_present).

Promises:
1. No more pieces are taken than were set aside, and nobody takes two of one activity; a piece is taken for good.
2. States move only along the table in ``model.py``; what is over stays over, and frees the rest of its stock once.
3. Taking, pausing, stopping and the end of its time race under one row lock, decided by our clock.
4. An activity for chosen people keeps a piece for each of them: it never has more of them than pieces.
5. Its link is public, as what is printed in a note is: it opens nothing but the activity, and to whom that is for.
"""

from renqing.social.activities.actions import end, invite, make, pause, resume, take
from renqing.social.activities.model import (
    ACTIVITIES_MAX,
    AUDIENCES,
    DAYS_MAX,
    END_ACTIVITY,
    GREETING_CHARACTERS_MAX,
    GUESTS_MAX,
    NAME_CHARACTERS_MAX,
    STOCK_MAX,
    ActivitiesFull,
    Activity,
    ActivityEnded,
    ActivityFull,
    ActivityOver,
    ActivityState,
    ActivityUnknown,
    Audience,
    NewActivity,
    NotForChosen,
    Present,
    PresentGone,
    PresentNotAvailable,
    PresentNotForYou,
    PresentNotYet,
    PresentOffered,
    PresentPaused,
    PresentTaken,
    StockShort,
)
from renqing.social.activities.rules import after_take, check_new, judge_take, may_be_code, state_of
from renqing.social.activities.store import (
    by_codes,
    forget,
    get,
    guests_among,
    lock_many,
    presents_among,
)

__all__ = [
    "ACTIVITIES_MAX",
    "AUDIENCES",
    "DAYS_MAX",
    "END_ACTIVITY",
    "GREETING_CHARACTERS_MAX",
    "GUESTS_MAX",
    "NAME_CHARACTERS_MAX",
    "STOCK_MAX",
    "ActivitiesFull",
    "Activity",
    "ActivityEnded",
    "ActivityFull",
    "ActivityOver",
    "ActivityState",
    "ActivityUnknown",
    "Audience",
    "NewActivity",
    "NotForChosen",
    "Present",
    "PresentGone",
    "PresentNotAvailable",
    "PresentNotForYou",
    "PresentNotYet",
    "PresentOffered",
    "PresentPaused",
    "PresentTaken",
    "StockShort",
    "after_take",
    "by_codes",
    "check_new",
    "end",
    "forget",
    "get",
    "guests_among",
    "invite",
    "judge_take",
    "lock_many",
    "make",
    "may_be_code",
    "pause",
    "presents_among",
    "resume",
    "state_of",
    "take",
]
