"""Money of an order goes back to its payer by the original route. A step of other journeys, in their transaction.

The books move at once: out of escrow before the shop was settled, out of the shop's and the platform's shares after.
The money passes through the payer's own account, where their statement shows it, and waits in ``refunds_due`` until
the channel confirms. One cause has one refund, whoever asks how often.
"""

from __future__ import annotations

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
    line_n: int | None = None,
    quantity: int = 0,
    returned: bool = False,
) -> payments.Refund:
    """Refund ``amount`` of a locked order: for ``quantity`` pieces of a line, or for no piece (closed, freight).

    Pieces that were never shipped are let go from stock. Raises FundsShort where the shop's account cannot bear it.
    """
    refund = await payments.ask_refund(tx, order.id, amount, cause_kind, cause_id, reason)
    verdict = (await ledger.post(tx, [_refund_entry(order, amount, refund.id)]))[0]
    if verdict is ledger.Verdict.KNOWN:
        return refund
    if verdict is ledger.Verdict.REFUSED:
        raise ledger.FundsShort(account=f"shop:{order.shop_id}")
    _, cancelled = await orders.record_refund(tx, order, amount, line_n=line_n, quantity=quantity, returned=returned)
    if cancelled:
        line = next(line for line in await orders.lines(tx, order.id) if line.n == line_n)
        await stock.let_go(tx, order.id, [(line.sku_id, cancelled)])
    return refund


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
