"""What may be had instead of what was given, and what may stop somebody who wants it."""

from __future__ import annotations

import msgspec

from renqing.foundation.errors import NotNow, NotValid

KINDS_MAX = 20  # so many different things instead of one
PIECES_MAX = 99  # of each of them


class OtherNotOffered(NotNow):
    """Nothing else can be had for this gift.

    Fact ``reason``: policy, shares, draw, set, voucher, engraved, surprise or together.
    """

    code = "other_not_offered"


class OtherNotWithin(NotValid):
    """What was chosen cannot be had for this gift.

    Fact ``reason``: one (one thing, once), offer (not there for this gift), value (several come to more than it).
    """

    code = "other_not_within"


class Thing(msgspec.Struct, frozen=True):
    """Something that somebody would rather have, as it is offered now. Price in minor units of ``currency``.

    ``kept_back``: why it may not be a gift; empty where it may.
    """

    sku_id: int
    quantity: int
    shop_id: int
    price: int
    currency: str
    on_sale: bool
    kept_back: str
    is_voucher: bool
