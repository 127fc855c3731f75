"""What a product takes, and what was chosen. The numbers of ``custom_type`` are WeChat Shop's."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from renqing.foundation.errors import NotNow

CHARACTERS_MAX = 60
Script = Literal["any", "han", "latin"]
SCRIPTS: tuple[Script, ...] = get_args(Script)
Kind = Literal["words", "picture", "left"]  # left: whoever claims the gift says the words
KINDS: tuple[Kind, ...] = ("left", "words", "picture")  # by ``custom_type``


class EngravingNotHere(NotNow):
    """This gift takes no words of yours (any more). Fact ``reason``: none, chosen or shipped."""

    code = "engraving_not_here"


class Terms(msgspec.Struct, frozen=True):
    """What a product takes: up to ``characters_max`` characters of ``script`` (0: no words), and pictures or not."""

    characters_max: int = 0
    script: Script = "any"
    takes_pictures: bool = False

    def __bool__(self) -> bool:
        return bool(self.characters_max or self.takes_pictures)


class Engraving(msgspec.Struct, frozen=True):
    """What was chosen: words, a picture by its id, or to leave the words to whoever claims it."""

    kind: Kind
    words: str = ""
    picture_id: int | None = None


class Ordered(msgspec.Struct, frozen=True):
    """An engraving as it was ordered, with the terms that it was ordered under."""

    order_id: int
    buyer_id: int
    engraving: Engraving
    terms: Terms
