"""The owner of an order asks for money back, or to return goods.

Steps, in one transaction: the order is locked and must be the asker's own (a gift's recipient owns it, its giver does
not); its days for after-sales are not over; the pieces are there to ask for and no other case asks for them. Where the
shop has its money already, its part is held. A wish for another
style that still waits is taken back. From now on the shop's days run. When a step refuses, nothing is held.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.keep_a_surprise import check_known
from renqing.journeys.move_an_aftersale import AftersaleStands, ordered, ordered_lines, stands, wait_for_next
from renqing.journeys.settle_an_order import hold_share
from renqing.journeys.swap_a_style import drop_waiting_swap
from renqing.trade import aftersales, orders


class OpenAftersale(msgspec.Struct, frozen=True):
    """What the owner asks of one line of an order."""

    owner_id: int
    order_id: int
    line_n: int
    kind: aftersales.Kind
    quantity: int
    reason: str


async def open_an_aftersale(ground: Ground, ask: OpenAftersale, once: Once) -> AftersaleStands:
    """Raises OrderUnknown for others than the owner, SurpriseWaits, and what forbids the case."""
    return await run_once(ground.db, once, AftersaleStands, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: OpenAftersale) -> AftersaleStands:
    order = await orders.get(tx, ask.order_id)
    if order.owner_id != ask.owner_id:
        raise orders.OrderUnknown(order_id=ask.order_id)
    await check_known(tx, order)
    return await open_on_locked(ground, tx, order, ask)


async def open_on_locked(ground: Ground, tx: Tx, order: orders.Order, ask: OpenAftersale) -> AftersaleStands:
    """The case of a locked order's owner, with everything that follows. Step of a journey."""
    case = await aftersales.open_case(
        tx,
        ordered(order),
        await ordered_lines(tx, order),
        ask.owner_id,
        aftersales.NewCase(ask.line_n, ask.kind, ask.quantity, ask.reason),
        within_days=ground.policy.aftersale_within_days,
    )
    await drop_waiting_swap(tx, order)
    await hold_share(tx, order, case)
    await wait_for_next(ground, tx, case)
    return stands(case, ask.owner_id, order.payer_id)
