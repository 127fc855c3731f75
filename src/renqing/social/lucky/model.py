"""A lucky pack: how many vouchers are in it, what its order follows from, what may stop it, and its fact.

A pack is sealed, then shown: that is its one move, when its last voucher is taken or its time is over.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotAllowed
from renqing.foundation.facts import Fact

PACK_MIN, PACK_MAX = 2, 100  # the schema holds it too
SEED_BYTES = 32


class LuckyNeedsVouchers(NotAllowed):
    """Vouchers alone are dealt by luck: goods may not reach everybody's address, and nobody chooses what they get."""

    code = "lucky_needs_vouchers"


class NewPack(msgspec.Struct, frozen=True):
    """A pack to prepare with its gift."""

    gift_id: int
    giver_id: int
    shares: int


class Pack(msgspec.Struct, frozen=True):
    """A pack as it stands. ``commitment`` is the SHA-256 of its seed; ``seed`` once it is over."""

    gift_id: int
    giver_id: int
    shares: int
    commitment: bytes
    made_at: datetime
    shown_at: datetime | None
    seed: bytes | None


class LuckyPackOver(Fact, frozen=True, kw_only=True):
    """Everything of a pack is dealt, or its time is over. ``luckiest_id``: who got what was worth most, if anybody."""

    kind: ClassVar[str] = "LuckyPackOver"
    gift_id: int
    giver_id: int
    shares: int
    dealt: int
    luckiest_id: int | None
