"""Only the platform's own staff see an operator's desk; everybody else learns that there is no such page."""

from __future__ import annotations

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground


async def check_operator(ground: Ground, reader_id: int) -> None:
    """Raises NotFound for everybody who is no operator."""
    if await people.role_of(ground.db, people.PLATFORM, reader_id) is not people.Role.OPERATOR:
        raise NotFound
