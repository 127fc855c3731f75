"""Draws: a gift's shares are won among who entered, and anybody can check how.

Promises:
1. The seed exists before the first entry, is sealed with the house's keys until the draw, and is the one whose hash was
   shown from the start: the schema refuses another.
2. One entry a person; entries are numbered without a gap and chained, and what was entered is never changed.
3. Who wins follows from the seed and the entries alone, by ``rules.order_of``; anybody can recompute it.
4. No more winners than prizes at any moment, one win a person; who does not claim in their time makes room for the next
   in the same order.
5. Who may enter and has not, and who won and has not claimed, is reminded at half of their time and two hours before
   its end, each once; of a draw by link its giver is.
6. After the draw nobody enters, and what was promised (prizes, time, how many) is never changed.
"""

from renqing.social.draws.actions import (
    claim,
    end,
    enter,
    entry_of,
    make,
    open_for_entries,
    pass_on,
    prepare,
    remind_entrants,
    remind_winners,
)
from renqing.social.draws.model import (
    DRAW_GIFT,
    ENTRANTS_MAX,
    GUESTS_MAX,
    LAPSE_AWARDS,
    REMIND_ENTRANTS,
    REMIND_WINNERS,
    REMINDED_AT_ONCE_MAX,
    Award,
    Draw,
    DrawFull,
    DrawNotDone,
    DrawOver,
    Entry,
    NewDraw,
    NoDraw,
    NothingWon,
    Reminder,
)
from renqing.social.draws.rules import (
    check_coming,
    check_size,
    check_times,
    coming_between,
    commitment_of,
    first_head,
    is_due,
    judge_win,
    next_head,
    nonce_in,
    order_of,
    score,
    why_no_word,
    why_not_kept,
)
from renqing.social.draws.store import (
    awards_among,
    by_commitment,
    entries_among,
    forget,
    guests_among,
    of_gifts,
)

__all__ = [
    "DRAW_GIFT",
    "ENTRANTS_MAX",
    "GUESTS_MAX",
    "LAPSE_AWARDS",
    "REMINDED_AT_ONCE_MAX",
    "REMIND_ENTRANTS",
    "REMIND_WINNERS",
    "Award",
    "Draw",
    "DrawFull",
    "DrawNotDone",
    "DrawOver",
    "Entry",
    "NewDraw",
    "NoDraw",
    "NothingWon",
    "Reminder",
    "awards_among",
    "by_commitment",
    "check_coming",
    "check_size",
    "check_times",
    "claim",
    "coming_between",
    "commitment_of",
    "end",
    "enter",
    "entries_among",
    "entry_of",
    "first_head",
    "forget",
    "guests_among",
    "is_due",
    "judge_win",
    "make",
    "next_head",
    "nonce_in",
    "of_gifts",
    "open_for_entries",
    "order_of",
    "pass_on",
    "prepare",
    "remind_entrants",
    "remind_winners",
    "score",
    "why_no_word",
    "why_not_kept",
]
