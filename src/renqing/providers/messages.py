"""Who carries words to phones: the operator's gateway, or in demo and tests the sandbox's phones.

The sandbox's phones are a sealed table, since a code may be asked of one server process and read on another. Neither
logs what it carries.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from renqing.books.people import phone_hash
from renqing.foundation.database import Database, Tx
from renqing.foundation.ground import Ground
from renqing.foundation.settings import UnsafeSettings
from renqing.views.sandbox_phone import SEAL, SHOWN_MAX

if TYPE_CHECKING:
    from renqing.providers.gateway_messages import GatewayMessages


class SandboxMessages:
    """Phones of the sandbox: every message arrives, and their page shows the latest."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def send(self, phone: str, words: str) -> None:
        """Put a message on a sandbox phone, over the oldest one."""
        await self._db.run(lambda tx: self._put(tx, phone, words))

    async def close(self) -> None:
        """Nothing is open."""

    async def _put(self, tx: Tx, phone: str, words: str) -> None:
        message_id = tx.ids.new()
        hashed = phone_hash(tx.keys, phone)
        await tx.execute(
            "INSERT INTO sandbox_message (id, phone_hash, sealed, sent_at) VALUES ($1, $2, $3, $4)",
            message_id,
            hashed,
            tx.keys.seal(words, place=SEAL, row=message_id),
            tx.now,
        )
        await tx.execute(
            """DELETE FROM sandbox_message WHERE phone_hash = $1 AND id < (
                 SELECT min(id) FROM (SELECT id FROM sandbox_message WHERE phone_hash = $1
                                      ORDER BY id DESC LIMIT $2) AS shown)""",
            hashed,
            SHOWN_MAX,
        )


def plug_messages(ground: Ground) -> GatewayMessages | SandboxMessages:
    """The sender that the settings name. Raises UnsafeSettings where production has none."""
    settings = ground.settings
    if settings.messages_url:
        # By name: its HTTP client brings a command line and its colours, 9 MB in each process of a house without one.
        gateway = importlib.import_module("renqing.providers.gateway_messages").GatewayMessages
        made = gateway(settings.messages_url, settings.messages_secret, ground.clock, ground.ids)
        return cast("GatewayMessages", made)
    if settings.mode == "production":
        raise UnsafeSettings("RENQING_MESSAGES_URL: without it no sign-in code reaches a phone")
    return SandboxMessages(ground.db)
