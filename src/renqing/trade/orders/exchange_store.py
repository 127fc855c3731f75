"""The orders room's SQL for what somebody chose instead of what they were given."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.trade.orders.model import Exchange
from renqing.trade.orders.store import seal

_LINE = ("n", "product_id", "sku_id", "title_zh", "title_en", "specs", "picture", "quantity", "unit_price", "amount")


async def insert_exchanged(tx: Tx, exchanges: Sequence[Exchange]) -> None:
    """Write the orders that were chosen, with their lines; all else is copied from the whole, which counts them."""
    await tx.executemany(
        """WITH whole AS (
             UPDATE order_order SET divided_amount = $4::bigint + $5::bigint WHERE id = $2::bigint
             RETURNING id, shop_id, payer_id, purpose, currency, fee_ppm, pay_by, paid_at)
           INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount,
             freight_amount, total_amount, fee_ppm, region_code, address_sealed, placed_at, pay_by, paid_at, ship_from,
             part_of)
           SELECT $1::bigint, w.shop_id, w.payer_id, $3::bigint, w.purpose, 20, w.currency, $4::bigint, $5::bigint,
                  $4::bigint + $5::bigint, w.fee_ppm, $6::bigint, $7::bytea, $8::timestamptz, w.pay_by, w.paid_at,
                  $8::timestamptz, w.id
             FROM whole w""",
        [
            (
                one.part_id,
                one.whole.id,
                one.owner_id,
                one.goods_amount,
                one.freight_amount,
                one.destination.region_code,
                seal(tx.keys, one.part_id, one.destination),
                tx.now,
            )
            for one in exchanges
        ],
    )
    await tx.executemany(
        f"""INSERT INTO order_line (order_id, {", ".join(_LINE)})
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        [(one.part_id, *(getattr(line, name) for name in _LINE)) for one in exchanges for line in one.lines],
    )
