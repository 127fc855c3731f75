"""The styles of a gift that its recipient may take instead: as dear as it was when it was given, no price to show."""

from __future__ import annotations

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.social.gifts import Gift
from renqing.views.product_page import Stock

STYLES_SHOWN_MAX = 60


class StyleChoice(msgspec.Struct, frozen=True):
    """A style that may be taken: it cost exactly as much as the gift, so it has no price to show."""

    sku_id: int
    specs: list[str]
    picture: str
    stock: Stock


_STYLES = f"""
SELECT s.id, s.specs, coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture,
       coalesce(i.on_hand - i.held, 0) AS available
  FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id LEFT JOIN stock_item i ON i.sku_id = s.id
 WHERE s.product_id = $1 AND (s.id = $2 OR (s.on_sale AND p.on_sale AND
       CASE WHEN $5::bigint[] IS NULL THEN s.price = $3 AND p.currency = $4 ELSE s.id = ANY ($5) END))
 ORDER BY s.id = $2 DESC, s.place, s.id LIMIT {STYLES_SHOWN_MAX}
"""


async def styles_of(ground: Ground, gift: Gift) -> list[StyleChoice]:
    """The style that was given first; alone where no other may be taken."""
    same = gift.equal_skus
    rows = await ground.db.fetch(_STYLES, gift.product_id, gift.sku_id, gift.unit_price, gift.currency, same)
    may = gifts.may_choose_style(gift)
    return [_style(ground, gift, row) for row in rows if may or row["id"] == gift.sku_id]


def _style(ground: Ground, gift: Gift, row: Row) -> StyleChoice:
    """A style with its stock. The one given is held for this gift, so it is there however few are left."""
    left = 1 + ground.policy.stock_low_at if row["id"] == gift.sku_id else row["available"]
    stock: Stock = "none" if left <= 0 else "few" if left <= ground.policy.stock_low_at else "plenty"
    return StyleChoice(row["id"], list(row["specs"]), catalog.picture_of(row["picture"]), stock)
