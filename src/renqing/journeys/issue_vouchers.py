"""What was bought as vouchers is handed over: codes instead of a parcel. A step that other journeys take.

For locked orders that have just been paid for by their owner, or claimed by one: every piece of every line becomes a
voucher under the terms that the order was placed with, leaves the stock that was held for it, and counts as handed
over. Told for many orders at once, because a hot gift's shares are claimed together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from renqing.books import stock
from renqing.foundation.database import Tx
from renqing.trade import orders, vouchers


async def issue_vouchers(
    tx: Tx, owned: Sequence[orders.Order], *, step: Literal["issued", "returned"] = "issued"
) -> None:
    """Issue the vouchers of orders that are to be redeemed; ``returned``: nobody claimed them in time."""
    if not owned:
        return
    terms = await vouchers.terms_sold(tx, [order.paid_as for order in owned])
    lines = await orders.lines_of(tx, [order.id for order in owned])
    pieces = [(order, line) for order in owned for line in lines[order.id]]
    await vouchers.issue(
        tx, [_issue(order, line, terms[order.paid_as, line.product_id]) for order, line in pieces], step
    )
    await orders.record_issued(tx, owned)
    await stock.take_many(tx, [(order.id, order.paid_as, line.sku_id, line.quantity) for order, line in pieces])


def _issue(order: orders.Order, line: orders.Line, terms: vouchers.Terms) -> vouchers.Issue:
    assert order.owner_id is not None, "a voucher has a holder"
    return vouchers.Issue(
        order_id=order.id,
        line_n=line.n,
        sku_id=line.sku_id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        currency=order.currency,
        holder_id=order.owner_id,
        payer_id=order.payer_id,
        terms=terms,
    )
