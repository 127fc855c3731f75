"""What this room needs from outside: somebody who carries words to a phone."""

from __future__ import annotations

from typing import Protocol

from renqing.foundation.errors import NotSure


class MessageNotSent(NotSure):
    """The carrier of messages did not say that it took the message: it may arrive or not."""

    code = "message_not_sent"


class MessageSender(Protocol):
    """Carries short messages to phones. Called between commits only; never logs what it carries."""

    async def send(self, phone: str, words: str) -> None:
        """Send ``words`` to a mainland mobile number of 11 digits. Raises MessageNotSent."""
        ...
