"""What a shop promises for lateness, what it has paid, and the facts of both."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from renqing.foundation.facts import Fact

PAY_FOR_LATENESS = "pay_for_lateness"  # deadline, by order: what has not left by now is late
SHARE_BP_MAX = 5_000  # half: a price is never given back twice over
SUM_MAX = 100_000_00
HOURS_MAX = 720


class NewPromise(msgspec.Struct, frozen=True):
    """What a shop will pay: ``share_bp`` hundredths of a percent of the late goods, 0 for nothing.

    From ``lowest_amount`` to ``highest_amount`` minor units, once a parcel is ``grace_hours`` later than it should be.
    """

    share_bp: int
    lowest_amount: int
    highest_amount: int
    grace_hours: int


class Promise(msgspec.Struct, frozen=True):
    """The ``n``-th promise of a shop. ``within_hours`` after the claim, or the payment, a parcel has left in time."""

    shop_id: int
    n: int
    share_bp: int
    lowest_amount: int
    highest_amount: int
    grace_hours: int
    within_hours: int
    stated_at: datetime


class LateLine(msgspec.Struct, frozen=True):
    """Pieces of an order's line that had not left in time, minor units a piece."""

    n: int
    pieces: int
    unit_price: int


class LatePaid(msgspec.Struct, frozen=True):
    """What a shop paid because an order left late. ``base_amount``: what the late goods cost."""

    order_id: int
    shop_id: int
    promise_n: int
    base_amount: int
    amount: int
    currency: str
    refund_id: int
    due_at: datetime
    paid_at: datetime


class PromiseStated(Fact, frozen=True, kw_only=True):
    """From now on orders of a shop are placed under another promise; ``share_bp`` 0: under none."""

    kind: ClassVar[str] = "PromiseStated"
    shop_id: int
    n: int
    share_bp: int
    lowest_amount: int
    highest_amount: int
    grace_hours: int


class OrderLatePaid(Fact, frozen=True, kw_only=True):
    """A parcel had not left in time: its shop pays. ``told_ids`` are the shop's people."""

    kind: ClassVar[str] = "OrderLatePaid"
    order_id: int
    shop_id: int
    payer_id: int
    owner_id: int
    amount: int
    currency: str
    told_ids: list[int]
