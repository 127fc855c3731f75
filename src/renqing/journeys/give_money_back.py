"""Money of an order goes back to its payer by the original route. Steps of other journeys, in their transaction.

The books move at once: out of escrow before the shop was settled, out of the shop's and the platform's shares after.
The money passes through the payer's own account, where their statement shows it, and waits in ``refunds_due`` until
the channel confirms. One cause has one refund, whoever asks how often.

The ledger comes last: everybody's money passes through the same few accounts, so they are locked once and shortly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.books import ledger, stock
from renqing.foundation.database import Tx
from renqing.foundation.money import share_minor
from renqing.trade import orders, payments


async def give_money_back(  # noqa: PLR0913 - who asks names the pieces
    tx: Tx,
    order: orders.Order,
    amount: int,
    *,
    cause_kind: str,
    cause_id: int,
    reason: str,
    line_n: int,
    quantity: int,
    returned: bool,
) -> payments.Refund:
    """Refund ``amount`` of a locked order for ``quantity`` pieces of a line.

    Pieces that were never shipped are let go from stock. Raises FundsShort where the shop's account cannot bear it.
    """
    ask = payments.NewRefund(order.paid_as, amount, cause_kind, cause_id, reason)
    ((refund, is_new),) = await payments.ask_refunds(tx, [ask])
    if not is_new:
        return refund
    _, cancelled = await orders.record_refund(tx, order, amount, line_n=line_n, quantity=quantity, returned=returned)
    if cancelled:
        line = next(line for line in await orders.lines(tx, order.id) if line.n == line_n)
        await stock.let_go(tx, [(order.paid_as, line.sku_id, cancelled)])
    (verdict,) = await ledger.post(tx, [_refund_entry(order, amount, refund.id)])
    if verdict is ledger.Verdict.REFUSED:
        raise ledger.FundsShort(account=f"shop:{order.shop_id}")
    assert verdict is ledger.Verdict.POSTED, f"refund {refund.id} is new"
    return refund


async def give_back_for_lateness(tx: Tx, order: orders.Order, late: Mapping[int, int]) -> payments.Refund:
    """Some of the price of a locked order's lines (n: amount) goes back because they are late, once an order.

    The order bears it, in escrow or settled: no after-sale of its waits, so nothing of what it left its shop is held,
    and what others left is never asked for (M13).
    """
    amount = sum(late.values())
    ask = payments.NewRefund(order.paid_as, amount, "late", order.id, "late")
    ((refund, is_new),) = await payments.ask_refunds(tx, [ask])
    assert is_new, f"order {order.id} is locked, and was not paid for before"
    await orders.record_lateness(tx, order, late)
    (verdict,) = await ledger.post(tx, [_refund_entry(order, amount, refund.id)])
    assert verdict is ledger.Verdict.POSTED, f"refund {refund.id} is new, and order {order.id} bears its own lateness"
    return refund


async def give_back_of_freight(tx: Tx, order: orders.Order, amount: int) -> ledger.Verdict:
    """Some of a locked order's freight goes back because its place costs less than was allowed, once an order."""
    ask = payments.NewRefund(order.paid_as, amount, "surcharge", order.id, "surcharge")
    ((refund, is_new),) = await payments.ask_refunds(tx, [ask])
    assert is_new, f"the surcharge of order {order.id} is settled once"
    await orders.record_freight_back(tx, order, amount)
    (verdict,) = await ledger.post(tx, [_refund_entry(order, amount, refund.id)])
    return verdict


async def give_rest_back(
    tx: Tx, closed: Sequence[tuple[orders.Order, int]], *, cause_kind: str, reason: str
) -> list[ledger.Entry]:
    """All that was paid for orders that are over, and is with no part of them, goes back: one refund an order.

    Each order comes with its cause's id; answers what is to be posted.

    Orders and their intents are locked and captured, and nothing of their rest was ever shipped or refunded. The
    caller posts the entries, together with its own.
    """
    asks = [payments.NewRefund(order.id, order.rest_amount, cause_kind, cause, reason) for order, cause in closed]
    asked = await payments.ask_refunds(tx, asks)
    new = [(order, refund) for (order, _), (refund, is_new) in zip(closed, asked, strict=True) if is_new]
    await orders.record_rest_refunds(tx, [order for order, _ in new])
    return [_refund_entry(order, order.rest_amount, refund.id) for order, refund in new]


def platform_fee(kept: int, fee_ppm: int) -> int:
    """The platform's fee on what the payer did not get back, rounded down: the shop keeps the odd fen."""
    return share_minor(kept, fee_ppm)


def _refund_entry(order: orders.Order, amount: int, refund_id: int) -> ledger.Entry:
    person = ledger.person_balance(order.payer_id, order.currency)
    if order.settled_at is None:
        sources = [ledger.Leg(ledger.escrow(order.currency), -amount)]
    else:
        kept = order.total_amount - order.refunded_amount
        fee_back = platform_fee(kept, order.fee_ppm) - platform_fee(kept - amount, order.fee_ppm)
        sources = [
            ledger.Leg(ledger.shop_balance(order.shop_id, order.currency), -(amount - fee_back)),
            ledger.Leg(ledger.fee(order.currency), -fee_back),
        ]
    legs = [*sources, ledger.Leg(person, amount), ledger.Leg(person, -amount)]
    legs.append(ledger.Leg(ledger.refunds_due(order.currency), amount))
    return ledger.Entry(
        kind="refund",
        cause_kind="order",
        cause_id=order.id,
        key=f"refund:{refund_id}",
        legs=tuple(leg for leg in legs if leg.amount),
    )
