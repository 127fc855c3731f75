"""Decisions about webhooks. Pure.

Signatures are those of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over ``id.timestamp.body`` with the bytes
behind ``whsec_``, one a secret that is in force.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from renqing.foundation.addresses import UrlRefused
from renqing.foundation.addresses import judge_url as judge
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.secrets import Keys
from renqing.trade.webhooks.events import for_owner
from renqing.trade.webhooks.model import (
    DESCRIPTION_CHARACTERS_MAX,
    TRIED_FOR,
    TRIES_MAX,
    WAITS,
    EventTypeUnknown,
    NewEndpoint,
    Tried,
    UrlNotAllowed,
)

SECRET_PREFIX = "whsec_"  # noqa: S105 - what stands before a secret
SECRET_BYTES = 24
GONE = 410
_OUR_PLATFORM = 0

PSEUDONYM_CHARACTERS = 26


def judge_endpoint(new: NewEndpoint, shop_id: int, *, loopback: bool) -> NewEndpoint:
    """An endpoint as it may be kept. Raises UrlNotAllowed, EventTypeUnknown, FieldNotValid."""
    try:
        judge(new.url, loopback=loopback)
    except UrlRefused as refused:
        raise UrlNotAllowed(reason=refused.reason) from refused
    for kind in new.kinds:
        if not for_owner(kind, is_platform=shop_id == _OUR_PLATFORM):
            raise EventTypeUnknown(type=kind[:40])
    description = " ".join(new.description.split())
    if len(description) > DESCRIPTION_CHARACTERS_MAX or not description.isprintable():
        raise FieldNotValid(field="description", reason="length", min=0, max=DESCRIPTION_CHARACTERS_MAX)
    return NewEndpoint(new.url, description, tuple(dict.fromkeys(new.kinds)))


def secret_of(random: bytes) -> str:
    """A secret as its owner sees it, once."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def sign(secrets: Sequence[str], event_id: str, stamp: int, body: bytes) -> str:
    """The ``webhook-signature`` of a body: one signature a secret, the newest first."""
    said = f"{event_id}.{stamp}.".encode() + body
    return " ".join(
        f"v1,{base64.b64encode(hmac.digest(_key(secret), said, hashlib.sha256)).decode()}" for secret in secrets
    )


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to try again after so many tries, None where it is given up."""
    return None if tries >= TRIES_MAX else now + WAITS[tries - 1]


def why_disable(tried: Tried, failing_since: datetime, now: datetime) -> str:
    """Why an endpoint is switched off after a failed try, empty where it is not."""
    if tried.status == GONE:
        return "gone"
    return "failing" if now - failing_since >= TRIED_FOR else ""


def nameless_pseudonym(keys: Keys, owner_id: int, gift_id: int) -> str:
    """Who gave this gift without a name: another for every gift, so that no two can be put together."""
    hashed = keys.keyed_hash("webhook nameless giver", f"{owner_id}:{gift_id}")
    return f"per_{hashed.hex()[:PSEUDONYM_CHARACTERS]}"


def pseudonym(keys: Keys, owner_id: int, person_id: int) -> str:
    """A person as one shop, or the platform, knows them: always the same for it, and another for everybody else."""
    hashed = keys.keyed_hash("webhook person", f"{owner_id}:{person_id}")
    return f"per_{hashed.hex()[:PSEUDONYM_CHARACTERS]}"
