"""What somebody says for a gift, and what may stop it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact

THANKS_CHARACTERS_MAX = 300


class ThankedAlready(NotNow):
    """Thanks for a gift are said once."""

    code = "thanked_already"


class Thanks(msgspec.Struct, frozen=True, kw_only=True):
    """What is said for a gift. Ids are of files in the media room; all of it may be absent while it is held."""

    gift_id: int
    person_id: int
    giver_id: int
    words: str = ""
    picture_id: int | None = None
    voice_id: int | None = None

    @property
    def says_nothing(self) -> bool:
        return not self.words and self.picture_id is None and self.voice_id is None


class GiftThanked(Fact, frozen=True, kw_only=True):
    """Somebody thanked the giver of a gift that they claimed."""

    kind: ClassVar[str] = "GiftThanked"
    gift_id: int
    giver_id: int
    thanked_by: int
