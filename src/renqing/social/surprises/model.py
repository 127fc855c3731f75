"""Until when a parcel's contents are a surprise, and what may stop somebody who does not know them yet."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact

Until = Literal["delivered", "opened"]
UNTILS: tuple[Until, ...] = get_args(Until)


class SurpriseWaits(NotNow):
    """What is in the parcel is a surprise yet. Whoever wants something about it sees first what it is."""

    code = "surprise_waits"


class Standing(msgspec.Struct, frozen=True):
    """How far a surprise is for one person: what they said, and what is known of their parcels."""

    until: Until
    is_revealed: bool
    is_received: bool
    is_delivered: bool


class SurpriseRevealed(Fact, frozen=True, kw_only=True):
    """Somebody said that they opened it, or wanted to know: all of it, or one parcel of a set (``order_id``)."""

    kind: ClassVar[str] = "SurpriseRevealed"
    gift_id: int
    giver_id: int
    revealed_by: int
    order_id: int = 0
