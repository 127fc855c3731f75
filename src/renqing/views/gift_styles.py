"""The styles of a gift that its recipient may take instead: as dear as it was when it was given, no price to show.

Of a set, those of each thing in it.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.social.gifts import Gift
from renqing.views.gift_tiers import Goods, goods_in
from renqing.views.product_page import Stock

STYLES_SHOWN_MAX = 60


class StyleChoice(msgspec.Struct, frozen=True):
    """A style that may be taken: it cost exactly as much as the gift, so it has no price to show."""

    sku_id: int
    specs: list[str]
    picture: str
    stock: Stock


class ThingStyles(msgspec.Struct, frozen=True):
    """What may be taken instead of one thing of a set, the ``n``-th; ``styles`` begins with the one that was given."""

    n: int
    sku_id: int
    goods: Goods
    styles: list[StyleChoice]


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
    return [_style(ground, gift.sku_id, row) for row in rows if may or row["id"] == gift.sku_id]


def _style(ground: Ground, given_sku_id: int, row: Row, pieces: int = 1) -> StyleChoice:
    """A style with its stock. The one given is held for this gift, so it is there however few are left."""
    left = pieces + ground.policy.stock_low_at if row["id"] == given_sku_id else row["available"]
    stock: Stock = "none" if left < pieces else "few" if left <= ground.policy.stock_low_at else "plenty"
    return StyleChoice(row["id"], list(row["specs"]), catalog.picture_of(row["picture"]), stock)


_IN_SET = """
SELECT t.n, t.sku_id AS given, t.quantity, p.id AS product_id, p.title_zh, p.title_en, s.id, s.specs,
       coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture, coalesce(i.on_hand - i.held, 0) AS available
  FROM gift_set_thing t JOIN catalog_product p ON p.id = t.product_id
  JOIN catalog_sku s ON s.product_id = p.id LEFT JOIN stock_item i ON i.sku_id = s.id
 WHERE t.gift_id = $1 AND (s.id = t.sku_id OR s.on_sale AND p.on_sale AND s.id = ANY (t.equal_skus))
 ORDER BY t.n, s.id = t.sku_id DESC, s.place, s.id
"""


async def styles_in_set(ground: Ground, gift: Gift) -> list[ThingStyles]:
    """Those things of a set that there is another style of to take."""
    if not gifts.may_choose_in_set(gift):
        return []
    found: dict[int, ThingStyles] = {}
    for row in await ground.db.fetch(_IN_SET, gift.id):
        thing = found.setdefault(row["n"], ThingStyles(row["n"], row["given"], goods_in(row), []))
        if len(thing.styles) < STYLES_SHOWN_MAX:
            thing.styles.append(_style(ground, row["given"], row, row["quantity"]))
    return [thing for thing in found.values() if len(thing.styles) > 1]
