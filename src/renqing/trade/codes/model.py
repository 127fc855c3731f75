"""What a gift code is, and what can stop a shop from making one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.errors import NotFound, NotNow

CODES_MAX = 500
PLACE_CHARACTERS_MAX = 40


class CodeUnknown(NotFound):
    """There is no such code, or it is another shop's."""

    code = "gift_code_unknown"


class CodesFull(NotNow):
    """A shop has as many living codes as it may. Fact: ``max``."""

    code = "gift_codes_full"


class NewCode(msgspec.Struct, frozen=True):
    """A code to print: for which product, where it will stand, and which guide is credited."""

    shop_id: int
    product_id: int
    place: str
    guide_id: int | None = None


class GiftCode(msgspec.Struct, frozen=True):
    """A code as it stands."""

    id: int
    code: str
    shop_id: int
    product_id: int
    guide_id: int | None
    place: str
    made_at: datetime
    ended_at: datetime | None
