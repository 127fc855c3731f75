"""A shop says where its vouchers are redeemed, and which of its products are vouchers with what promises.

Steps, in one transaction: who works for the shop is let in, everybody else hears that there is no such shop; the
product is the shop's own. New terms are for what is sold from now on.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import vouchers
from renqing.trade.vouchers import Location, NewTerms, Terms


class OpenLocation(msgspec.Struct, frozen=True):
    """A place to open."""

    staff_id: int
    shop_id: int
    name: str
    place: str


class CloseLocation(msgspec.Struct, frozen=True):
    """A place where nothing is redeemed any more."""

    staff_id: int
    shop_id: int
    location_id: int


class LocationClosed(msgspec.Struct, frozen=True):
    """It is closed."""

    location_id: int


class SetTerms(msgspec.Struct, frozen=True):
    """What a product promises from now on."""

    staff_id: int
    new: NewTerms


async def open_a_location(ground: Ground, ask: OpenLocation, once: Once) -> Location:
    """Raises ShopUnknown for strangers, FieldNotValid, LocationsFull."""

    async def story(tx: Tx) -> Location:
        await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
        return await vouchers.open_a_location(tx, ask.shop_id, ask.staff_id, ask.name, ask.place)

    return await run_once(ground.db, once, Location, story)


async def close_a_location(ground: Ground, ask: CloseLocation, once: Once) -> LocationClosed:
    """Raises ShopUnknown for strangers, LocationUnknown."""

    async def story(tx: Tx) -> LocationClosed:
        await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
        await vouchers.close_a_location(tx, ask.shop_id, ask.location_id)
        return LocationClosed(ask.location_id)

    return await run_once(ground.db, once, LocationClosed, story)


async def set_voucher_terms(ground: Ground, ask: SetTerms, once: Once) -> Terms:
    """Raises ShopUnknown for strangers, ProductNotFound, FieldNotValid."""

    async def story(tx: Tx) -> Terms:
        await check_staff(tx, ask.new.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
        await catalog.get_product(tx, ask.new.shop_id, ask.new.product_id)
        return await vouchers.set_terms(tx, ask.new, ask.staff_id)

    return await run_once(ground.db, once, Terms, story)
