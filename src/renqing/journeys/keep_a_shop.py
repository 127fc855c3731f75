"""An owner keeps the shop: its face, whether its goods may be gifts, and what delivery costs where.

Steps, in one transaction: the shop's owner is let in; a clerk hears that the owner decides this, everybody else that
there is no such shop; what is asked is judged and kept whole. Orders and gifts that exist keep what they were promised.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_owner
from renqing.trade import shipping


class KeepShop(msgspec.Struct, frozen=True):
    """The shop as its owner wants it to look, and whether its goods may be gifts."""

    owner_id: int
    shop_id: int
    face: people.NewShop


class SetFreight(msgspec.Struct, frozen=True):
    """What delivery into a region costs; region 0 is everywhere."""

    owner_id: int
    shop_id: int
    rate: shipping.Rate


class DropFreight(msgspec.Struct, frozen=True):
    """A region that is to cost what its wider region costs."""

    owner_id: int
    shop_id: int
    region_code: int


class KeptShop(msgspec.Struct, frozen=True):
    """The shop with its rates, everywhere first."""

    shop: people.Shop
    rates: tuple[shipping.Rate, ...]


async def keep_a_shop(ground: Ground, ask: KeepShop, once: Once) -> KeptShop:
    """Raises ShopUnknown for strangers, OwnersOnly for a clerk, FieldNotValid."""
    return await run_once(ground.db, once, KeptShop, lambda tx: _keep(tx, ask))


async def _keep(tx: Tx, ask: KeepShop) -> KeptShop:
    await check_owner(tx, ask.shop_id, ask.owner_id, otherwise=people.ShopUnknown())
    await people.change_shop(tx, ask.shop_id, ask.face)
    return await _kept(tx, ask.shop_id)


async def set_freight(ground: Ground, ask: SetFreight, once: Once) -> KeptShop:
    """Raises ShopUnknown for strangers, OwnersOnly for a clerk, RateNotValid, FieldNotValid for no region."""
    return await run_once(ground.db, once, KeptShop, lambda tx: _set(tx, ask))


async def _set(tx: Tx, ask: SetFreight) -> KeptShop:
    await check_owner(tx, ask.shop_id, ask.owner_id, otherwise=people.ShopUnknown())
    if ask.rate.region_code != shipping.EVERYWHERE:
        await people.region_name(tx, ask.rate.region_code)
    await shipping.set_rate(tx, ask.shop_id, ask.rate)
    return await _kept(tx, ask.shop_id)


async def drop_freight(ground: Ground, ask: DropFreight, once: Once) -> KeptShop:
    """Raises ShopUnknown for strangers, OwnersOnly for a clerk. A rate that is not there is no matter."""
    return await run_once(ground.db, once, KeptShop, lambda tx: _drop(tx, ask))


async def _drop(tx: Tx, ask: DropFreight) -> KeptShop:
    await check_owner(tx, ask.shop_id, ask.owner_id, otherwise=people.ShopUnknown())
    await shipping.remove_rate(tx, ask.shop_id, ask.region_code)
    return await _kept(tx, ask.shop_id)


async def _kept(tx: Tx, shop_id: int) -> KeptShop:
    rates = (await shipping.rates_of(tx, [shop_id])).get(shop_id, [])
    return KeptShop(await people.get_shop(tx, shop_id), tuple(rates))
