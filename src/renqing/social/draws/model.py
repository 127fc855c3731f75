"""A draw: who may enter, what is drawn, who won, what may stop it, and its facts.

A draw is open for entries, then drawn: that is its one move. Its seed exists from the start, and only its SHA-256 is
shown; with the draw it becomes public. Entries are numbered from 1 and chained. The seed puts all entries in one order:
the first have the prizes, and where one of them does not claim in time, the next in that order has the chance.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotAllowed, NotNow
from renqing.foundation.facts import Fact

DRAW_GIFT = "draw_gift"  # deadline: entries are over
LAPSE_AWARDS = "lapse_awards"  # deadline: winners have not claimed
REMIND_ENTRANTS = "remind_entrants"  # deadline: some who may enter have not
REMIND_WINNERS = "remind_winners"  # deadline: some who won have not claimed
REMINDED_BEFORE_END = timedelta(hours=2)  # as every gift is
REMINDED_AT_ONCE_MAX = 200  # winners in one transaction: a draw may have a hundred thousand
ENTRANTS_MAX = 100_000  # the schema holds it too
GUESTS_MAX = 200
SEED_BYTES = 32
NONCE_BYTES = 16


Reminder = Literal["half", "end"]  # half of the time is over; it is over soon


class NoDraw(NotNow):
    """This gift is not drawn for: who it is for claims it."""

    code = "no_draw"


class DrawOver(NotNow):
    """Entries are over: the draw's time has come, or it is drawn."""

    code = "draw_over"


class DrawFull(NotNow):
    """As many as may have entered, and the draw is about to be made."""

    code = "draw_full"


class DrawNotDone(NotNow):
    """Nobody has won anything yet. Fact ``draw_at``."""

    code = "draw_not_done"


class NothingWon(NotAllowed):
    """This person did not win, or did not claim in time."""

    code = "nothing_won"


class NewDraw(msgspec.Struct, frozen=True):
    """A draw to prepare with its gift. ``guests`` None: whoever may take the gift may enter."""

    gift_id: int
    giver_id: int
    prizes: int
    draw_at: datetime
    entrants_max: int
    guests: tuple[int, ...] | None = None


class Draw(msgspec.Struct, frozen=True):
    """A draw as it stands. ``head`` is its chain's; ``awarded`` ranks have had their chance; ``seed`` once drawn."""

    gift_id: int
    giver_id: int
    prizes: int
    draw_at: datetime
    entrants_max: int
    guests_only: bool
    commitment: bytes
    entrants: int
    head: bytes
    awarded: int
    made_at: datetime
    drawn_at: datetime | None
    seed: bytes | None

    @property
    def is_full(self) -> bool:
        return self.entrants >= self.entrants_max


class Entry(msgspec.Struct, frozen=True):
    """An entry: its number, a hash that stands for the person in this draw alone, their chance, the chain with it."""

    gift_id: int
    n: int
    person_id: int
    tag: bytes
    nonce: bytes
    head: bytes


class Award(msgspec.Struct, frozen=True):
    """Somebody's chance at a prize: ``rank`` in the seed's order, ``prize`` the number of the share."""

    gift_id: int
    rank: int
    entry_n: int
    person_id: int
    prize: int
    claim_by: datetime
    claimed_at: datetime | None = None
    lapsed_at: datetime | None = None

    @property
    def waits(self) -> bool:
        return self.claimed_at is None and self.lapsed_at is None


class GiftEntryJoined(Fact, frozen=True, kw_only=True):
    """Somebody entered a draw: so many ``entrants`` there are now. Who, its facts do not say."""

    kind: ClassVar[str] = "GiftEntryJoined"
    gift_id: int
    giver_id: int
    entrants: int


class GiftDrawn(Fact, frozen=True, kw_only=True):
    """The draw is made: ``winners`` of ``entrants`` have a prize to claim."""

    kind: ClassVar[str] = "GiftDrawn"
    gift_id: int
    giver_id: int
    entrants: int
    winners: int


class GiftAwarded(Fact, frozen=True, kw_only=True):
    """Somebody won, at the draw or as the next in order, and has their own time to claim."""

    kind: ClassVar[str] = "GiftAwarded"
    gift_id: int
    giver_id: int
    winner_id: int
    prize: int


class DrawOpened(Fact, frozen=True, kw_only=True):
    """A draw for chosen guests is paid and takes entries."""

    kind: ClassVar[str] = "DrawOpened"
    gift_id: int
    giver_id: int
    guest_ids: list[int]


class EntrantsReminded(Fact, frozen=True, kw_only=True):
    """Some who may enter have not, and half the time until the draw is over, or it is near.

    ``told_ids``: who they are; of a draw that only a link leads to, its giver.
    """

    kind: ClassVar[str] = "EntrantsReminded"
    gift_id: int
    giver_id: int
    reminder: Reminder
    told_ids: list[int]


class WinnersReminded(Fact, frozen=True, kw_only=True):
    """These winners have not claimed, and half of their time is over, or all of it is soon."""

    kind: ClassVar[str] = "WinnersReminded"
    gift_id: int
    giver_id: int
    reminder: Reminder
    told_ids: list[int]
