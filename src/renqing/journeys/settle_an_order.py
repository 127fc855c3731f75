"""The shop gets its money. A step that other journeys take, in their transaction.

What the payer did not get back leaves escrow: the platform's fee to the platform, the rest to the shop, once an order
for ever (its entry's key is ``settled:<order>``). Where an after-sale is still open, its part of the shop's share is
held on the shop's account until the case ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.money import share_minor
from renqing.journeys.give_money_back import platform_fee
from renqing.trade import aftersales, orders

HELD_FOR = "aftersale"  # the cause kind of a hold on a shop's account; the id is the case's


async def settle_orders(tx: Tx, received: Sequence[orders.Order]) -> None:
    """Settle locked orders; one with nothing left to settle, or settled before, is passed over."""
    due = [order for order in received if order.settled_at is None and order.refunded_amount < order.total_amount]
    verdicts = await ledger.post(tx, [_settled_entry(order) for order in due])
    assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), (
        "escrow has what was paid, an order settles once"
    )
    settled = {order.id: await orders.mark_settled(tx, order) for order in due}
    for case in await aftersales.undecided_of(tx, list(settled)):
        await hold_share(tx, settled[case.order_id], case)


async def hold_share(tx: Tx, order: orders.Order, case: aftersales.Case) -> None:
    """Hold the shop's part of an open case on its account, once its order is settled.

    One fen less than the part: rounding may give or take it, and so the holds of several cases of one order never
    stand in each other's way. Raises FundsShort where the shop's account has less.
    """
    share = case.amount - share_minor(case.amount, order.fee_ppm) - 1
    if order.settled_at is not None and share > 0:
        await ledger.hold(tx, ledger.shop_balance(order.shop_id, order.currency), share, HELD_FOR, case.id)


def _settled_entry(order: orders.Order) -> ledger.Entry:
    kept = order.total_amount - order.refunded_amount
    fee = platform_fee(kept, order.fee_ppm)
    legs = (
        ledger.Leg(ledger.escrow(order.currency), -kept),
        ledger.Leg(ledger.shop_balance(order.shop_id, order.currency), kept - fee),
        ledger.Leg(ledger.fee(order.currency), fee),
    )
    return ledger.Entry(
        kind="order_settled",
        cause_kind="order",
        cause_id=order.id,
        key=f"settled:{order.id}",
        legs=tuple(leg for leg in legs if leg.amount),
    )
