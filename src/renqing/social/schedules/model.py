"""What a schedule is, and what is said of it. It is gone with the gift's coming, or with its end before."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact

DELIVER_GIFT = "deliver_gift"  # deadline: the moment of a gift that is paid


class GiftAlreadySent(NotNow):
    """The gift is with its recipient: nothing of when it comes can be changed."""

    code = "gift_already_sent"


class Moment(msgspec.Struct, frozen=True):
    """When, as people say it: ``at`` is what a wall clock shows, ``2026-12-24T09:00``, in ``time_zone``.

    ``time_zone`` is an IANA name; None: where the recipient is, or the giver where nobody is named.
    """

    at: str
    time_zone: str | None = None


class Schedule(msgspec.Struct, frozen=True):
    """A gift that comes at ``deliver_at``, which its giver thinks of in ``time_zone``."""

    gift_id: int
    giver_id: int
    deliver_at: datetime
    time_zone: str


class GiftScheduled(Fact, frozen=True, kw_only=True):
    """A gift is paid and comes later. Only its giver may know."""

    kind: ClassVar[str] = "GiftScheduled"
    gift_id: int
    giver_id: int
    deliver_at: datetime


class GiftRescheduled(Fact, frozen=True, kw_only=True):
    """Its giver moved it; to a moment that is there, and it comes now."""

    kind: ClassVar[str] = "GiftRescheduled"
    gift_id: int
    giver_id: int
    deliver_at: datetime
