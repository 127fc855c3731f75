"""What webhooks need from outside: somebody who calls an address that a stranger chose, and is not led inside by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

ANSWER_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 65_536


class OutsideFailed(Exception):
    """No answer that counts. ``why`` is one word: refused, inside, dns, connect, tls, slow, broken."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Outside(Protocol):
    """The one way out to addresses that somebody else chose."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post, and answer the status. Follows no redirect. Raises OutsideFailed."""
