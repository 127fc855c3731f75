"""A shop's staff print gift codes, and end them.

Steps, in one transaction: who works for the shop is let in, everybody else hears that there is no such shop; the
product is the shop's own; the guide works for it too.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import codes
from renqing.trade.codes import GiftCode, NewCode


class MakeACode(msgspec.Struct, frozen=True):
    """Who prints what."""

    staff_id: int
    new: NewCode


class EndACode(msgspec.Struct, frozen=True):
    """A code that is to credit nobody any more."""

    staff_id: int
    shop_id: int
    code_id: int


class CodeEnded(msgspec.Struct, frozen=True):
    """It has ended."""

    code_id: int


async def make_a_gift_code(ground: Ground, ask: MakeACode, once: Once) -> GiftCode:
    """Raises ShopUnknown for strangers, ProductNotFound, FieldNotValid, CodesFull."""
    return await run_once(ground.db, once, GiftCode, lambda tx: _make(tx, ask))


async def _make(tx: Tx, ask: MakeACode) -> GiftCode:
    new = ask.new
    await check_staff(tx, new.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    styles = await catalog.styles(tx, new.product_id)
    offers = await catalog.offers(tx, [style.sku_id for style in styles])
    if not any(offer.shop_id == new.shop_id for offer in offers.values()):
        raise catalog.ProductNotFound(product_id=new.product_id)
    if new.guide_id is not None and await people.role_of(tx, new.shop_id, new.guide_id) is None:
        raise FieldNotValid(field="guide_id", reason="unknown")
    return await codes.make_code(tx, ask.staff_id, new)


async def end_a_gift_code(ground: Ground, ask: EndACode, once: Once) -> CodeEnded:
    """Raises ShopUnknown for strangers, CodeUnknown."""

    async def story(tx: Tx) -> CodeEnded:
        await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
        await codes.end_code(tx, ask.shop_id, ask.code_id)
        return CodeEnded(ask.code_id)

    return await run_once(ground.db, once, CodeEnded, story)
