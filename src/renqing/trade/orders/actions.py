"""What can be done to orders. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.trade.orders import exchange_store, rules, section_store, store
from renqing.trade.orders.model import (
    Destination,
    Exchange,
    HandedOut,
    Line,
    NewOrder,
    Order,
    OrderClosed,
    OrderDivided,
    OrderNotReady,
    OrderPaid,
    OrderReceived,
    OrderSplit,
    OrderState,
    Part,
    Split,
)


async def place(tx: Tx, orders: Sequence[NewOrder]) -> None:
    """Place orders that wait for payment; presents wait for the shop at once."""
    if orders:
        await store.insert_orders(tx, orders)
    of_several = [order for order in orders if order.sections]
    if of_several:
        await section_store.insert_sections(tx, of_several)


async def mark_paid(tx: Tx, orders: Sequence[Order]) -> list[Order]:
    """Locked orders that wait for payment are paid. Leaves OrderPaid."""
    moved = [
        msgspec.structs.replace(
            order,
            state=rules.move(order, rules.state_when_paid(order.purpose, by_voucher=order.by_voucher)),
            paid_at=tx.now,
        )
        for order in orders
    ]
    if moved:
        await store.set_paid(tx, [(order.id, order.state) for order in moved])
        await leave(
            tx,
            *(
                OrderPaid(
                    subject_id=order.id,
                    order_id=order.id,
                    payer_id=order.payer_id,
                    shop_id=order.shop_id,
                    purpose=order.purpose,
                )
                for order in moved
            ),
        )
    return moved


async def close(tx: Tx, orders: Sequence[Order], why: str) -> list[Order]:
    """Locked orders end before anything was shipped; answers them as they stand now. Leaves OrderClosed.

    One that has parts is divided instead: those go on, and it leaves OrderDivided. Raises OrderNotReady.
    """
    closed = [
        msgspec.structs.replace(order, state=rules.state_when_over(order), why_closed=why, closed_at=tx.now)
        for order in orders
    ]
    if closed:
        await store.set_over(tx, [(order.id, order.state) for order in closed], why)
        await leave(tx, *(_over(order) for order in closed))
    return closed


def _over(order: Order) -> OrderClosed | OrderDivided:
    fact = OrderDivided if order.state is OrderState.DIVIDED else OrderClosed
    return fact(
        subject_id=order.id,
        order_id=order.id,
        payer_id=order.payer_id,
        shop_id=order.shop_id,
        why=order.why_closed,
    )


async def hand_out(tx: Tx, parts: Sequence[Part]) -> HandedOut:
    """Parts of locked gift orders become orders of their owners, to be shipped.

    Those of vouchers count as handed over from the start: whoever makes them issues their vouchers at once.
    """
    wholes = {part.whole.id: part.whole for part in parts}
    assert all(whole.state is OrderState.GIFT_TO_CLAIM for whole in wholes.values()), "what is divided waits for claims"
    if not parts:
        return HandedOut({}, [])
    await store.insert_parts(tx, parts)
    taken = dict.fromkeys(wholes, 0)
    for part in parts:
        taken[part.whole.id] += part.goods_amount + part.freight_amount
    now_divided = {
        whole.id: msgspec.structs.replace(whole, divided_amount=whole.divided_amount + taken[whole.id])
        for whole in wholes.values()
    }
    return HandedOut(now_divided, [rules.order_of_part(part, tx.now) for part in parts])


async def split(tx: Tx, splits: Sequence[Split], styles: Mapping[int, Sequence[Line]] | None = None) -> list[Order]:
    """Locked gift orders of several shops become their shops' orders of one owner; the wholes, with nothing left.

    ``styles`` replaces lines of the wholes before, by order id. Leaves OrderSplit for each part.
    """
    assert all(one.whole.state is OrderState.GIFT_TO_CLAIM for one in splits), "what is divided waits for its claim"
    assert all(sum(part.total_amount for part in one.sections) == one.whole.total_amount for one in splits), (
        "sections share out the whole"
    )
    if not splits:
        return []
    for order_id, lines in (styles or {}).items():
        await store.set_line_styles(tx, order_id, lines)
    await section_store.insert_parts_by_shop(tx, splits)
    await leave(
        tx,
        *(
            OrderSplit(
                subject_id=part.part_id,
                order_id=part.part_id,
                owner_id=one.owner_id,
                payer_id=one.whole.payer_id,
                shop_id=part.shop_id,
            )
            for one in splits
            for part in one.sections
        ),
    )
    return [msgspec.structs.replace(one.whole, divided_amount=one.whole.total_amount) for one in splits]


async def exchange(tx: Tx, exchanges: Sequence[Exchange]) -> list[Order]:
    """Other things of the shop become an order of their owner; the locked wholes keep what was given, and the rest.

    Leaves OrderSplit for each.
    """
    assert all(one.whole.state is OrderState.GIFT_TO_CLAIM for one in exchanges), "what is given waits for its claim"
    assert all(0 < one.total_amount <= one.whole.total_amount for one in exchanges), "no more than was paid"
    await exchange_store.insert_exchanged(tx, exchanges)
    await leave(
        tx,
        *(
            OrderSplit(
                subject_id=one.part_id,
                order_id=one.part_id,
                owner_id=one.owner_id,
                payer_id=one.whole.payer_id,
                shop_id=one.whole.shop_id,
            )
            for one in exchanges
        ),
    )
    return [msgspec.structs.replace(one.whole, divided_amount=one.total_amount) for one in exchanges]


async def assign_to_recipient(
    tx: Tx,
    claims: Sequence[tuple[Order, int, Destination | None]],
    styles: Mapping[int, Sequence[Line]] | None = None,
) -> None:
    """Locked gift orders get their owner and address and are to be shipped; ``styles`` replaces lines by order id.

    Vouchers have no address, and are to be redeemed.
    """
    if not claims:
        return
    owned = [
        (order.id, owner_id, destination, rules.move(order, rules.state_when_owned(by_voucher=order.by_voucher)))
        for order, owner_id, destination in claims
    ]
    await store.set_owners(tx, owned)
    for order_id, lines in (styles or {}).items():
        await store.set_line_styles(tx, order_id, lines)


async def change_style(tx: Tx, order: Order, line: Line) -> None:
    """A locked order's line becomes another style at the same price; nothing has left. Raises OrderNotReady."""
    if order.state is not OrderState.TO_SHIP:
        raise OrderNotReady(order_id=order.id, state=int(order.state))
    await store.set_line_styles(tx, order.id, [line])


