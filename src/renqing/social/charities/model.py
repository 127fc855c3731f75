"""What a charity is, and its facts."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

CHARITIES_MAX = 50
NAME_CHARACTERS_MAX = 40
ABOUT_CHARACTERS_MAX = 200


class CharityUnknown(NotFound):
    """There is no such charity on the list (any more)."""

    code = "charity_unknown"


class TooManyCharities(NotNow):
    """A list of ``max`` is as long as anybody reads."""

    code = "too_many_charities"


class NewCharity(msgspec.Struct, frozen=True):
    """A charity to put on the list: what people read of it. English may be empty."""

    name_zh: str
    about_zh: str
    name_en: str = ""
    about_en: str = ""


class Charity(msgspec.Struct, frozen=True):
    """A charity on the list. ``person_id`` is the account that owns what it is given, ``address_id`` its address."""

    id: int
    person_id: int
    address_id: int
    name_zh: str
    name_en: str
    about_zh: str
    about_en: str


class CharityChanged(Fact, frozen=True, kw_only=True):
    """The platform put a charity on its list, or took it off."""

    kind: ClassVar[str] = "CharityChanged"
    charity_id: int
    what: Literal["added", "ended"]
