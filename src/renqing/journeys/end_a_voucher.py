"""A voucher is over: its holder gives back what is unused, its time runs out, or its last use was redeemed.

One transaction under the order's lock, so that a redemption, a refund and the deadline race to one winner. What goes
back is what the unused uses were paid with, to who paid, by the original route. A voucher nothing of which was used can
be sold again. With the last voucher of an order the order is over too, and its shop gets what did not go back: once an
order, as for parcels (``docs/decisions/vouchers.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from renqing.books import stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.give_money_back import give_money_back
from renqing.journeys.settle_an_order import settle_orders
from renqing.trade import orders, vouchers
from renqing.trade.orders import OrderState


class GiveVoucherBack(msgspec.Struct, frozen=True):
    """Whose voucher is given back."""

    holder_id: int
    voucher_id: int


class VoucherGivenBack(msgspec.Struct, frozen=True):
    """It is over. ``amount`` in minor units goes to who paid; None where that is somebody else: on a gift."""

    voucher_id: int
    order_id: int
    amount: int | None
    currency: str


async def give_a_voucher_back(ground: Ground, ask: GiveVoucherBack, once: Once) -> VoucherGivenBack:
    """Raises VoucherUnknown for others than its holder, and what the terms or its state refuse."""
    return await run_once(ground.db, once, VoucherGivenBack, lambda tx: _give_back(tx, ask))


async def _give_back(tx: Tx, ask: GiveVoucherBack) -> VoucherGivenBack:
    voucher, order = await lock_voucher(tx, (await vouchers.get(tx, ask.voucher_id)))
    if voucher.holder_id != ask.holder_id:
        raise vouchers.VoucherUnknown
    terms = (await vouchers.terms_by_ids(tx, [voucher.terms_id]))[voucher.terms_id]
    amount = vouchers.judge_refund(voucher, terms, tx.now)
    await end_voucher(tx, order, voucher, "asked", amount)
    seen = amount if order.payer_id == ask.holder_id else None
    return VoucherGivenBack(voucher.id, order.id, seen, voucher.currency)


async def lock_voucher(tx: Tx, found: vouchers.Voucher) -> tuple[vouchers.Voucher, orders.Order]:
    """A voucher and its order under the order's lock."""
    order = await orders.get(tx, found.order_id)
    return await vouchers.get(tx, found.id), order


async def end_voucher(
    tx: Tx, order: orders.Order, voucher: vouchers.Voucher, why: Literal["asked", "expired"], amount: int
) -> None:
    """End a voucher of a locked order, with its money and its order's end. A step of journeys."""
    await vouchers.end(tx, voucher, why, amount)
    if not voucher.used:
        await stock.put_back(tx, order.id, [(voucher.sku_id, 1)])
    if amount:
        await give_money_back(
            tx,
            order,
            amount,
            cause_kind="voucher",
            cause_id=voucher.id,
            reason=f"voucher_{why}",
            line_n=voucher.line_n,
            quantity=1,
            returned=True,
        )
    await finish_order(tx, order.id)


async def finish_order(tx: Tx, order_id: int) -> None:
    """With its last voucher a locked order is over, and its shop gets what did not go back."""
    order = await orders.get(tx, order_id)
    if await vouchers.count_valid(tx, order_id):
        return
    if order.state is OrderState.TO_REDEEM:
        order = await orders.mark_received(tx, order, by="use")
    await settle_orders(tx, [order])


async def expire_vouchers(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many at once; one that ended or was extended meanwhile stays as it is."""
    due = await vouchers.by_ids(tx, [timer.key for timer in timers])
    await orders.lock_many(tx, [voucher.order_id for voucher in due])
    for voucher in await vouchers.by_ids(tx, [voucher.id for voucher in due]):
        if voucher.state is not vouchers.VoucherState.VALID or tx.now < voucher.expires_at:
            continue
        terms = (await vouchers.terms_by_ids(tx, [voucher.terms_id]))[voucher.terms_id]
        order = await orders.get(tx, voucher.order_id)
        await end_voucher(tx, order, voucher, "expired", vouchers.worth_when_expired(voucher, terms))
