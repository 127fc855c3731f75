"""A shop keeps its products: saves one with its styles, puts some on or off sale, allows them as gifts or not.

Steps, in one transaction: the shop's staff are let in, nobody else; the product must be the shop's own, and of the
version its editor saw; it is saved whole. Where it was imported from stays with it, and how popular it is is not the
shop's to say. What is ordered or wrapped already keeps the price and the words it was bought with.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff

PRODUCTS_AT_ONCE_MAX = 200


class KeepProduct(msgspec.Struct, frozen=True):
    """A product as its editor wants it. ``draft.id`` None: a new one."""

    staff_id: int
    draft: catalog.ProductDraft


class KeptProduct(msgspec.Struct, frozen=True):
    """The product as it is kept. ``sku_ids`` stand in the draft's order."""

    product_id: int
    sku_ids: tuple[int, ...]
    how: str


class SwitchProducts(msgspec.Struct, frozen=True):
    """Products of one shop to switch ``on`` or off."""

    staff_id: int
    shop_id: int
    product_ids: tuple[int, ...]
    on: bool


class SwitchedProducts(msgspec.Struct, frozen=True):
    """Those that changed; a product that stood so already, or is another shop's, is not among them."""

    product_ids: tuple[int, ...]


async def keep_a_product(ground: Ground, ask: KeepProduct, once: Once) -> KeptProduct:
    """Raises ShopUnknown for others than the staff, ProductNotFound, ProductChangedMeanwhile, FieldNotValid."""
    return await run_once(ground.db, once, KeptProduct, lambda tx: _keep(tx, ask))


async def _keep(tx: Tx, ask: KeepProduct) -> KeptProduct:
    await check_staff(tx, ask.draft.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    draft = msgspec.structs.replace(ask.draft, source="", source_id="", popularity=None)
    if draft.id is None:
        skus = tuple(msgspec.structs.replace(sku, id=None, source_id="") for sku in draft.skus)
    else:
        known = await catalog.get_product(tx, draft.shop_id, draft.id)
        draft = msgspec.structs.replace(draft, source=known.source, source_id=known.source_id)
        sources = {sku.id: sku.source_id for sku in known.skus}
        skus = tuple(msgspec.structs.replace(sku, source_id=sources.get(sku.id or 0, "")) for sku in draft.skus)
    saved = await catalog.save_product(tx, msgspec.structs.replace(draft, skus=skus))
    return KeptProduct(saved.product_id, saved.sku_ids, saved.how)


async def put_products_on_sale(ground: Ground, ask: SwitchProducts, once: Once) -> SwitchedProducts:
    """On sale, or off. Raises ShopUnknown for others than the staff, FieldNotValid for too many at once."""
    return await run_once(ground.db, once, SwitchedProducts, lambda tx: _sell(tx, ask))


async def _sell(tx: Tx, ask: SwitchProducts) -> SwitchedProducts:
    await _check(tx, ask)
    switch = catalog.put_on_sale if ask.on else catalog.take_off_sale
    return SwitchedProducts(tuple(await switch(tx, ask.shop_id, ask.product_ids)))


async def allow_products_as_gifts(ground: Ground, ask: SwitchProducts, once: Once) -> SwitchedProducts:
    """Allowed as gifts, or not. Raises ShopUnknown for others than the staff, FieldNotValid for too many at once."""
    return await run_once(ground.db, once, SwitchedProducts, lambda tx: _allow(tx, ask))


async def _allow(tx: Tx, ask: SwitchProducts) -> SwitchedProducts:
    await _check(tx, ask)
    changed = await catalog.allow_gifts(tx, ask.shop_id, ask.product_ids, allowed=ask.on)
    return SwitchedProducts(tuple(changed))


async def _check(tx: Tx, ask: SwitchProducts) -> None:
    await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    if not 0 < len(ask.product_ids) <= PRODUCTS_AT_ONCE_MAX:
        raise FieldNotValid(field="product_ids", reason="count", max=PRODUCTS_AT_ONCE_MAX)
