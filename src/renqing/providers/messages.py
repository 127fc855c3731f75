"""Who carries words to phones: the operator's gateway, or in demo and tests the sandbox's phones.

The gateway is anything that takes a signed ``POST`` with ``{"phone": "+8613800000000", "words": "..."}`` and answers
2xx once it has taken the message; a few lines in front of any SMS service. The signature is that of Standard Webhooks
(``webhook-id``, ``webhook-timestamp``, ``webhook-signature``), so existing libraries check it.

The sandbox's phones are a sealed table, since a code may be asked of one server process and read on another. Neither
logs what it carries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

import httpx
import msgspec

from renqing.books.people import MessageNotSent, phone_hash
from renqing.foundation.clock import Clock
from renqing.foundation.database import Database, Tx
from renqing.foundation.ground import Ground
from renqing.foundation.ids import Ids
from renqing.foundation.settings import UnsafeSettings
from renqing.views.sandbox_phone import SEAL, SHOWN_MAX

_TIMEOUT: Final = httpx.Timeout(5.0)


class GatewayMessages:
    """The operator's gateway. One connection pool a process; close it with ``close``."""

    def __init__(self, url: str, secret: str, clock: Clock, ids: Ids) -> None:
        self._url = url
        self._secret = secret.encode()
        self._clock = clock
        self._ids = ids
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    async def send(self, phone: str, words: str) -> None:
        """Hand a message to the gateway. Raises MessageNotSent where it did not say that it took it."""
        body = msgspec.json.encode({"phone": f"+86{phone}", "words": words})
        message_id = f"msg_{self._ids.new()}"
        stamp = str(int(self._clock.machine_now().timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": sign(self._secret, message_id, stamp, body),
        }
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                taken = answer.is_success
        except httpx.HTTPError as silent:
            raise MessageNotSent(why=type(silent).__name__) from None
        if not taken:
            raise MessageNotSent(why=f"status_{answer.status_code}")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def sign(secret: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """A Standard Webhooks signature, version 1."""
    said = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode()


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
        return GatewayMessages(settings.messages_url, settings.messages_secret, ground.clock, ground.ids)
    if settings.mode == "production":
        raise UnsafeSettings("RENQING_MESSAGES_URL: without it no sign-in code reaches a phone")
    return SandboxMessages(ground.db)
