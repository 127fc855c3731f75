"""A shop's own page for its staff: its face, its freight by region, and the provinces to choose from."""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.books.people import Shop
from renqing.foundation.ground import Ground
from renqing.trade import shipping
from renqing.views.shop_staff import ShopHead, shop_of_staff


class RateRow(msgspec.Struct, frozen=True):
    """A freight rate with its region's name; empty: everywhere. Minor units."""

    region_code: int
    region: str
    fee: int
    free_from: int | None
    delivers: bool


class Province(msgspec.Struct, frozen=True):
    """A province to choose."""

    code: int
    name: str


class ShopFace(msgspec.Struct, frozen=True):
    """The shop as its staff see it."""

    head: ShopHead
    shop: Shop
    rates: list[RateRow]
    provinces: list[Province]


async def shop_face(ground: Ground, reader_id: int, shop_id: int) -> ShopFace:
    """The shop's page. Raises ShopUnknown for others than its staff."""
    head = await shop_of_staff(ground.db, reader_id, shop_id)
    rates = (await shipping.rates_of(ground.db, [shop_id])).get(shop_id, [])
    provinces = await ground.db.fetch("SELECT code, name FROM people_region WHERE level = 1 ORDER BY code")
    return ShopFace(
        head=head,
        shop=await people.get_shop(ground.db, shop_id),
        rates=[
            RateRow(
                rate.region_code,
                await people.region_name(ground.db, rate.region_code) if rate.region_code else "",
                rate.fee,
                rate.free_from,
                rate.delivers,
            )
            for rate in rates
        ],
        provinces=[Province(*row.values()) for row in provinces],
    )
