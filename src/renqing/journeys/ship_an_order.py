"""A shop ships an order, whole or a part of it.

Steps, in one transaction: the order is locked and its shop's staff let in, nobody else; it must be paid and, if it is
a gift, claimed, because only then somebody has said where it goes; the pieces must still be there to ship, and no
after-sale may be asking for them, nor the recipient for another style; the pieces leave the stock that was held for
them; a parcel is written. With the last parcel the deadline starts after which the order counts as received. When a
step refuses, nothing has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from renqing.books import stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, set_timers
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import aftersales, orders, shipping, swaps
from renqing.trade.orders import OrderState

RECEIVE_ORDER = "receive_order"  # deadline: the order counts as received


class ShipOrder(msgspec.Struct, frozen=True):
    """What leaves and with whom. ``lines`` are (line n, quantity); None is everything that is left to ship."""

    staff_id: int
    order_id: int
    carrier: str
    tracking_number: str
    lines: tuple[tuple[int, int], ...] | None = None


class Shipped(msgspec.Struct, frozen=True):
    """The parcel that left, and WeChat Shop's number of the order's state: 21 with a rest to ship, 30 without."""

    parcel_id: int
    order_id: int
    state: int


async def ship_an_order(ground: Ground, ask: ShipOrder, once: Once) -> Shipped:
    """Raises OrderUnknown for others than the shop's staff, OrderNotReady, AftersaleOpen, SwapWaits.

    And what shipping refuses.
    """
    return await run_once(ground.db, once, Shipped, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: ShipOrder) -> Shipped:
    order = await orders.get(tx, ask.order_id)
    await check_staff(tx, order.shop_id, ask.staff_id, otherwise=orders.OrderUnknown(order_id=ask.order_id))
    await _check_no_swap_waits(tx, order)
    lines = await orders.lines(tx, order.id)
    leaving = await _pieces(tx, order, lines, ask.lines)
    after = await orders.record_shipped(tx, order, [(piece.line_n, piece.quantity) for piece in leaving])
    sku_of = {line.n: line.sku_id for line in lines}
    pieces = [(sku_of[piece.line_n], piece.quantity) for piece in leaving]
    await stock.take(tx, order.id, pieces, held_for=order.paid_as)
    parcel = await shipping.ship(tx, order.id, order.shop_id, ask.carrier, ask.tracking_number, leaving)
    complete = after.state is OrderState.TO_RECEIVE
    if complete:
        await start_receipt(ground, tx, order.id)
    assert order.owner_id is not None, "what can be shipped has an owner"
    await leave(
        tx,
        shipping.OrderShipped(
            subject_id=order.id,
            order_id=order.id,
            owner_id=order.owner_id,
            payer_id=order.payer_id,
            purpose=order.purpose,
            parcel_id=parcel.id,
            complete=complete,
        ),
    )
    return Shipped(parcel.id, order.id, int(after.state))


async def _check_no_swap_waits(tx: Tx, order: orders.Order) -> None:
    """What the recipient asked for is answered first: nothing leaves in a style that was to be another."""
    wish = await swaps.of_order(tx, order.id) if order.purpose == "gift" else None
    if wish is not None and wish.state is swaps.SwapState.WAITING and tx.now < wish.answer_by:
        raise swaps.SwapWaits


async def start_receipt(ground: Ground, tx: Tx, order_id: int) -> None:
    """Everything has left: from now on the days run after which silence counts as receipt."""
    due_at = tx.now + timedelta(days=ground.policy.receive_after_days)
    await set_timers(tx, [Deadline(RECEIVE_ORDER, order_id, due_at)])


async def _pieces(
    tx: Tx, order: orders.Order, lines: Sequence[orders.Line], asked: tuple[tuple[int, int], ...] | None
) -> list[shipping.ParcelLine]:
    """What leaves. Pieces that an open case wants refunded stay: they are not sent after money that may go back."""
    if order.state not in (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED):
        raise orders.OrderNotReady(order_id=order.id, state=int(order.state))
    wanted = {
        case.line_n: case
        for case in await aftersales.undecided_of(tx, [order.id])
        if case.kind is aftersales.Kind.REFUND
    }
    free = {line.n: line.to_ship - (wanted[line.n].quantity if line.n in wanted else 0) for line in lines}
    if asked is None:
        leaving = [shipping.ParcelLine(n, quantity) for n, quantity in free.items() if quantity > 0]
        if not leaving:
            raise aftersales.AftersaleOpen(case_id=min(case.id for case in wanted.values()))
        return leaving
    for n, quantity in asked:
        if n in wanted and quantity > free[n]:
            raise aftersales.AftersaleOpen(case_id=wanted[n].id)
    leaving = [shipping.ParcelLine(n, quantity) for n, quantity in asked]
    shipping.check_parcel_lines(leaving)
    return leaving
