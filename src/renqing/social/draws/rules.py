"""The draw's arithmetic and its decisions. Pure. ``docs/decisions/fair-draw.md`` says the same in words.

Every hash is over ASCII text whose parts are joined by ``|``, bytes in lower-case hexadecimal, so that anybody can
repeat it with any tool; ``draw-audit.js`` does so in the browser.

- commitment = SHA-256(seed)
- head 0 = SHA-256("renqing-draw-1|commitment|prizes|draw time in Unix seconds|most entrants")
- head n = SHA-256("head n-1|n|tag|nonce")
- score n = HMAC-SHA256(seed, "last head|n"); the order is by score, then by n

Scores of 256 bits make every order equally likely to within chance that no observer can measure: no remainder is ever
taken, so there is no modulo bias.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.settings import Policy
from renqing.social.draws.model import (
    ENTRANTS_MAX,
    GUESTS_MAX,
    NONCE_BYTES,
    REMINDED_BEFORE_END,
    Award,
    Draw,
    DrawFull,
    DrawNotDone,
    DrawOver,
    NothingWon,
    Reminder,
)

VERSION = "renqing-draw-1"


# the arithmetic -----------------------------------------------------------------------------------------------------
def _hash(*parts: object) -> bytes:
    return hashlib.sha256("|".join(map(str, parts)).encode("ascii")).digest()


def commitment_of(seed: bytes) -> bytes:
    """What is shown before the first entry: it fixes the seed and does not tell it."""
    return hashlib.sha256(seed).digest()


def first_head(commitment: bytes, prizes: int, draw_at: datetime, entrants_max: int) -> bytes:
    """Where the chain begins: with everything that was promised."""
    return _hash(VERSION, commitment.hex(), prizes, int(draw_at.timestamp()), entrants_max)


def next_head(head: bytes, n: int, tag: bytes, nonce: bytes) -> bytes:
    """The chain with one more entry."""
    return _hash(head.hex(), n, tag.hex(), nonce.hex())


def score(seed: bytes, head: bytes, n: int) -> bytes:
    """Where entry ``n`` stands, the smallest first."""
    return hmac.digest(seed, f"{head.hex()}|{n}".encode("ascii"), "sha256")


def order_of(seed: bytes, head: bytes, entrants: int) -> list[int]:
    """The numbers of all entries in the seed's order."""
    return sorted(range(1, entrants + 1), key=lambda n: (score(seed, head, n), n))


# decisions ----------------------------------------------------------------------------------------------------------
def check_times(
    draw_at: datetime, begins: datetime, open_for: timedelta, policy: Policy, *, comes_later: bool = False
) -> None:
    """The draw lies after its gift begins, and leaves its winners some time before the gift's own deadline.

    A gift begins now, or where it ``comes_later`` at its moment. Raises FieldNotValid.
    """
    latest = begins + open_for - timedelta(hours=policy.gift_award_hours_min)
    if not begins < draw_at <= latest:
        reason, hours = "draw_after_coming" if comes_later else "draw_time", policy.gift_award_hours_min
        raise FieldNotValid(field="draw_at", reason=reason, min=begins, max=latest, hours=hours)


def coming_between(draw_at: datetime, open_for: timedelta, policy: Policy) -> tuple[datetime, datetime]:
    """From when to (not at) when a gift may come whose draw is fixed: its winners have their time, entrants some."""
    return draw_at - open_for + timedelta(hours=policy.gift_award_hours_min), draw_at


def check_coming(draw_at: datetime, comes_at: datetime, open_for: timedelta, policy: Policy) -> None:
    """Whether a gift may come then: what its draw promised stays, so the moment has to fit it. Raises FieldNotValid."""
    earliest, before = coming_between(draw_at, open_for, policy)
    if comes_at >= before:
        raise FieldNotValid(field="deliver_at", reason="after_draw", min=earliest, max=before)
    if comes_at < earliest:
        hours = policy.gift_award_hours_min
        raise FieldNotValid(field="deliver_at", reason="long_before_draw", min=earliest, max=before, hours=hours)


