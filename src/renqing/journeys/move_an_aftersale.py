"""What every after-sales journey does alike. Steps that they take, in their transaction.

The order is locked before its case, so that the shop, the owner and the clock meet one after another: the first
moves the case, the others find that it has moved.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.journeys.give_money_back import give_money_back
from renqing.journeys.settle_an_order import HELD_FOR, settle_orders
from renqing.journeys.ship_an_order import RECEIVE_ORDER, start_receipt
from renqing.trade import aftersales, orders
from renqing.trade.aftersales import Case, Kind, Ordered, OrderedLine, State
from renqing.trade.orders import OrderState


class AftersaleStands(msgspec.Struct, frozen=True):
    """Where a case stands. ``amount`` in minor units, None where the reader does not see prices: on a gift."""

    case_id: int
    order_id: int
    state: State
    amount: int | None


async def lock_case(tx: Tx, case_id: int) -> tuple[Case, orders.Order]:
    """A case and its order, both locked. Raises AftersaleUnknown."""
    order = await orders.get(tx, (await aftersales.get(tx, case_id)).order_id)
    return await aftersales.get(tx, case_id, lock=True), order


def ordered(order: orders.Order) -> Ordered:
    """An order as the after-sales room needs it."""
    return Ordered(
        order_id=order.id,
        shop_id=order.shop_id,
        owner_id=order.owner_id,
        payer_id=order.payer_id,
        state=int(order.state),
        freight_amount=order.freight_amount - order.freight_back,
        received_at=order.received_at,
    )


async def ordered_lines(tx: Tx, order: orders.Order) -> list[OrderedLine]:
    """An order's lines as the after-sales room needs them: nothing of vouchers can be sent back."""
    return [
        OrderedLine(
            n=line.n,
            sku_id=line.sku_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            shipped=0 if order.by_voucher else line.shipped,
            refunded=line.refunded,
            cancelled=line.cancelled,
            late_amount=line.late_amount,
            late_of=line.late_of,
        )
        for line in await orders.lines(tx, order.id)
    ]


async def agree_to_case(ground: Ground, tx: Tx, case: Case, order: orders.Order, *, answer: str = "") -> Case:
    """The shop agrees, by its word or its silence: a return waits for the goods, a refund goes its way."""
    moved = await aftersales.agree(tx, case, ordered(order), await ordered_lines(tx, order), answer=answer)
    if moved.state is State.REFUNDING:
        await _give_back(ground, tx, moved, order)
    await wait_for_next(ground, tx, moved)
    return moved


async def end_case(ground: Ground, tx: Tx, case: Case) -> None:
    """A case ended without money: nothing is held for it any more."""
    await ledger.release_hold(tx, HELD_FOR, case.id)
    await wait_for_next(ground, tx, case)


async def wait_for_next(ground: Ground, tx: Tx, case: Case) -> None:
    """Whoever's turn it is has their days; where it is nobody's, nothing waits."""
    policy = ground.policy
    days = aftersales.days_of_silence(
        case.state,
        answer_days=policy.aftersale_answer_within_days,
        return_days=policy.aftersale_return_within_days,
        receipt_days=policy.aftersale_receipt_within_days,
    )
    if days is None:
        await drop_timers(tx, aftersales.SILENCE, [case.id])
    else:
        await set_timers(tx, [Deadline(aftersales.SILENCE, case.id, tx.now + timedelta(days=days))])


async def _give_back(ground: Ground, tx: Tx, case: Case, order: orders.Order) -> None:
    """The payer's money goes its way, and the order follows: it may be over, or have nothing left to ship."""
    await ledger.take_hold(tx, HELD_FOR, case.id)
    await give_money_back(
        tx,
        order,
        case.amount,
        cause_kind="aftersale",
        cause_id=case.id,
        reason="aftersale",  # the words are the case's; here they would be kept where nobody looks for them
        line_n=case.line_n,
        quantity=case.quantity,
        returned=case.kind is Kind.RETURN,
    )
    after = await orders.get(tx, order.id)
    if after.state is OrderState.REFUNDED:
        await drop_timers(tx, RECEIVE_ORDER, [order.id])
        await settle_orders(tx, [after])  # the freight of what was shipped stays with the shop
    elif after.state is OrderState.TO_RECEIVE and order.state is not OrderState.TO_RECEIVE:
        await start_receipt(ground, tx, order.id)


def stands(case: Case, reader_id: int, payer_id: int, *, for_shop: bool = False) -> AftersaleStands:
    """A case as its reader may see it: the recipient of a gift sees no amount."""
    sees = for_shop or reader_id == payer_id
    return AftersaleStands(case.id, case.order_id, case.state, case.amount if sees else None)
