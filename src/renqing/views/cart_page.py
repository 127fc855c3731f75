"""One's own cart: by shop, as things stand today, with what changed since each was put in. One read.

Nothing is dropped silently: a style that went off sale or sold out stays where it was put, says so, and is not counted
into what could be ordered now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from renqing.books.catalog import picture_of
from renqing.books.people import Address
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade import engravings, shipping, vouchers
from renqing.views.buying_page import chosen_address
from renqing.views.product_page import Stock

Standing = Literal["ready", "off_sale", "sold_out", "too_many"]


class CartLineHere(msgspec.Struct, frozen=True):
    """A line of the cart. ``price`` a piece today and ``price_seen`` when it was put in, in minor units.

    ``left`` is told only when few are left. ``standing``: whether so many pieces could be ordered now, or why not.
    ``words``: what each piece is to have on it; ``engraving``: what its product takes.
    """

    sku_id: int
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    quantity: int
    price: int
    price_seen: int
    currency: str
    stock: Stock
    left: int | None
    standing: Standing
    put_in_at: datetime
    words: str = ""
    engraving: engravings.Terms | None = None

    @property
    def amount(self) -> int:
        return self.price * self.quantity


class CartShop(msgspec.Struct, frozen=True):
    """What is in the cart of one shop. ``total`` of the lines that are ready, freight aside, in minor units."""

    shop_id: int
    name_zh: str
    name_en: str
    lines: list[CartLineHere]
    total: int
    currency: str


class CartPage(msgspec.Struct, frozen=True):
    """The whole cart: the shop that something was put in of last comes first."""

    shops: list[CartShop]

    @property
    def lines(self) -> int:
        return sum(len(shop.lines) for shop in self.shops)


class CartOrderPage(msgspec.Struct, frozen=True):
    """Chosen lines of one shop before they are ordered. ``chosen`` None: no address yet; vouchers need none."""

    shop: CartShop
    addresses: list[Address]
    chosen: Address | None
    delivers: bool
    freight: int
    by_voucher: bool = False

    @property
    def total(self) -> int:
        return self.shop.total + self.freight


_CART = """
SELECT c.sku_id, s.product_id, p.title_zh, p.title_en, s.specs, s.picture, p.pictures, c.quantity, s.price,
       c.price_seen, p.currency, p.on_sale AND s.on_sale AS on_sale, coalesce(i.on_hand - i.held, 0) AS available,
       c.put_in_at, p.shop_id, h.name_zh AS shop_zh, h.name_en AS shop_en, coalesce(e.words, '') AS words,
       t.characters_max, t.script
  FROM cart_line c
  JOIN catalog_sku s ON s.id = c.sku_id
  JOIN catalog_product p ON p.id = s.product_id
  JOIN people_shop h ON h.id = p.shop_id
  LEFT JOIN stock_item i ON i.sku_id = c.sku_id
  LEFT JOIN engraving_cart e ON e.person_id = c.person_id AND e.sku_id = c.sku_id
  LEFT JOIN engraving_terms t ON t.product_id = s.product_id AND t.characters_max > 0
 WHERE c.person_id = $1
 ORDER BY max(c.put_in_at) OVER (PARTITION BY p.shop_id) DESC, p.shop_id, c.put_in_at DESC, c.sku_id
"""


async def cart_page(ground: Ground, person_id: int) -> CartPage:
    """What somebody means to buy."""
    rows = await ground.db.fetch(_CART, person_id)
    shops: dict[int, list[Row]] = {}
    for row in rows:
        shops.setdefault(row["shop_id"], []).append(row)
    return CartPage([_shop(ground, of_shop) for of_shop in shops.values()])


async def cart_order_page(
    ground: Ground, person_id: int, sku_ids: Sequence[int], address_id: int | None = None
) -> CartOrderPage | None:
    """What would be ordered of these SKUs: the lines of one shop that are ready. None where nothing is.

    Raises AddressUnknown.
    """
    page = await cart_page(ground, person_id)
    for shop in page.shops:
        ready = [line for line in shop.lines if line.sku_id in sku_ids and line.standing == "ready"]
        if ready:
            goods = sum(line.amount for line in ready)
            only = msgspec.structs.replace(shop, lines=ready, total=goods)
            if len(await vouchers.terms_of_products(ground.db, [one.product_id for one in ready])) == len(
                {one.product_id for one in ready}
            ):
                return CartOrderPage(only, [], None, delivers=True, freight=0, by_voucher=True)
            addresses, chosen = await chosen_address(ground, person_id, address_id)
            region = chosen.region_code if chosen else None
            quote = await shipping.quote(ground.db, shop.shop_id, region, goods)
            return CartOrderPage(only, addresses, chosen, quote.delivers, quote.fee)
    return None


async def lines_in_cart(ground: Ground, person_id: int) -> int:
    """How many lines somebody's cart has: the figure beside its sign."""
    return int(await ground.db.fetchval("SELECT count(*) FROM cart_line WHERE person_id = $1", person_id))


def _shop(ground: Ground, rows: Sequence[Row]) -> CartShop:
    lines = [_line(ground, row) for row in rows]
    first = rows[0]
    total = sum(line.amount for line in lines if line.standing == "ready")
    return CartShop(first["shop_id"], first["shop_zh"], first["shop_en"], lines, total, first["currency"])


def _line(ground: Ground, row: Row) -> CartLineHere:
    available = row["available"]
    few = 0 < available <= ground.policy.stock_low_at
    return CartLineHere(
        sku_id=row["sku_id"],
        product_id=row["product_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"], *row["pictures"]),
        quantity=row["quantity"],
        price=row["price"],
        price_seen=row["price_seen"],
        currency=row["currency"],
        stock="few" if few else "plenty" if available > 0 else "none",
        left=available if few else None,
        standing=_standing(row["quantity"], available, on_sale=row["on_sale"]),
        put_in_at=row["put_in_at"],
        words=row["words"],
        engraving=engravings.Terms(row["characters_max"], row["script"]) if row["characters_max"] else None,
    )


def _standing(quantity: int, available: int, *, on_sale: bool) -> Standing:
    if not on_sale:
        return "off_sale"
    if available <= 0:
        return "sold_out"
    return "ready" if quantity <= available else "too_many"
