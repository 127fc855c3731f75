"""The stock room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from renqing.books.stock.model import HoldAsk
from renqing.foundation.database import Database, Tx


async def hold_lines(tx: Tx, asks: Sequence[HoldAsk]) -> list[int | None]:
    """Hold each ask whole or not at all; for each the sku that ran out, or None."""
    lines = [(place, ask.order_id, sku, quantity) for place, ask in enumerate(asks, 1) for sku, quantity in ask.lines]
    rows = await tx.fetch(
        """SELECT ask, ran_out
           FROM stock_hold_lines($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6) ORDER BY ask""",
        [tx.ids.new() for _ in lines],
        [line[0] for line in lines],
        [line[1] for line in lines],
        [line[2] for line in lines],
        [line[3] for line in lines],
        tx.now,
    )
    return [row["ran_out"] for row in rows]


async def release_orders(tx: Tx, order_ids: Sequence[int]) -> int:
    """Release every live hold of these orders; returns how many there were."""
    await _lock_items_of(tx, order_ids)
    return int(
        await tx.fetchval(
            """WITH ended AS (
                 UPDATE stock_hold SET state = 'released', ended_at = $2
                 WHERE order_id = ANY($1) AND state = 'live' RETURNING sku_id, quantity),
               freed AS (
                 UPDATE stock_item i SET held = i.held - s.quantity
                 FROM (SELECT sku_id, sum(quantity) AS quantity FROM ended GROUP BY sku_id) s WHERE i.sku_id = s.sku_id)
               SELECT count(*) FROM ended""",
            order_ids,
            tx.now,
        )
    )


async def lock_items(tx: Tx, sku_ids: Sequence[int]) -> None:
    """Lock items in id order (S6)."""
    await tx.execute("SELECT 1 FROM stock_item WHERE sku_id = ANY($1) ORDER BY sku_id FOR NO KEY UPDATE", sku_ids)


async def _lock_items_of(tx: Tx, order_ids: Sequence[int]) -> None:
    await tx.execute(
        """SELECT 1 FROM stock_item WHERE sku_id IN
             (SELECT sku_id FROM stock_hold WHERE order_id = ANY($1) AND state = 'live')
           ORDER BY sku_id FOR NO KEY UPDATE""",
        order_ids,
    )


async def end_holds(tx: Tx, pieces: Sequence[tuple[int, int, int]], end: Literal["taken", "released"]) -> int:
    """End what is held of pieces (order, sku, quantity; each order and sku once), in one statement. How many ended.

    Taken pieces leave what is on hand too. A hold that ends in part is ended for that part, and its rest is held anew:
    so a hold always ends once. One that holds less than asked for stays as it is, and is not counted.
    """
    await lock_items(tx, sorted({sku for _, sku, _ in pieces}))
    return int(
        await tx.fetchval(
            """WITH old AS MATERIALIZED (
                 SELECT h.id, w.o AS order_id, w.s AS sku_id, w.q AS quantity, h.quantity - w.q AS rest, w.n AS rest_id
                 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS w(o, s, q, n)
                 CROSS JOIN LATERAL (SELECT id, quantity FROM stock_hold
                                      WHERE order_id = w.o AND sku_id = w.s AND state = 'live' OFFSET 0) h
                 WHERE h.quantity >= w.q),
               ended AS (
                 UPDATE stock_hold h SET state = $5, ended_at = $6, quantity = old.quantity
                 FROM old WHERE h.id = old.id AND h.state = 'live'
                 RETURNING old.order_id, old.sku_id, old.quantity, old.rest, old.rest_id),
               kept AS (
                 INSERT INTO stock_hold (id, sku_id, order_id, quantity, made_at)
                 SELECT rest_id, sku_id, order_id, rest, $6 FROM ended WHERE rest > 0),
               item AS (
                 UPDATE stock_item i SET held = i.held - s.quantity,
                        on_hand = i.on_hand - CASE WHEN $5 = 'taken' THEN s.quantity ELSE 0 END
                 FROM (SELECT sku_id, sum(quantity)::bigint AS quantity FROM ended GROUP BY sku_id) s
                 WHERE i.sku_id = s.sku_id)
               SELECT count(*) FROM ended""",
            [order_id for order_id, _, _ in pieces],
            [sku for _, sku, _ in pieces],
            [quantity for _, _, quantity in pieces],
            [tx.ids.new() for _ in pieces],
            end,
            tx.now,
        )
    )


async def move(tx: Tx, lines: Sequence[tuple[int, int]], reason: str, cause_kind: str, cause_id: int) -> None:
    """Write movements (sku, signed quantity); the items change by them, and are opened when new."""
    await tx.execute(
        """INSERT INTO stock_item (sku_id, on_hand) SELECT s, 0 FROM unnest($1::bigint[]) AS t(s) ORDER BY s
           ON CONFLICT (sku_id) DO NOTHING""",
        [sku for sku, _ in lines],
    )
    await lock_items(tx, [sku for sku, _ in lines])
    await tx.execute(
        """UPDATE stock_item i SET on_hand = i.on_hand + t.q
           FROM (SELECT s, sum(q) AS q FROM unnest($1::bigint[], $2::bigint[]) AS u(s, q) GROUP BY s) t
           WHERE i.sku_id = t.s""",
        [sku for sku, _ in lines],
        [quantity for _, quantity in lines],
    )
    await tx.execute(
        """INSERT INTO stock_movement (id, sku_id, quantity, reason, cause_kind, cause_id, actor_id, made_at)
           SELECT i, s, q, $4, $5, $6, $7, $8 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t(i, s, q)""",
        [tx.ids.new() for _ in lines],
        [sku for sku, _ in lines],
        [quantity for _, quantity in lines],
        reason,
        cause_kind,
        cause_id,
        tx.actor,
        tx.now,
    )


async def move_out(tx: Tx, pieces: Sequence[tuple[int, int, int]]) -> None:
    """Write that pieces (order, sku, quantity) were shipped; the items know it already."""
    await tx.execute(
        """INSERT INTO stock_movement (id, sku_id, quantity, reason, cause_kind, cause_id, actor_id, made_at)
           SELECT i, s, -q, 'shipped', 'order', o, $5, $6
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS t(i, o, s, q)""",
        [tx.ids.new() for _ in pieces],
        [order_id for order_id, _, _ in pieces],
        [sku for _, sku, _ in pieces],
        [quantity for _, _, quantity in pieces],
        tx.actor,
        tx.now,
    )


async def levels(db: Database | Tx, sku_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """On hand and held, by sku; a sku that never had stock is absent."""
    rows = await db.fetch("SELECT sku_id, on_hand, held FROM stock_item WHERE sku_id = ANY($1)", sku_ids)
    return {row["sku_id"]: (row["on_hand"], row["held"]) for row in rows}


async def available(db: Database | Tx, sku_ids: Sequence[int]) -> dict[int, int]:
    """Free pieces by sku; 0 for a sku that never had stock."""
    known = await levels(db, sku_ids)
    return {sku: known[sku][0] - known[sku][1] if sku in known else 0 for sku in sku_ids}
