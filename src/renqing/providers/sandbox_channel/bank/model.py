"""What the bank keeps and how it may be told to misbehave."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

PaymentState = Literal["open", "paid", "closed"]
RefundState = Literal["processing", "done", "failed", "closed"]  # closed: the payer's account is gone
PayoutState = Literal["processing", "done", "failed"]

# from -> what may follow
PAYMENT_STATES: dict[PaymentState, tuple[PaymentState, ...]] = {"open": ("paid", "closed"), "paid": (), "closed": ()}
REFUND_STATES: dict[RefundState, tuple[RefundState, ...]] = {
    "processing": ("done", "failed", "closed"),
    "done": (),
    "failed": (),
    "closed": (),
}

Operation = Literal["open", "query", "close", "pay", "refund", "query_refund", "payout", "query_payout"]
Signing = Literal["right", "other_secret", "stale", "unsigned", "altered"]
EVERYTHING_PPM = 1_000_000


class Payment(msgspec.Struct, frozen=True):
    """``refunded`` counts refunds that are done or on their way."""

    intent_id: int
    channel_ref: str
    amount: int
    currency: str
    description: str
    notify_url: str
    return_url: str
    state: PaymentState
    refunded: int


class Refund(msgspec.Struct, frozen=True):
    """``ends_at_ms`` is when a processing refund ends, as ``ends_as``; None: never by itself."""

    refund_id: int
    intent_id: int
    channel_ref: str
    amount: int
    currency: str
    notify_url: str
    state: RefundState
    ends_at_ms: int | None
    ends_as: RefundState


class Payout(msgspec.Struct, frozen=True):
    """Money to the account that paid ``to_intent_id``, out of what the bank holds for the merchant."""

    payout_id: int
    to_intent_id: int
    channel_ref: str
    amount: int
    currency: str
    state: PayoutState


class Letter(msgspec.Struct, frozen=True):
    """One copy of a callback that waits to be delivered."""

    n: int
    event_id: str
    url: str
    body: bytes
    signing: Signing
    tries: int
    tries_max: int


class NewLetter(msgspec.Struct, frozen=True):
    """A callback to put into the queue. ``held`` counts the later events that go first; ``lost`` never leaves."""

    event_id: str
    intent_id: int
    url: str
    body: bytes
    due_at_ms: int
    signing: Signing = "right"
    tries_max: int = 1
    held: int = 0
    lost: bool = False


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """How the bank misbehaves. All off is an honest bank.

    ``chance_ppm`` of payments and refunds are hit by each switch, chosen by ``seed``, the switch's name and the
    merchant's id: the same ids with the same seed meet the same faults in any order of arrival.
    """

    seed: int = 1
    chance_ppm: Annotated[int, msgspec.Meta(ge=0, le=EVERYTHING_PPM)] = EVERYTHING_PPM
    # callbacks
    duplicate: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """How many further copies leave, with the same event id."""
    duplicate_apart_seconds: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    """The time between copies; none: they leave in parallel."""
    delay_seconds: Annotated[int, msgspec.Meta(ge=0, le=30 * 86_400)] = 0
    reorder: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """The callback waits until this many later events went out (at most ``HELD_SECONDS_MAX``). One event waits at a
    time: what arrives while it waits goes out, so that the bank never holds everything back."""
    lose: bool = False
    """The callback never leaves: only a query tells."""
    contradict: Literal["", "amount", "currency", "state", "intent"] = ""
    """The callback is rightly signed and says something else than the truth."""
    forge: Literal["", "signature", "stale", "unsigned", "altered"] = ""
    """When a payment is opened, when it is paid and when a refund is asked, a wrongly signed callback comes along that
    says that the money moved."""
    # answers to the merchant
    answer: Literal["", "silent", "fail_before", "fail_after", "refuse", "contradict"] = ""
    """``silent``: does the work and never answers. ``fail_before``, ``fail_after``: 500 without or with the work done.
    ``refuse``: a signed no, nothing done. ``contradict``: the work is done and the answer names another amount."""
    answer_on: tuple[Operation, ...] = ()
    """The operations that ``answer`` is about; none named: all."""
    answer_times: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 1
    """How often each operation on each id is hit; zero: every time."""
    # refunds
    refunds: Literal["done", "processing", "failed", "closed"] = "done"
    """What becomes of refunds: done, forever processing, failed (the money stays), or closed (it stays, and no refund
    of this payment will ever do better: the payer's account is gone)."""
    refund_seconds: Annotated[int, msgspec.Meta(ge=0, le=30 * 86_400)] = 0
    """How long a refund is processing before it ends; zero: it ends with the ask."""
    payouts: PayoutState = "done"
    """What becomes of payouts to the account of this payment: done, forever processing, or failed."""


def changed(switches: Switches, changes: dict[str, Any]) -> Switches:
    """``switches`` with some fields changed. Raises msgspec.ValidationError for an unknown field or value."""
    return msgspec.convert({**msgspec.structs.asdict(switches), **changes}, Switches)
