"""Who judges what people write: the house's own word list, or a service that an operator plugs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from renqing.social.moderation.model import Suspect


class Moderator(Protocol):
    """Never called inside a transaction. What it cannot judge in time it holds."""

    async def judge(self, suspects: Sequence[Suspect]) -> dict[int, str]:
        """Which of these (by place) are held for an operator, and why; what is not named passes."""
        ...
