"""What a notice is, and which facts each kind may hold.

A notice has one move: from unread to read. Its words are ``notice.<kind>.title`` and ``.body`` in the catalogue; its
facts are ids and plain values, and names are looked up when it is read. The table is the law of who may learn what
(the gift rules, ``fields a giver and a recipient may see``): a recipient's kind has no amount in it, a giver's kind
no address, phone or style.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from renqing.foundation.errors import NotFound

PAGE_MAX = 50
UNREAD_SHOWN_MAX = 99  # more than this is shown as 99+, and not counted further

KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # to the recipient of a gift
        "gift_ready": frozenset({"gift_id", "who_id"}),
        "gift_gone": frozenset({"gift_id", "who_id"}),
        "gift_passed_to_you": frozenset({"gift_id", "who_id"}),
        "gift_half_time": frozenset({"gift_id", "who_id"}),
        "gift_ends_soon": frozenset({"gift_id", "who_id"}),
        "draw_invited": frozenset({"gift_id", "who_id"}),
        "draw_won": frozenset({"gift_id", "who_id"}),
        "draw_half_time": frozenset({"gift_id", "who_id"}),
        "draw_ends_soon": frozenset({"gift_id", "who_id"}),
        "prize_half_time": frozenset({"gift_id", "who_id"}),
        "prize_ends_soon": frozenset({"gift_id", "who_id"}),
        "lucky_best": frozenset({"gift_id", "who_id"}),
        "giver_shown": frozenset({"gift_id", "who_id"}),
        "thanks_piece_approved": frozenset({"gift_id"}),
        "thanks_piece_refused": frozenset({"gift_id", "reason"}),
        "refund_asked": frozenset({"order_id", "who_id"}),
        # to its giver
        "refund_agreed": frozenset({"order_id"}),
        "refund_declined": frozenset({"order_id"}),
        "gift_came": frozenset({"gift_id"}),
        "gift_opened": frozenset({"gift_id"}),
        "gift_extended": frozenset({"gift_id", "hours"}),
        "gift_claimed": frozenset({"gift_id", "who_id"}),
        "gift_link_leaks": frozenset({"gift_id", "openers"}),
        "gift_claimed_other": frozenset({"gift_id", "who_id"}),
        "gift_share_claimed": frozenset({"gift_id", "who_id", "shares"}),
        "gift_shared_out": frozenset({"gift_id", "who_id", "shares"}),
        "gift_drawn": frozenset({"gift_id", "entrants", "winners"}),
        "gift_partly_expired": frozenset({"gift_id", "shares", "left"}),
        "gift_refused": frozenset({"gift_id", "refusal"}),
        "gift_passed_on": frozenset({"gift_id", "refusal"}),
        "gift_to_charity": frozenset({"gift_id", "refusal", "who_id"}),
        "gift_expired": frozenset({"gift_id"}),
        "gift_refunded": frozenset({"gift_id", "amount", "currency"}),
        "gift_shipped": frozenset({"order_id"}),
        "gift_delivered": frozenset({"order_id"}),
        "gift_aftersale": frozenset({"order_id", "state"}),
        "gift_link_ends_soon": frozenset({"gift_id"}),
        "draw_link_ends_soon": frozenset({"gift_id"}),
        "gift_thanked": frozenset({"gift_id", "who_id"}),
        "surprise_revealed": frozenset({"gift_id", "who_id"}),
        "surprise_part_revealed": frozenset({"gift_id", "who_id"}),
        "gift_piece_approved": frozenset({"gift_id"}),
        "gift_piece_refused": frozenset({"gift_id", "reason"}),
        # to who gets an order's goods
        "order_shipped": frozenset({"order_id"}),
        "order_delivered": frozenset({"order_id"}),
        "order_received": frozenset({"order_id"}),
        "aftersale_moved": frozenset({"order_id", "case_id", "state"}),
        "swap_approved": frozenset({"order_id"}),
        "swap_rejected": frozenset({"order_id"}),
        "swap_timed_out": frozenset({"order_id"}),
        # to who holds a voucher
        "voucher_redeemed": frozenset({"order_id"}),
        "voucher_returned": frozenset({"order_id"}),
        "voucher_extended": frozenset({"order_id"}),
        "voucher_expired": frozenset({"order_id"}),
        # to who pays
        "order_paid": frozenset({"order_id"}),
        "order_closed": frozenset({"order_id"}),
        "refund_done": frozenset({"order_id", "amount", "currency"}),
        "refund_failed": frozenset({"order_id", "amount", "currency"}),
        "order_late_paid": frozenset({"order_id", "amount", "currency"}),
        # from a shop that gives something away, and to who made that
        "present_offered": frozenset({"activity_id"}),
        "activity_ended": frozenset({"activity_id", "taken", "left"}),
        # to the people of a shop
        "order_hurried": frozenset({"order_id", "times"}),
        "shop_was_late": frozenset({"order_id", "amount", "currency"}),
        # to who decides about a program that listens
        "webhook_off": frozenset(),
        # to who gives together
        "fund_invited": frozenset({"fund_id", "who_id"}),
        "fund_joined": frozenset({"fund_id", "who_id"}),
        "fund_full": frozenset({"fund_id", "who_id"}),
        "fund_short": frozenset({"fund_id", "who_id"}),
        "fund_called_off": frozenset({"fund_id", "who_id"}),
        "share_back": frozenset(),
        "share_stuck": frozenset(),
        # to whose money could not go back the way they paid
        "balance_waits": frozenset({"balance_id", "amount", "currency"}),
        "balance_returned": frozenset({"balance_id", "amount", "currency"}),
        # to who asked to be reminded of friends' days: neither which day nor when, which may be hidden meanwhile
        "birthday_comes": frozenset({"who_id"}),
        "day_comes": frozenset({"who_id"}),
        # to whose rule gives a friend something every year
        "yearly_ready": frozenset({"who_id"}),
        "yearly_not_given": frozenset({"who_id", "why"}),
        # between people
        "friend_asked": frozenset({"who_id"}),
        "friends_made": frozenset({"who_id"}),
    }
)


class NoticeUnknown(NotFound):
    """There is no such notice, or it is somebody else's."""

    code = "notice_unknown"


class NewNotice(msgspec.Struct, frozen=True):
    """Something to tell a person because of a fact; the same is told once. ``link`` is a path of this house.

    ``quiet_until``: it is there and makes no dot before.
    """

    person_id: int
    kind: str
    facts: dict[str, int | str]
    link: str
    fact_id: int
    quiet_until: datetime | None = None


class Notice(msgspec.Struct, frozen=True):
    """Something a person was told."""

    id: int
    person_id: int
    kind: str
    facts: dict[str, int | str]
    link: str
    made_at: datetime
    read_at: datetime | None


class LivePing(msgspec.Struct, frozen=True):
    """Tells a person's open pages that something is new, and nothing of what it says.

    ``about_id`` is the notice, thread, gift or order; a page that shows it reads it again with its own right to.
    """

    person_id: int
    kind: Literal["notice", "message", "gift", "order"]
    about_id: int
