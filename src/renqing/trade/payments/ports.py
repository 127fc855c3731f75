"""What the payments room needs from a payment channel outside, and what a channel can say.

Only journeys between two commits (open, query, close, refund) and the callback door (``read_callback``) call a
channel; **never inside a transaction**, because an outside answer may take seconds or never come. Every ask
carries our own id, which is the channel's idempotency key: asking again is safe and answers the same.
What the outside did not answer raises ``ChannelSilent``: neither success nor failure, ended only by a query, a
callback or a named person. What it answered is a claim, not a booking: the room compares amount and currency
with the intent before anything moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from renqing.foundation.errors import NotAllowed, NotNow, NotSure

PaymentState = Literal["open", "paid", "closed", "unknown"]
RefundState = Literal["processing", "done", "failed", "closed", "unknown"]
PayoutState = Literal["processing", "done", "failed", "unknown"]
NewsState = Literal["open", "paid", "closed", "processing", "done", "failed"]


class ChannelSilent(NotSure):
    """The channel did not answer, or not so that we may believe it. Facts: ``operation``, ``why``.

    Whether it did what we asked is unknown.
    """

    code = "channel_silent"


class ChannelRefused(NotNow):
    """The channel answered no, for certain: it did nothing. Facts: ``operation``, ``reason`` (a code)."""

    code = "channel_refused"


class CallbackForged(NotAllowed):
    """A callback that the channel did not sign, or signed too long ago or ahead. Nothing in it is believed.

    The fact ``why`` is for our logs; whoever sent it learns only that it was refused.
    """

    code = "callback_forged"


class OpenPayment(msgspec.Struct, frozen=True):
    """Ask for a payment of ``amount`` minor units.

    The channel tells ``notify_url``; the payer returns to ``return_url``. A repeat of the same ``intent_id`` answers
    the same; another amount is refused.
    """

    intent_id: int
    amount: int
    currency: str
    description: str
    notify_url: str
    return_url: str


class Opened(msgspec.Struct, frozen=True):
    """The channel's name for the payment, and the page where a person pays it."""

    channel_ref: str
    cashier_url: str


class ChannelPayment(msgspec.Struct, frozen=True):
    """A payment as the channel has it. ``unknown``: it never heard of this intent; the rest is then empty."""

    intent_id: int
    state: PaymentState
    amount: int
    currency: str
    channel_ref: str


class RefundAsk(msgspec.Struct, frozen=True):
    """Ask to give back ``amount`` minor units of a paid intent, idempotent by ``refund_id``."""

    refund_id: int
    intent_id: int
    amount: int
    currency: str
    notify_url: str


class ChannelRefund(msgspec.Struct, frozen=True):
    """A refund as the channel has it. ``unknown``: it never heard of this refund, so it may be asked (again).

    ``failed``: it did nothing, and may do better later. ``closed``: the payer's account is gone, so no refund of this
    payment will (WeChat Pay says ABNORMAL with USER_ACCOUNT_ABNORMAL). The money is with us either way.
    """

    refund_id: int
    intent_id: int
    state: RefundState
    amount: int
    currency: str
    channel_ref: str


class PayoutAsk(msgspec.Struct, frozen=True):
    """Ask to pay ``amount`` minor units to the account that paid ``to_intent_id``, idempotent by ``payout_id``.

    Whose account that is the channel knows, and we never do (WeChat Pay: 商家转账 to the payer's openid).
    """

    payout_id: int
    to_intent_id: int
    amount: int
    currency: str


class ChannelPayout(msgspec.Struct, frozen=True):
    """A payout as the channel has it. ``unknown``: it never heard of it; ``failed``: it did nothing."""

    payout_id: int
    to_intent_id: int
    state: PayoutState
    amount: int
    currency: str
    channel_ref: str


class PaymentNews(msgspec.Struct, frozen=True):
    """A callback whose signature held.

    ``event_id`` is the same in every copy; ``amount`` is the refund's where the news is of a refund.
    """

    event_id: str
    kind: Literal["payment", "refund"]
    intent_id: int
    refund_id: int | None
    state: NewsState
    amount: int
    currency: str
    channel_ref: str


class PaymentChannel(Protocol):
    """One payment channel. Every method may raise ``ChannelSilent``; ``main`` plugs the implementation in."""

    async def open(self, ask: OpenPayment) -> Opened:
        """Open a payment: called after the intent is committed. Raises ChannelRefused."""
        ...

    async def query(self, intent_id: int) -> ChannelPayment:
        """The channel's truth about an intent: called while we are not sure."""
        ...

    async def close(self, intent_id: int) -> ChannelPayment:
        """Close an open payment so that nobody can pay it any more; one that is paid answers ``paid``.

        One that the channel never heard of (the asking was lost) answers ``unknown``: that is no refusal.
        """
        ...

    async def refund(self, ask: RefundAsk) -> ChannelRefund:
        """Ask for a refund: called by its errand. Raises ChannelRefused (not paid, more than is left)."""
        ...

    async def query_refund(self, refund_id: int) -> ChannelRefund:
        """The channel's truth about a refund; ``unknown`` where it never heard of it."""
        ...

    async def payout(self, ask: PayoutAsk) -> ChannelPayout:
        """Pay to an account that paid before: called by the errand that returns a balance. Raises ChannelRefused."""
        ...

    async def query_payout(self, payout_id: int) -> ChannelPayout:
        """The channel's truth about a payout; ``unknown`` where it never heard of it."""
        ...

    def read_callback(self, headers: Mapping[str, str], raw: bytes, machine_now: datetime) -> PaymentNews:
        """What a callback says, once its signature over the raw bytes and its time hold. Raises CallbackForged.

        ``headers`` have lower-case names; ``machine_now`` is the machine's time, which is what the outside stamps.
        """
        ...
