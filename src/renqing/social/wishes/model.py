"""What a wish list holds, who sees it, and what can stop somebody from changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotNow

LISTS_MAX = 20
WISHES_MAX = 200
NAME_CHARACTERS_MAX = 40
NOTE_CHARACTERS_MAX = 100

SeenBy = Literal["everybody", "friends", "nobody"]
SEEN_BY: tuple[SeenBy, ...] = get_args(SeenBy)


class WishListUnknown(NotFound):
    """There is no such list, or the asker may not know of it."""

    code = "wish_list_unknown"


class WishUnknown(NotFound):
    """This product is not on the list."""

    code = "wish_unknown"


class WishesFull(NotNow):
    """As many lists, or wishes on a list, as there may be. Facts: ``reason`` (lists, wishes), ``max``."""

    code = "wishes_full"


class ListDraft(msgspec.Struct, frozen=True):
    """What its owner decides of a list."""

    name: str
    seen_by: SeenBy


class WishList(msgspec.Struct, frozen=True):
    """A list as it stands."""

    id: int
    owner_id: int
    name: str
    seen_by: SeenBy
    made_at: datetime


class NewWish(msgspec.Struct, frozen=True):
    """A product for a list, in a style (None: any), with a word about it."""

    list_id: int
    product_id: int
    sku_id: int | None
    note: str
