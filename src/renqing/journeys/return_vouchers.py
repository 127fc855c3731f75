"""Vouchers that were given and nobody claimed in time return into their giver's own cards, to be used.

A step of a gift's end, where the terms that they were sold with say so (as Douyin does): what nobody claimed of the
gift's order becomes a part of it, of its giver, and its vouchers are issued like any others. No money moves. A gift
that is declined or taken back is refunded all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.foundation.database import Tx
from renqing.journeys.issue_vouchers import issue_vouchers
from renqing.social import gifts
from renqing.trade import orders, vouchers


async def return_for_use(
    tx: Tx, ended: Sequence[gifts.Gift], locked: Mapping[int, orders.Order]
) -> dict[int, orders.Order]:
    """Return what nobody claimed of these locked gifts; answers the orders of those that returned, as they are now."""
    sold = await vouchers.terms_sold(tx, [order.id for order in locked.values() if order.by_voucher])
    kept = {order_id for (order_id, _), terms in sold.items() if terms.unclaimed != "returned_for_use"}
    going_back = [gift for gift in ended if locked[gift.order_id].by_voucher and gift.order_id not in kept]
    if not going_back:
        return {}
    lines = await orders.lines_of(tx, [gift.order_id for gift in going_back])
    parts = [
        _part(tx, locked[order_id], next(line for line in lines[order_id] if line.sku_id == sku_id), pieces)
        for order_id, sku_id, pieces in await gifts.unclaimed_pieces(tx, going_back)
    ]
    handed = await orders.hand_out(tx, parts)
    gift_of = {gift.order_id: gift.id for gift in going_back}
    await vouchers.record_returns(tx, [(part.id, gift_of[part.whole.id]) for part in parts])
    await issue_vouchers(tx, handed.parts, step="returned")
    return handed.wholes


def _part(tx: Tx, whole: orders.Order, line: orders.Line, pieces: int) -> orders.Part:
    return orders.Part(tx.ids.new(), whole, whole.payer_id, None, pieces, line.unit_price * pieces, 0, line.n)
