"""Intents, refunds and callbacks, and how an intent moves: open -> captured | closed, closed -> captured.

The last move is a payment that arrived after we gave up waiting: it is booked, and goes straight back.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

CHANNEL_IDS = {"sandbox": 1}  # whose clearing account it is, in the ledger

CLOSE_UNPAID = "close_unpaid_order"  # deadline: the time to pay is over
CLOSE_AT_CHANNEL = "close_at_channel"  # errand: close there first, a payment may be in flight
QUERY_PAYMENT = "query_payment"  # errand: ask what became of a payment
SEND_REFUND = "send_refund"  # errand: give the money back

CallbackVerdict = Literal["applied", "repeated", "quarantined"]


class PaymentUnknown(NotFound):
    """There is no such payment for this asker."""

    code = "payment_unknown"


class PaymentOver(NotNow):
    """The payment is captured or closed already. Fact: ``state``."""

    code = "payment_over"


class NewIntent(msgspec.Struct, frozen=True):
    """A payment to be asked for."""

    id: int
    order_id: int
    payer_id: int
    channel: str
    currency: str
    amount: int
    pay_by: datetime


class Intent(msgspec.Struct, frozen=True):
    """A payment as we have it. Amounts in minor units."""

    id: int
    order_id: int
    payer_id: int
    channel: str
    currency: str
    amount: int
    state: Literal["open", "captured", "closed"]
    channel_ref: str
    cashier_url: str
    captured_amount: int
    refunded_amount: int
    asked_at: datetime | None
    captured_at: datetime | None


class Cashier(msgspec.Struct, frozen=True):
    """The channel's name for a payment, and the page where a person pays it."""

    intent_id: int
    channel_ref: str
    url: str


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back to the payer by the original route; ``kept``: the route is closed, it is their balance."""

    id: int
    intent_id: int
    amount: int
    reason: str
    cause_kind: str
    cause_id: int
    state: Literal["due", "sent", "kept", "done"]
    made_at: datetime
    done_at: datetime | None


class NewRefund(msgspec.Struct, frozen=True):
    """Money of an order that is to go back. One cause has one refund, whoever asks how often."""

    order_id: int
    amount: int
    cause_kind: str
    cause_id: int
    reason: str


class JudgedCallback(msgspec.Struct, frozen=True):
    """A callback and what became of it, to be kept."""

    channel: str
    event_id: str
    kind: str
    intent_id: int
    body: bytes
    verdict: CallbackVerdict
    why: str = ""


class RefundStarted(Fact, frozen=True, kw_only=True):
    """Money of an order is to go back: it is due from now on, and the channel will be asked."""

    kind: ClassVar[str] = "RefundStarted"
    refund_id: int
    order_id: int
    payer_id: int
    amount: int
    currency: str
    cause_kind: str
    cause_id: int


class RefundFailed(Fact, frozen=True, kw_only=True):
    """The channel will not give the money back the way it came: it is the payer's balance from now on."""

    kind: ClassVar[str] = "RefundFailed"
    refund_id: int
    order_id: int
    payer_id: int
    amount: int
    currency: str
    cause_kind: str
    cause_id: int


class RefundDone(Fact, frozen=True, kw_only=True):
    """The channel has given the money back."""

    kind: ClassVar[str] = "RefundDone"
    refund_id: int
    order_id: int
    payer_id: int
    amount: int
    currency: str
    cause_kind: str
    cause_id: int