def check_size(entrants_max: int | None, prizes: int, guests: Sequence[int] | None) -> int:
    """How many may enter: as many as said, and no more than are asked. Raises FieldNotValid."""
    if guests is not None and not 1 <= len(guests) <= GUESTS_MAX:
        raise FieldNotValid(field="guest_ids", reason="count", max=GUESTS_MAX)
    if guests is not None and len(set(guests)) != len(guests):
        raise FieldNotValid(field="guest_ids", reason="repeated")
    if entrants_max is not None and not prizes <= entrants_max <= ENTRANTS_MAX:
        raise FieldNotValid(field="entrants_max", reason="out_of_range", min=prizes, max=ENTRANTS_MAX)
    return min(entrants_max or ENTRANTS_MAX, ENTRANTS_MAX if guests is None else len(guests))


def nonce_in(text: str | None) -> bytes | None:
    """An entrant's own chance as they wrote it, in hexadecimal. Raises FieldNotValid."""
    if text is None:
        return None
    try:
        nonce = bytes.fromhex(text) if text.isalnum() else b""
    except ValueError:
        nonce = b""
    if len(nonce) != NONCE_BYTES:
        raise FieldNotValid(field="nonce", reason="nonce")
    return nonce


def judge_entry(draw: Draw, now: datetime) -> None:
    """Whether the draw still takes entries. Raises DrawOver, DrawFull."""
    if draw.drawn_at is not None or now >= draw.draw_at:
        raise DrawOver
    if draw.is_full:
        raise DrawFull


def why_no_word(*, guests_only: bool, is_drawn: bool) -> str:
    """Why a draw takes no safe word: named where its guests are chosen, drawn once nobody enters; else empty."""
    return "named" if guests_only else "drawn" if is_drawn else ""


def why_not_kept(*, entrants: int, is_drawn: bool) -> str:
    """Why its giver cannot take what is drawn for themselves: draw, from the first entry on; empty before it."""
    return "draw" if entrants or is_drawn else ""


def is_due(draw: Draw, now: datetime) -> bool:
    """Whether it is to be drawn now."""
    return draw.drawn_at is None and (now >= draw.draw_at or draw.is_full)


def judge_win(draw: Draw, award: Award | None, now: datetime) -> Award:
    """The award that lets somebody claim. Raises DrawNotDone, NothingWon."""
    if draw.drawn_at is None:
        raise DrawNotDone(draw_at=draw.draw_at)
    if award is None or award.lapsed_at is not None or now >= award.claim_by:
        raise NothingWon
    return award


def claim_by(now: datetime, gift_expires_at: datetime, policy: Policy) -> datetime:
    """Until when a winner of this moment may claim: their own time, within the gift's."""
    return min(now + timedelta(hours=policy.gift_award_hours), gift_expires_at)


def lapsed(awards: Sequence[Award], now: datetime) -> list[Award]:
    """The awards whose time is over, in the order of their prizes."""
    return sorted((one for one in awards if one.waits and now >= one.claim_by), key=lambda one: one.prize)


# reminders ----------------------------------------------------------------------------------------------------------
def reminder_at(begins: datetime, ends: datetime, reminder: Reminder) -> datetime:
    """When somebody is reminded of a time from ``begins`` to ``ends``: at its half, and a while before its end."""
    return ends - REMINDED_BEFORE_END if reminder == "end" else begins + (ends - begins) / 2


def first_reminder(begins: datetime, ends: datetime, *, by_link: bool) -> Reminder | None:
    """The first reminder; who only holds a link is not known, so its giver is told, before the end alone.

    A time so brief that its half is hardly before its end has one, at its half; by link none.
    """
    if not by_link:
        return "half"
    return "end" if _has_two(begins, ends) else None


def reminder_now(
    begins: datetime, ends: datetime, reminder: Reminder, now: datetime
) -> tuple[Reminder | None, Reminder | None]:
    """What is said when a reminder falls due, and what is said after it. One that comes late says what is still so."""
    if now >= ends:
        return None, None
    two = _has_two(begins, ends)
    if two and now >= reminder_at(begins, ends, "end"):
        return "end", None
    return reminder, "end" if two and reminder == "half" else None


def _has_two(begins: datetime, ends: datetime) -> bool:
    return reminder_at(begins, ends, "half") < reminder_at(begins, ends, "end")
