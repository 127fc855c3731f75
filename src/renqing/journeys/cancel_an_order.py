"""The payer changes their mind before paying.

An order whose channel was never asked closes at once. Where a payment may be in flight the channel is asked to close
it first, soon, and the order ends with its answer: the payer hears that it is closing.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.close_unpaid_orders import close_now
from renqing.trade import orders, payments


class CancelOrder(msgspec.Struct, frozen=True):
    """Whose order to cancel."""

    payer_id: int
    order_id: int


class Cancelling(msgspec.Struct, frozen=True):
    """Whether it is closed already, or waits for the channel's word."""

    closed: bool


async def cancel_an_order(ground: Ground, ask: CancelOrder, once: Once) -> Cancelling:
    """Raises OrderUnknown for a foreign order, OrderNotReady for one that does not wait for payment."""
    return await run_once(ground.db, once, Cancelling, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: CancelOrder) -> Cancelling:
    order = await orders.get(tx, ask.order_id)
    if order.payer_id != ask.payer_id:
        raise orders.OrderUnknown(order_id=ask.order_id)
    if order.state is not orders.OrderState.TO_PAY:
        raise orders.OrderNotReady(order_id=order.id, state=int(order.state))
    intent = await payments.intent_of_order(tx, order.id, lock=True)
    assert intent is not None, "an order has an intent"
    if intent.asked_at is None:
        await close_now(ground, tx, [order], "cancelled")
        return Cancelling(closed=True)
    await payments.close_at_channel(tx, [intent], "cancelled")
    return Cancelling(closed=False)
