"""A shop's vouchers as its staff see them: places, products that are vouchers, what was issued, and one by its code.

Who holds a voucher stands nowhere: whoever shows the code is served.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade import vouchers
from renqing.trade.vouchers import Location, Terms
from renqing.views.shop_staff import ShopHead, shop_of_staff

PRODUCTS_MAX = 200
ISSUED_SHOWN_MAX = 100


class VoucherProduct(msgspec.Struct, frozen=True):
    """A product of the shop, and what it promises where it is a voucher."""

    product_id: int
    title_zh: str
    title_en: str
    terms: Terms | None


class IssuedVoucher(msgspec.Struct, frozen=True):
    """A voucher of the shop, without its code."""

    voucher_id: int
    order_id: int
    product_id: int
    title_zh: str
    title_en: str
    picture: str
    state: vouchers.VoucherState
    why: str
    uses: int
    used: int
    issued_at: datetime
    expires_at: datetime


class ShownVoucher(msgspec.Struct, frozen=True):
    """The voucher whose code somebody shows. ``use_n``: the use that would be redeemed now, or why ``stopped``."""

    voucher: IssuedVoucher
    use_n: int
    stopped: str


class ShopVouchers(msgspec.Struct, frozen=True):
    """All of it: open places first, and the latest vouchers that were issued."""

    shop: ShopHead
    places: list[Location]
    products: list[VoucherProduct]
    issued: list[IssuedVoucher]
    used_today: int


_ISSUED = """
SELECT v.id, v.order_id, l.product_id, l.title_zh, l.title_en, l.picture, v.state, v.why, v.uses, v.used, v.issued_at,
       v.expires_at
  FROM voucher_voucher v JOIN order_line l ON l.order_id = v.order_id AND l.n = v.line_n
"""
_PRODUCTS = """
SELECT id, title_zh, title_en FROM catalog_product WHERE shop_id = $1 AND on_sale
 ORDER BY EXISTS (SELECT 1 FROM voucher_terms t WHERE t.product_id = catalog_product.id) DESC, id DESC LIMIT $2
"""
_TODAY = """
SELECT count(*) FROM voucher_use WHERE shop_id = $1
   AND used_at >= date_trunc('day', $2::timestamptz + make_interval(mins => $3), 'UTC') - make_interval(mins => $3)
"""


async def shop_vouchers(ground: Ground, reader_id: int, shop_id: int) -> ShopVouchers:
    """Raises ShopUnknown for who does not work there."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    places = await vouchers.locations(ground.db, shop_id)
    products = await ground.db.fetch(_PRODUCTS, shop_id, PRODUCTS_MAX)
    terms = await vouchers.terms_of_products(ground.db, [row["id"] for row in products])
    issued = await ground.db.fetch(
        f"{_ISSUED} WHERE v.shop_id = $1 ORDER BY v.id DESC LIMIT $2", shop_id, ISSUED_SHOWN_MAX
    )
    today = await ground.db.fetchval(_TODAY, shop_id, ground.clock.now(), ground.policy.utc_offset_minutes)
    return ShopVouchers(
        shop=shop,
        places=sorted(places, key=lambda place: place.closed_at is not None),
        products=[
            VoucherProduct(row["id"], row["title_zh"], row["title_en"], terms.get(row["id"])) for row in products
        ],
        issued=[_issued(row) for row in issued],
        used_today=today,
    )


async def shown_voucher(ground: Ground, reader_id: int, shop_id: int, code: str, location_id: int) -> ShownVoucher:
    """The voucher of a code, as it stands for this place. Raises ShopUnknown, VoucherUnknown, VoucherElsewhere.

    ``stopped`` is the code of the refusal that redeeming it now would meet.
    """
    await shop_of_staff(ground.db, reader_id, shop_id)
    voucher = await vouchers.by_code(ground.db, ground.keys, code)
    if voucher.shop_id != shop_id:
        raise vouchers.VoucherElsewhere(reason="shop")
    terms = (await vouchers.terms_by_ids(ground.db, [voucher.terms_id]))[voucher.terms_id]
    row = await ground.db.fetchrow(f"{_ISSUED} WHERE v.id = $1", voucher.id)
    assert row is not None, "a voucher has its line"
    stopped = vouchers.why_not(voucher, terms, shop_id, location_id, ground.clock.now())
    return ShownVoucher(_issued(row), voucher.used + 1, stopped)


def _issued(row: Row) -> IssuedVoucher:
    values = {**row, "state": vouchers.VoucherState(row["state"]), "voucher_id": row["id"]}
    return IssuedVoucher(**{name: values[name] for name in IssuedVoucher.__struct_fields__})
