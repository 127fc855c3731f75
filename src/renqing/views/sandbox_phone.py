"""What the sandbox's phones received: the page that stands in for a phone in one's hand, in demo and tests alone."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground

SEAL = "sandbox_message.sealed"
SHOWN_MAX = 5


class Received(msgspec.Struct, frozen=True):
    """One message as the phone shows it."""

    words: str
    sent_at: datetime


async def sandbox_phone(ground: Ground, phone: str) -> list[Received]:
    """The latest messages of a sandbox phone, the newest first. Raises NotFound in production, FieldNotValid."""
    if ground.settings.mode == "production":
        raise NotFound
    digits = people.phone(phone)
    rows = await ground.db.fetch(
        "SELECT id, sealed, sent_at FROM sandbox_message WHERE phone_hash = $1 ORDER BY id DESC LIMIT $2",
        people.phone_hash(ground.keys, digits),
        SHOWN_MAX,
    )
    return [Received(ground.keys.open(row["sealed"], place=SEAL, row=row["id"]), row["sent_at"]) for row in rows]
