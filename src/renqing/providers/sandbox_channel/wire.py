"""What a merchant and the sandbox bank say to each other, and how each side signs.

Three signatures, all HMAC-SHA256 with the merchant's secret, each over the bytes as they travel:
a request over ``method, path, timestamp, nonce, body``; its answer over ``nonce, timestamp, status, body``, so that
no answer fits another question; a callback over ``id.timestamp.body`` (Standard Webhooks). Times are machine time
and hold for ``SIGNED_FOR_SECONDS`` either way. A secret may be several, separated by commas: the first signs, every
one verifies, which is how a secret is changed without a pause.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec

from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.foundation.secrets import keyed_mac, same_bytes

SIGNED_FOR_SECONDS = 300
BODY_BYTES_MAX = 64 * 1024
SIGNATURES_MAX = 8

REQUEST_TIMESTAMP = "sandbox-timestamp"
REQUEST_NONCE = "sandbox-nonce"
REQUEST_SIGNATURE = "sandbox-signature"
CALLBACK_ID = "webhook-id"
CALLBACK_TIMESTAMP = "webhook-timestamp"
CALLBACK_SIGNATURE = "webhook-signature"

IdText = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,18}$")]
Amount = Annotated[int, msgspec.Meta(gt=0, le=AMOUNT_MINOR_MAX)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[\x21-\x7e]+$", max_length=2048)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message; a field that we do not know is refused, not ignored."""


class OpenSaid(Said, frozen=True):
    """Open a payment; a repeat of the same intent answers the same."""

    intent_id: IdText
    amount: Amount
    currency: Currency
    description: Annotated[str, msgspec.Meta(max_length=200)]
    notify_url: Url
    return_url: Url


class PaymentSaid(Said, frozen=True):
    """A payment as the bank has it; ``unknown`` has no more to say."""

    intent_id: str
    state: Literal["open", "paid", "closed", "unknown"]
    amount: int = 0
    currency: str = ""
    channel_ref: str = ""
    refunded: int = 0
    cashier_url: str = ""


class RefundAskSaid(Said, frozen=True):
    """Refund a part or all of a paid payment; a repeat of the same refund answers the same."""

    refund_id: IdText
    intent_id: IdText
    amount: Amount
    currency: Currency
    notify_url: Url


class RefundSaid(Said, frozen=True):
    """A refund as the bank has it; ``unknown`` has no more to say."""

    refund_id: str
    intent_id: str
    state: Literal["processing", "done", "failed", "closed", "unknown"]
    amount: int = 0
    currency: str = ""
    channel_ref: str = ""


class PayoutAskSaid(Said, frozen=True):
    """Pay to the account that paid ``to_intent_id``; a repeat of the same payout answers the same."""

    payout_id: IdText
    to_intent_id: IdText
    amount: Amount
    currency: Currency


class PayoutSaid(Said, frozen=True):
    """A payout as the bank has it; ``unknown`` has no more to say."""

    payout_id: str
    to_intent_id: str
    state: Literal["processing", "done", "failed", "unknown"]
    amount: int = 0
    currency: str = ""
    channel_ref: str = ""


class EventSaid(Said, frozen=True):
    """The body of a callback. ``intent_id`` and ``refund_id`` are the merchant's own ids."""

    id: str
    kind: Literal["payment", "refund"]
    made_at_ms: int
    intent_id: IdText
    refund_id: IdText | None
    state: Literal["open", "paid", "closed", "processing", "done", "failed"]
    amount: int
    currency: str
    channel_ref: str


class MovementSaid(Said, frozen=True):
    """Money that moved at the bank, in its order: a payment is above zero, a refund and a payout below.

    The ``intent_id`` of a payout is the payment whose payer's account it went to.
    """

    n: int
    kind: Literal["payment", "refund", "payout"]
    intent_id: str
    refund_id: str | None
    amount: int
    currency: str
    channel_ref: str
    moved_at_ms: int
    payout_id: str | None = None


class StatementSaid(Said, frozen=True):
    """A page of the statement; ``next_after`` is None on the last one."""

    movements: list[MovementSaid]
    next_after: int | None


class RefusedSaid(Said, frozen=True):
    """Why the bank did not do it. It did nothing."""

    code: str


class SecretMissing(Exception):
    """There is no secret to sign with."""


def split_secrets(text: str) -> tuple[bytes, ...]:
    """The secrets of a setting, the one that signs first. Raises SecretMissing where there is none."""
    found = tuple(part.strip().encode() for part in text.split(",") if part.strip())
    if not found:
        raise SecretMissing("RENQING_SANDBOX_SECRET is empty: both sides need the same secret")
    return found


def sign_request(secret: bytes, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Hex. ``path`` carries its query."""
    return keyed_mac(secret, f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body).hex()


def sign_answer(secret: bytes, nonce: str, timestamp: str, status: int, body: bytes) -> str:
    """Hex, bound to the nonce of the request that it answers."""
    return keyed_mac(secret, f"answer\n{nonce}\n{timestamp}\n{status}\n".encode() + body).hex()


def sign_callback(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    """``v1,BASE64`` over ``id.timestamp.body``."""
    mac = keyed_mac(secret, f"{event_id}.{timestamp}.".encode() + body)
    return "v1," + base64.b64encode(mac).decode()


def fits(given: str, expected: Iterable[str]) -> bool:
    """Whether ``given`` is one of ``expected``; every comparison takes the same time and all are made."""
    sent = given.encode("utf-8", "replace")
    found = False
    for one in expected:
        found |= same_bytes(sent, one.encode())
    return found


def callback_fits(secrets: Sequence[bytes], event_id: str, timestamp: str, body: bytes, signatures: str) -> bool:
    """Whether one of the space-separated signatures was made with one of our secrets."""
    expected = [sign_callback(secret, event_id, timestamp, body) for secret in secrets]
    found = False
    for given in signatures.split(" ")[:SIGNATURES_MAX]:
        found |= fits(given, expected)
    return found


def is_fresh(timestamp: str, now_seconds: float) -> bool:
    """Whether a stamp of whole seconds since 1970 is near enough to now, either way."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(int(timestamp) - now_seconds) <= SIGNED_FOR_SECONDS
