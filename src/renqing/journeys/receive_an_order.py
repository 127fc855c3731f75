"""The goods have arrived: the owner says so, or the days after the last parcel say it for them.

Steps, in one transaction: the order is locked; it must be to receive; it is done, and the shop is settled. Of the
owner and the deadline racing, the one that has the lock wins and the other finds nothing to do. The deadline waits
while an after-sale is open; the owner may confirm all the same, and what the case may cost is then held.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Deadline, Timer, drop_timers, set_timers
from renqing.journeys.settle_an_order import settle_orders
from renqing.journeys.ship_an_order import RECEIVE_ORDER
from renqing.trade import aftersales, orders
from renqing.trade.orders import OrderState

_AGAIN_AFTER = timedelta(days=1)  # how long the deadline steps aside for an open after-sale


class ReceiveOrder(msgspec.Struct, frozen=True):
    """Whose order has arrived."""

    owner_id: int
    order_id: int


class Received(msgspec.Struct, frozen=True):
    """The order is done: WeChat Shop's state 100."""

    order_id: int
    state: int


async def receive_an_order(ground: Ground, ask: ReceiveOrder, once: Once) -> Received:
    """Raises OrderUnknown for others than the owner, OrderNotReady."""
    return await run_once(ground.db, once, Received, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: ReceiveOrder) -> Received:
    order = await orders.get(tx, ask.order_id)
    if order.owner_id != ask.owner_id:
        raise orders.OrderUnknown(order_id=ask.order_id)
    done = await orders.mark_received(tx, order, by="owner")
    await drop_timers(tx, RECEIVE_ORDER, [order.id])
    await settle_orders(tx, [done])
    return Received(order.id, int(done.state))


async def receive_due_orders(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many orders at once."""
    locked = await orders.lock_many(tx, [timer.key for timer in timers])
    arrived = [order for order in locked.values() if order.state is OrderState.TO_RECEIVE]
    waiting = {case.order_id for case in await aftersales.undecided_of(tx, [order.id for order in arrived])}
    await set_timers(tx, [Deadline(RECEIVE_ORDER, order_id, tx.now + _AGAIN_AFTER) for order_id in sorted(waiting)])
    done = [await orders.mark_received(tx, order, by="time") for order in arrived if order.id not in waiting]
    await settle_orders(tx, done)
