"""The orders room's SQL for orders of several shops: what of them is whose, and how they become their shops' orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Tx
from renqing.trade.orders.model import NewOrder, Section, Split
from renqing.trade.orders.store import seal

_SECTION = ", ".join(Section.__struct_fields__)


async def insert_sections(tx: Tx, orders: Sequence[NewOrder]) -> None:
    """Write which shop has which lines of these orders."""
    await tx.executemany(
        f"INSERT INTO order_section (order_id, {_SECTION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (
                order.id,
                part.n,
                part.shop_id,
                part.part_id,
                part.first_line,
                part.last_line,
                part.goods_amount,
                part.freight_amount,
            )
            for order in orders
            for part in order.sections
        ],
    )


async def sections_of(db: Database | Tx, order_ids: Iterable[int]) -> dict[int, tuple[Section, ...]]:
    """The sections of these orders of several shops, in order."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return {}
    rows = await db.fetch(
        f"SELECT {_SECTION}, order_id FROM order_section WHERE order_id = ANY($1) ORDER BY order_id, n", wanted
    )
    found: dict[int, tuple[Section, ...]] = dict.fromkeys(wanted, ())
    for row in rows:
        *section, order_id = row.values()
        found[order_id] = (*found[order_id], Section(*section))
    return found


async def insert_parts_by_shop(tx: Tx, splits: Sequence[Split]) -> None:
    """Write the orders that sections become, with their lines; all else is copied from the whole, which has all."""
    parts = [(one, section) for one in splits for section in one.sections]
    await tx.execute(
        """WITH part AS (
             SELECT s.*, a.owner, a.region, a.sealed
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) AS a(id, owner, region, sealed)
               JOIN order_section s ON s.part_id = a.id),
             made AS (
               INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount,
                 freight_amount, total_amount, fee_ppm, region_code, address_sealed, placed_at, pay_by, paid_at,
                 ship_from, part_of)
               SELECT p.part_id, p.shop_id, w.payer_id, p.owner, w.purpose, 20, w.currency, p.goods_amount,
                      p.freight_amount, p.goods_amount + p.freight_amount, w.fee_ppm, p.region, p.sealed, $5,
                      w.pay_by, w.paid_at, $5, w.id
               FROM part p JOIN order_order w ON w.id = p.order_id),
             divided AS (
               UPDATE order_order w SET divided_amount = w.total_amount WHERE w.id IN (SELECT order_id FROM part))
           INSERT INTO order_line (order_id, n, product_id, sku_id, title_zh, title_en, specs, picture, quantity,
             unit_price, amount)
           SELECT p.part_id, l.n - p.first_line + 1, l.product_id, l.sku_id, l.title_zh, l.title_en, l.specs,
                  l.picture, l.quantity, l.unit_price, l.amount
           FROM part p JOIN order_line l ON l.order_id = p.order_id AND l.n BETWEEN p.first_line AND p.last_line""",
        [section.part_id for _, section in parts],
        [one.owner_id for one, _ in parts],
        [one.destination.region_code for one, _ in parts],
        [seal(tx.keys, section.part_id, one.destination) for one, section in parts],
        tx.now,
    )
