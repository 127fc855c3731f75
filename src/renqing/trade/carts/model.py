"""What a cart holds, and what can stop somebody from changing it."""

from __future__ import annotations

import msgspec

from renqing.foundation.errors import NotFound, NotNow

QUANTITY_MAX = 999
LINES_MAX = 120


class CartFull(NotNow):
    """The cart has as many lines as it may. Fact: ``max``."""

    code = "cart_full"


class TooManyPieces(NotNow):
    """A line would have more pieces than it may. Facts: ``sku_id``, ``max``."""

    code = "too_many_pieces"


class CartLineUnknown(NotFound):
    """This is not in the asker's cart."""

    code = "cart_line_unknown"


class CartChanged(NotNow):
    """The cart no longer holds what was to be ordered from it: another device was faster. Fact: ``sku_id``."""

    code = "cart_changed"


class Put(msgspec.Struct, frozen=True):
    """Pieces of a SKU for somebody's cart. ``price`` a piece, in minor units of ``currency``, is what they saw."""

    person_id: int
    sku_id: int
    quantity: int
    price: int
    currency: str


class InCart(msgspec.Struct, frozen=True):
    """A line as it stands now, and how many lines the cart has with it."""

    sku_id: int
    quantity: int
    lines: int
