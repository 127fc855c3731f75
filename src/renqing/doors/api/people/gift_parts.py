"""Parts that several shapes of a gift have: what lies in it, its shares, its draw, what is given."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.doors.api.people.lucky import LuckyOut, lucky_out, product_out
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import PersonOut, person_out, somebody_out
from renqing.social.greeting_cards import GreetingCard
from renqing.views.draw_page import DrawSeen, Winner
from renqing.views.gift_inside import Inside, Recording
from renqing.views.gift_page import Shares


class TierOut(msgspec.Struct, frozen=True):
    """Some shares that are the same: who comes first gets one of the first tier, as long as there are any."""

    product: ProductName
    shares: int
    claimed: int


class SharesOut(msgspec.Struct, frozen=True):
    """How a gift for many goes. ``claimers``, the first of them, for its giver and the members of its group.

    ``tiers`` where its shares are not all the same, and ``lucky`` of a lucky pack, once it is open.
    """

    shares: int
    claimed: int
    group: str
    claimers: list[PersonOut]
    tiers: list[TierOut]
    lucky: LuckyOut | None


class ReceiptOut(msgspec.Struct, frozen=True):
    """Your entry: hashes in hexadecimal. Keep ``head``: with the draw's record it proves that you are in it."""

    n: int
    tag: str
    nonce: str
    head: str


class WinnerOut(msgspec.Struct, frozen=True):
    """Who has or had a prize, by the number of the entry. ``person`` for its giver and the members of its group."""

    rank: int
    entry_n: int
    prize: int
    state: Literal["waiting", "claimed", "lapsed"]
    person: PersonOut | None


class DrawOut(msgspec.Struct, frozen=True):
    """A draw. ``commitment`` is the SHA-256 of its seed and its public name: ``GET /v1/draws/{commitment}``.

    ``mine`` is how it stands with you; a winner claims until ``claim_by``. ``winners`` are the first of them.
    """

    commitment: str
    prizes: int
    entrants: int
    entrants_max: int
    is_open: bool
    guests_only: bool
    draw_at: datetime
    drawn_at: datetime | None
    mine: Literal["", "entered", "won", "claimed", "lost", "lapsed"]
    receipt: ReceiptOut | None
    prize: int | None
    claim_by: datetime | None
    winners: list[WinnerOut]


class RecordingOut(msgspec.Struct, frozen=True):
    """A voice or a video: ``path`` plays it for a day or two."""

    path: str
    type: str
    milliseconds: int


class GreetingCardOut(msgspec.Struct, frozen=True):
    """A card of paper that the shop writes and lays into the parcel; salutation and signature may be empty."""

    receiver_name: str
    giver_name: str
    greeting_message: str


class InsideOut(msgspec.Struct, frozen=True):
    """What lies in a gift beside the thing. ``cover_picture`` shows a cover that is the giver's own, else empty."""

    voice: RecordingOut | None
    video: RecordingOut | None
    note: str
    cover_picture: str
    greeting_card_info: GreetingCardOut | None


def inside_out(inside: Inside) -> InsideOut:
    """What lies in a gift, for a program."""
    voice, video = recording_out(inside.voice), recording_out(inside.video)
    return InsideOut(voice, video, inside.note, inside.cover_picture, card_out(inside.card))


def card_out(card: GreetingCard | None) -> GreetingCardOut | None:
    """A card, for a program."""
    return None if card is None else GreetingCardOut(card.receiver_name, card.giver_name, card.greeting_message)


def recording_out(found: Recording | None) -> RecordingOut | None:
    """A recording, for a program."""
    return None if found is None else RecordingOut(found.path, found.type, found.milliseconds)


def draw_out(draw: DrawSeen | None) -> DrawOut | None:
    """A draw, for a program."""
    if draw is None:
        return None
    return DrawOut(
        commitment=draw.commitment,
        prizes=draw.prizes,
        entrants=draw.entrants,
        entrants_max=draw.entrants_max,
        is_open=draw.is_open,
        guests_only=draw.guests_only,
        draw_at=draw.draw_at,
        drawn_at=draw.drawn_at,
        mine=draw.mine,
        receipt=None if draw.receipt is None else ReceiptOut(*msgspec.structs.astuple(draw.receipt)),
        prize=draw.prize,
        claim_by=draw.claim_by,
        winners=[winner_out(winner) for winner in draw.winners],
    )


def winner_out(winner: Winner) -> WinnerOut:
    """Who won, for a program."""
    person = somebody_out(winner.person)
    return WinnerOut(winner.rank, winner.entry_n, winner.prize, winner.state, person)


def many_out(many: Shares | None) -> SharesOut | None:
    """How a gift for many goes, for a program."""
    if many is None:
        return None
    tiers = [TierOut(product_out(tier.goods), tier.shares, tier.claimed) for tier in many.tiers]
    claimers = [person_out(person) for person in many.claimers]
    return SharesOut(many.shares, many.claimed, many.group, claimers, tiers, lucky_out(many.lucky))
