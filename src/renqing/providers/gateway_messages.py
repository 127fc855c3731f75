"""The operator's gateway to phones.

It is anything that takes a signed ``POST`` with ``{"phone": "+8613800000000", "words": "..."}`` and answers 2xx once it
has taken the message; a few lines in front of any SMS service. The signature is that of Standard Webhooks
(``webhook-id``, ``webhook-timestamp``, ``webhook-signature``), so existing libraries check it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

import httpx
import msgspec

from renqing.books.people import MessageNotSent
from renqing.foundation.clock import Clock
from renqing.foundation.ids import Ids

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
