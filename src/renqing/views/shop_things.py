"""Whether an order, a parcel or a case is this shop's: for doors whose address names both. One read by key each.

Who may see it is asked before, by ``shop_of_staff``; what is another shop's is as absent as what does not exist.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.ground import Ground
from renqing.trade.aftersales import AftersaleUnknown
from renqing.trade.orders import OrderUnknown
from renqing.trade.shipping import ParcelNotFound, Rate, rates_of
from renqing.views.shop_staff import ShopHead, shop_of_staff


class ShopRates(msgspec.Struct, frozen=True):
    """A shop with its freight rates, everywhere first."""

    shop: ShopHead
    rates: list[Rate]


async def order_of_shop(ground: Ground, reader_id: int, shop_id: int, order_id: int) -> None:
    """Raises ShopUnknown for others than the shop's staff, OrderUnknown for another shop's order."""
    await shop_of_staff(ground.db, reader_id, shop_id)
    if await ground.db.fetchval("SELECT shop_id FROM order_order WHERE id = $1", order_id) != shop_id:
        raise OrderUnknown(order_id=order_id)


async def parcel_of_shop(ground: Ground, reader_id: int, shop_id: int, parcel_id: int) -> None:
    """Raises ShopUnknown for others than the shop's staff, ParcelNotFound for another shop's parcel."""
    await shop_of_staff(ground.db, reader_id, shop_id)
    if await ground.db.fetchval("SELECT shop_id FROM shipping_parcel WHERE id = $1", parcel_id) != shop_id:
        raise ParcelNotFound


async def case_of_shop(ground: Ground, reader_id: int, shop_id: int, case_id: int) -> None:
    """Raises ShopUnknown for others than the shop's staff, AftersaleUnknown for another shop's case."""
    await shop_of_staff(ground.db, reader_id, shop_id)
    if await ground.db.fetchval("SELECT shop_id FROM aftersale_case WHERE id = $1", case_id) != shop_id:
        raise AftersaleUnknown


async def shop_rates(ground: Ground, reader_id: int, shop_id: int) -> ShopRates:
    """What delivery costs where. Raises ShopUnknown for others than the shop's staff."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    return ShopRates(shop, (await rates_of(ground.db, [shop_id])).get(shop_id, []))
