"""A parcel has not left in time: who paid for it gets a part of its price back, as the shop promised.

The clock starts when somebody owns what is to be sent: at the payment, on a gift at the claim. A listener sets a
deadline for each such order whose shop had promised something when the order was placed. The deadline's effect, under
the order's lock and so racing with the shop's parcel to one answer, looks at what had left by then, by our clock and
not by when the worker came: it pays for the rest, once an order, out of the order's own money in escrow to the payer
by the original route (of what several paid for, to all of them), and tells payer and shop.

Nothing is paid where the order is over, or the recipient had its style changed. Where something of the recipient's
waits for an answer (an after-sale, another style) or the platform holds payer or recipient, the clock starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.outbox import LeftFact
from renqing.foundation.timers import Deadline, Timer, set_timers
from renqing.journeys.give_money_back import give_back_for_lateness
from renqing.social import gifts, holds
from renqing.trade import aftersales, lateness, orders, shipping, swaps
from renqing.trade.lateness import PAY_FOR_LATENESS, LatePaid, Promise
from renqing.trade.orders import Order, OrderState

_CAN_BE_LATE = frozenset({OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE, OrderState.DONE})
_HELD_BACK: tuple[holds.Verb, ...] = ("give", "pay")


# the clock ------------------------------------------------------------------------------------------------------------
async def start_ship_clocks(tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Orders that are to be shipped from now on get their deadline. A fact told twice sets the same one again."""
    order_ids = await _to_ship(tx, [fact for fact in facts if fact.kind in STARTS])
    if not order_ids or not await lateness.anybody_promises(tx):
        return
    owned = [order for order in (await orders.by_ids(tx, order_ids)).values() if order.ship_from and order.total_amount]
    promised = await promises_of(tx, owned)
    await set_timers(
        tx, [_deadline(order.id, _due(order, promised[order.id])) for order in owned if order.id in promised]
    )


STARTS = frozenset({"OrderPaid", "OrderSplit", "GiftClaimed", "GiftKept"})


async def _to_ship(tx: Tx, facts: Sequence[LeftFact]) -> list[int]:
    """The orders that these facts may have given an owner; a claimed share's is its claimer's part."""
    found = [fact.payload["order_id"] for fact in facts if fact.kind in ("OrderPaid", "OrderSplit")]
    found += [order_id for fact in facts if fact.kind == "GiftKept" for order_id in fact.payload["kept_order_ids"]]
    claims = [(fact.payload["gift_id"], fact.payload["claimed_by"]) for fact in facts if fact.kind == "GiftClaimed"]
    if claims and await lateness.anybody_promises(tx):
        found += [share.order_id for share in (await gifts.shares_held(tx, claims)).values()]
        found += await gifts.order_ids_of(tx, [gift_id for gift_id, _ in claims])
    return found


async def promises_of(tx: Tx, owned: Sequence[Order]) -> dict[int, Promise]:
    """The promise that each order was placed under; of a part, when its whole was."""
    wholes = await orders.by_ids(tx, [order.part_of for order in owned if order.part_of])
    placed = {
        order.id: (order.shop_id, wholes[order.paid_as].placed_at if order.part_of else order.placed_at)
        for order in owned
    }
    known = await lateness.promises_at(tx, list(placed.values()))
    return {order_id: known[at] for order_id, at in placed.items() if lateness.is_on(known.get(at))}


def _due(order: Order, promise: Promise) -> datetime:
    assert order.ship_from is not None, "the clock of what is to be shipped has started"
    return order.ship_from + timedelta(hours=promise.within_hours)


def _deadline(order_id: int, due_at: datetime) -> Deadline:
    return Deadline(PAY_FOR_LATENESS, order_id, due_at, {"due_at": due_at.isoformat()})


# the deadline ---------------------------------------------------------------------------------------------------------
async def pay_for_lateness(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many orders at once; what had left in time is paid nothing for."""
    due_of = {timer.key: datetime.fromisoformat(timer.payload["due_at"]) for timer in timers}
    locked = await orders.lock_many(tx, due_of)
    paid = await lateness.paid_among(tx, locked)
    late = [order for order in locked.values() if order.state in _CAN_BE_LATE and order.id not in paid]
    promised = await promises_of(tx, late)
    for order in late:
        if order.id in promised:
            await _pay(tx, order, promised[order.id], due_of[order.id])


async def _pay(tx: Tx, order: Order, promise: Promise, due_at: datetime) -> None:
    late = await _late_lines(tx, order, due_at)
    parts = lateness.owed(promise, late)
    if not parts or await _was_changed(tx, order, due_at):
        return
    if await _is_held_up(tx, order):
        await set_timers(tx, [_deadline(order.id, tx.now + timedelta(hours=promise.within_hours))])
        return
    refund = await give_back_for_lateness(tx, order, parts)
    row = LatePaid(
        order_id=order.id,
        shop_id=order.shop_id,
        promise_n=promise.n,
        base_amount=lateness.worth(late),
        amount=refund.amount,
        currency=order.currency,
        refund_id=refund.id,
        due_at=due_at,
        paid_at=tx.now,
    )
    staff = [await people.staff_with_role(tx, order.shop_id, role) for role in (people.Role.OWNER, people.Role.CLERK)]
    assert order.owner_id is not None, "what is to be shipped has an owner"
    told_ids = sorted({person_id for role in staff for person_id in role} - {order.owner_id})
    await lateness.record_paid(tx, row, payer_id=order.payer_id, owner_id=order.owner_id, told_ids=told_ids)


async def _late_lines(tx: Tx, order: Order, due_at: datetime) -> list[lateness.LateLine]:
    """What had not left by then, whatever has left since."""
    in_time: dict[int, int] = {}
    for parcel in (await shipping.of_orders(tx, [order.id])).get(order.id, []):
        if parcel.shipped_at < due_at:
            for line in parcel.lines:
                in_time[line.line_n] = in_time.get(line.line_n, 0) + line.quantity
    lines = await orders.lines(tx, order.id)
    return lateness.late_lines([(line.n, line.quantity, line.refunded, line.unit_price) for line in lines], in_time)


async def _was_changed(tx: Tx, order: Order, due_at: datetime) -> bool:
    """The recipient had the shop make another parcel of it: its promise was for the first."""
    swap = await swaps.of_order(tx, order.id)
    return swap is not None and swap.state is swaps.SwapState.APPROVED and (swap.ended_at or due_at) < due_at


async def _is_held_up(tx: Tx, order: Order) -> bool:
    """Something of the recipient's, or the platform's, stands between the parcel and its shop, or the payer."""
    swap = await swaps.of_order(tx, order.id)
    if swap is not None and swap.state is swaps.SwapState.WAITING:
        return True
    if await aftersales.undecided_of(tx, [order.id]):
        return True
    held = [await holds.held_among(tx, [order.payer_id], verb, tx.now) for verb in _HELD_BACK]
    assert order.owner_id is not None, "what is to be shipped has an owner"
    return any(held) or bool(await holds.held_among(tx, [order.owner_id], "receive", tx.now))
