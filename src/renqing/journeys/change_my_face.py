"""Change what others see of oneself: name, avatar, language. One transaction; what is not given stays."""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.text import Language


class ChangeFace(msgspec.Struct, frozen=True):
    """What shall be different."""

    person_id: int
    name: str | None = None
    avatar: str | None = None
    language: Language | None = None


async def change_my_face(ground: Ground, ask: ChangeFace, once: Once) -> people.Person:
    """Change it. Raises FieldNotValid."""
    return await run_once(
        ground.db,
        once,
        people.Person,
        lambda tx: people.change_person(tx, ask.person_id, name=ask.name, avatar=ask.avatar, language=ask.language),
    )
