"""Balances and the tries to give them back: kept -> returned | ended; a try: asked -> done | failed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

RETURN_BALANCE = "return_balance"  # errand: give it back, some way
REMIND_BALANCE = "remind_balance"  # deadline: its person hears of it again
REASON_CHARACTERS_MAX = 200

BalanceState = Literal["kept", "returned", "ended"]
Way = Literal["refund", "payout"]


class BalanceUnknown(NotFound):
    """There is no such balance for this asker."""

    code = "balance_unknown"


class BalanceOver(NotNow):
    """It was given back or ended, or it is on its way at this moment. Fact: ``state``."""

    code = "balance_over"


class NewBalance(msgspec.Struct, frozen=True):
    """A refund that its channel will not give back, and why: the route is ``closed``, or the last try was ``refused``.

    ``order_id`` is what was paid for: an order, or a share of a fund.
    """

    id: int
    person_id: int
    order_id: int
    intent_id: int
    amount: int
    currency: str
    why: Literal["closed", "refused"]


class Balance(msgspec.Struct, frozen=True):
    """Money that the house owes a person. ``id`` is its refund's; minor units.

    ``round`` counts the rounds of tries; ``named_intent_id`` is the payment on whose account the person would have it.
    """

    id: int
    person_id: int
    order_id: int
    intent_id: int
    amount: int
    currency: str
    why: Literal["closed", "refused"]
    state: BalanceState
    round: int
    named_intent_id: int | None
    kept_at: datetime
    over_at: datetime | None
    ended_by: int | None
    reason: str


class Route(NamedTuple):
    """A way to give a balance back: as a refund of this payment, or paid out to the account that paid it."""

    way: Way
    intent_id: int


class Try(msgspec.Struct, frozen=True):
    """One try to give a balance back. ``id`` is the channel's key."""

    id: int
    balance_id: int
    round: int
    route: Way
    intent_id: int
    state: Literal["asked", "done", "failed"]
    why: str
    asked_at: datetime
    over_at: datetime | None


class BalanceWaits(Fact, frozen=True, kw_only=True):
    """A month has passed and a balance is still here: its person hears of it."""

    kind: ClassVar[str] = "BalanceWaits"
    balance_id: int
    order_id: int
    payer_id: int
    amount: int
    currency: str


class BalanceReturned(Fact, frozen=True, kw_only=True):
    """A balance is with its person: ``how`` is refund, payout or by_hand. ``cause_kind``: what was refunded once."""

    kind: ClassVar[str] = "BalanceReturned"
    balance_id: int
    refund_id: int
    order_id: int
    payer_id: int
    amount: int
    currency: str
    cause_kind: str
    how: str
