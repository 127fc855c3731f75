"""What can be done with gift codes. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.lines import line
from renqing.trade.codes import store
from renqing.trade.codes.model import (
    CODES_MAX,
    PLACE_CHARACTERS_MAX,
    CodesFull,
    CodeUnknown,
    GiftCode,
    NewCode,
)


async def make_code(tx: Tx, maker_id: int, new: NewCode) -> GiftCode:
    """A code to print. Raises FieldNotValid, CodesFull."""
    place = line(new.place, field="place", least=0, most=PLACE_CHARACTERS_MAX)
    if await store.lock_shop(tx, new.shop_id) >= CODES_MAX:
        raise CodesFull(max=CODES_MAX)
    return await store.insert_code(tx, maker_id, NewCode(new.shop_id, new.product_id, place, new.guide_id))


async def end_code(tx: Tx, shop_id: int, code_id: int) -> None:
    """A code credits nobody any more; ending it again is no matter. Raises CodeUnknown."""
    if not await store.set_ended(tx, shop_id, code_id):
        raise CodeUnknown


async def credit(tx: Tx, code: GiftCode, gift_id: int) -> None:
    """A gift began at a living code."""
    await store.insert_credit(tx, code, gift_id)
