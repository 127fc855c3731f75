"""Decisions about orders. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from renqing.trade.orders.model import MOVES, Line, Order, OrderNotReady, OrderState, Part


def move(order: Order, to: OrderState) -> OrderState:
    """The state to move to, if the table allows it. Raises OrderNotReady."""
    if to not in MOVES[order.state]:
        raise OrderNotReady(order_id=order.id, state=int(order.state))
    return to


def state_when_paid(purpose: str, *, by_voucher: bool) -> OrderState:
    """A gift waits for its recipient, anything else for the shop."""
    return OrderState.GIFT_TO_CLAIM if purpose == "gift" else state_when_owned(by_voucher=by_voucher)


def state_when_owned(*, by_voucher: bool) -> OrderState:
    """Whoever owns what is paid gets a parcel, or goes to the shop with a voucher."""
    return OrderState.TO_REDEEM if by_voucher else OrderState.TO_SHIP


def share_of(goods_amount: int, freight_amount: int, shares: int, n: int) -> tuple[int, int]:
    """Goods and freight of the ``n``-th of so many equal shares, counted from 1; together they are the whole's exactly.

    The odd fen go to the first shares, one each.
    """
    assert 1 <= n <= shares, f"share {n} of {shares}"
    goods, odd_goods = divmod(goods_amount, shares)
    freight, odd_freight = divmod(freight_amount, shares)
    return goods + (n <= odd_goods), freight + (n <= odd_freight)


def rest_of(goods_amount: int, freight_amount: int, shares: int, taken: int) -> tuple[int, int]:
    """Goods and freight of all equal shares after the first ``taken``: what ``share_of`` makes of them, added up."""
    assert 0 <= taken <= shares, f"{taken} of {shares} shares"
    goods, odd_goods = divmod(goods_amount, shares)
    freight, odd_freight = divmod(freight_amount, shares)
    return (
        goods_amount - goods * taken - min(taken, odd_goods),
        freight_amount - freight * taken - min(taken, odd_freight),
    )


def order_of_part(part: Part, now: datetime) -> Order:
    """The order that a part is from the moment it is handed out: its own owner and price, all else of the whole."""
    whole = part.whole
    return Order(
        id=part.id,
        shop_id=whole.shop_id,
        payer_id=whole.payer_id,
        owner_id=part.owner_id,
        purpose=part.purpose,
        state=state_when_owned(by_voucher=whole.by_voucher),
        why_closed="",
        currency=whole.currency,
        goods_amount=part.goods_amount,
        freight_amount=part.freight_amount,
        total_amount=part.goods_amount + part.freight_amount,
        refunded_amount=0,
        fee_ppm=whole.fee_ppm,
        note="",
        region_code=None if part.destination is None else part.destination.region_code,
        placed_at=now,
        pay_by=whole.pay_by,
        paid_at=None,
        ship_from=None if whole.by_voucher else now,
        received_at=None,
        settled_at=None,
        closed_at=None,
        part_of=whole.id,
        divided_amount=0,
        by_voucher=whole.by_voucher,
    )


def state_when_over(order: Order) -> OrderState:
    """Where an order ends that nobody will be sent anything (more) of. Raises OrderNotReady."""
    return move(order, OrderState.DIVIDED if order.divided_amount else OrderState.CLOSED)


def state_when_shipped(order: Order, lines: Sequence[Line], leaving: dict[int, int]) -> OrderState:
    """The state after ``leaving`` (line n: quantity) goes out. Raises OrderNotReady where that is not there to ship."""
    if order.state not in (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED) or not leaving:
        raise OrderNotReady(order_id=order.id, state=int(order.state))
    by_n = {line.n: line for line in lines}
    for n, quantity in leaving.items():
        line = by_n.get(n)
        if line is None or not 0 < quantity <= line.to_ship:
            raise OrderNotReady(order_id=order.id, state=int(order.state), line=n)
    left = sum(line.to_ship - leaving.get(line.n, 0) for line in lines)
    return OrderState.PARTLY_SHIPPED if left else OrderState.TO_RECEIVE


def refund_pieces(line: Line, quantity: int, *, returned: bool) -> Line:
    """The line after ``quantity`` pieces are refunded; pieces not returned are taken from the unshipped first."""
    assert 0 < quantity <= line.quantity - line.refunded, "a piece is refunded once"
    cancelled = 0 if returned else min(quantity, line.to_ship)
    return msgspec.structs.replace(line, refunded=line.refunded + quantity, cancelled=line.cancelled + cancelled)


def state_when_refunded(order: Order, lines: Sequence[Line]) -> OrderState:
    """Where an order stands after a refund: over when no piece is left, to receive when nothing is left to ship."""
    if all(line.refunded == line.quantity for line in lines):
        return move(order, OrderState.REFUNDED)
    if order.state is OrderState.PARTLY_SHIPPED and not any(line.to_ship for line in lines):
        return OrderState.TO_RECEIVE
    return order.state
