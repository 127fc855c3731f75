"""The owner has sent the goods of an agreed return and says with whom.

Steps, in one transaction: order and case are locked and must be the owner's own; the shop has agreed and the days to
send are not over; carrier and number are kept. From now on the shop's days to look at the goods run.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.move_an_aftersale import AftersaleStands, lock_case, ordered, stands, wait_for_next
from renqing.trade import aftersales, shipping


class SendGoodsBack(msgspec.Struct, frozen=True):
    """With whom the goods went back."""

    owner_id: int
    case_id: int
    carrier: str
    tracking_number: str


async def send_goods_back(ground: Ground, ask: SendGoodsBack, once: Once) -> AftersaleStands:
    """Raises AftersaleUnknown for others than the owner, AftersaleNotNow, and what shipping refuses of a number."""
    return await run_once(ground.db, once, AftersaleStands, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: SendGoodsBack) -> AftersaleStands:
    case, order = await lock_case(tx, ask.case_id)
    if case.owner_id != ask.owner_id:
        raise aftersales.AftersaleUnknown
    carrier, number = shipping.carrier_and_number(ask.carrier, ask.tracking_number)
    moved = await aftersales.send_back(tx, case, ordered(order), carrier, number)
    await wait_for_next(ground, tx, moved)
    return stands(moved, ask.owner_id, order.payer_id)