async def record_shipped(tx: Tx, order: Order, leaving: Sequence[tuple[int, int]]) -> Order:
    """Pieces (line n, quantity) of a locked order left the shop. Raises OrderNotReady."""
    going: dict[int, int] = {}
    for n, quantity in leaving:
        going[n] = going.get(n, 0) + quantity
    state = rules.state_when_shipped(order, await store.lines(tx, order.id), going)
    await store.add_shipped(tx, order.id, going, state)
    return msgspec.structs.replace(order, state=state)


async def record_issued(tx: Tx, orders: Sequence[Order]) -> None:
    """Everything of these locked orders was handed over as vouchers; parts have said so since they were made."""
    assert all(order.state is OrderState.TO_REDEEM for order in orders), "vouchers are issued once there is an owner"
    whole = [order.id for order in orders if order.part_of is None]
    if whole:
        await store.set_issued(tx, whole)


async def mark_received(tx: Tx, order: Order, *, by: str) -> Order:
    """The owner of a locked order has the goods, says ``owner``, ``time`` or ``use``. Leaves OrderReceived."""
    state = rules.move(order, OrderState.DONE)
    assert order.owner_id is not None, "what is shipped has an owner"
    await store.set_received(tx, order.id)
    await leave(
        tx,
        OrderReceived(
            subject_id=order.id,
            order_id=order.id,
            owner_id=order.owner_id,
            payer_id=order.payer_id,
            shop_id=order.shop_id,
            by=by,
        ),
    )
    return msgspec.structs.replace(order, state=state, received_at=tx.now)


async def mark_settled(tx: Tx, order: Order) -> Order:
    """The shop of a locked order has its money."""
    assert order.settled_at is None, f"order {order.id} is settled once"
    await store.set_settled(tx, order.id)
    return msgspec.structs.replace(order, settled_at=tx.now)


async def record_lateness(tx: Tx, order: Order, late: Mapping[int, int]) -> Order:
    """Some of the price of a locked order's lines (n: amount) goes back, once: it has not left in time. It goes on."""
    assert order.state not in (OrderState.CLOSED, OrderState.DIVIDED, OrderState.REFUNDED), "what is over is not late"
    await store.add_lateness(tx, order.id, sorted(late.items()))
    return msgspec.structs.replace(order, refunded_amount=order.refunded_amount + sum(late.values()))


async def record_freight_back(tx: Tx, order: Order, amount: int) -> Order:
    """Some of a locked order's freight goes back: its place costs less than was allowed. It goes on."""
    assert order.state not in (OrderState.CLOSED, OrderState.DIVIDED, OrderState.REFUNDED), "what is over goes nowhere"
    await store.add_freight_back(tx, order.id, amount)
    return msgspec.structs.replace(order, refunded_amount=order.refunded_amount + amount, freight_back=amount)


async def record_rest_refunds(tx: Tx, closed: Sequence[Order]) -> None:
    """Everything that was paid for these locked orders and is not with their parts goes back: they are over."""
    assert all(order.state in (OrderState.CLOSED, OrderState.DIVIDED) for order in closed), (
        "only what is over goes back"
    )
    assert not any(order.refunded_amount for order in closed), "and nothing of it went back before"
    if closed:
        await store.set_rest_refunded(tx, [order.id for order in closed])


async def record_refund(
    tx: Tx, order: Order, amount: int, *, line_n: int, quantity: int, returned: bool
) -> tuple[Order, int]:
    """``amount`` of a locked order goes back to its payer for pieces of a line.

    Answers the order and how many of the pieces will never be shipped, so that their stock can be let go.
    When no paid piece is left the order is REFUNDED.
    """
    lines = {line.n: line for line in await store.lines(tx, order.id)}
    before = lines[line_n]
    lines[line_n] = rules.refund_pieces(before, quantity, returned=returned)
    cancelled = lines[line_n].cancelled - before.cancelled
    state = rules.state_when_refunded(order, list(lines.values()))
    await store.set_line_refund(tx, order.id, lines[line_n])
    await store.add_refund(tx, order.id, amount, state)
    return msgspec.structs.replace(order, state=state, refunded_amount=order.refunded_amount + amount), cancelled
