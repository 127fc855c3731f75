"""A shop says what a product of its own takes: words of so many characters, pictures, or nothing.

One transaction: the shop's staff are let in, and the product must be the shop's. Gifts that are wrapped already keep
what they were wrapped under.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import engravings
from renqing.trade.engravings import Terms


class KeepEngravings(msgspec.Struct, frozen=True):
    """What a product of a shop takes from now on."""

    staff_id: int
    shop_id: int
    product_id: int
    terms: Terms


async def keep_engravings(ground: Ground, ask: KeepEngravings, once: Once) -> Terms:
    """Raises ShopUnknown for others than the staff, ProductNotFound, FieldNotValid."""
    return await run_once(ground.db, once, Terms, lambda tx: _keep(tx, ask))


async def _keep(tx: Tx, ask: KeepEngravings) -> Terms:
    await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    await catalog.get_product(tx, ask.shop_id, ask.product_id)
    return await engravings.keep_terms(tx, ask.shop_id, ask.product_id, ask.terms)
