"""The stock room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

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


async def take_lines(tx: Tx, order_id: int, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Ship pieces out of an order's live holds: on hand and held fall together. Answers (sku, taken, left) for each.

    A hold that is shipped in part is ended as taken and its rest is to be held anew, so a hold always ends once.
    """
    await _lock_items_of(tx, [order_id])
    rows = await tx.fetch(
        """WITH want AS (
             SELECT s AS sku_id, sum(q)::bigint AS quantity FROM unnest($2::bigint[], $3::bigint[]) AS t(s, q)
             GROUP BY s),
           ended AS (
             UPDATE stock_hold h SET state = 'taken', ended_at = $4, quantity = w.quantity
             FROM want w, (SELECT id, quantity FROM stock_hold WHERE order_id = $1 AND state = 'live') old
             WHERE h.order_id = $1 AND h.sku_id = w.sku_id AND h.state = 'live' AND old.id = h.id
               AND old.quantity >= w.quantity
             RETURNING h.sku_id, w.quantity, old.quantity - w.quantity AS rest),
           item AS (
             UPDATE stock_item i SET on_hand = i.on_hand - e.quantity, held = i.held - e.quantity
             FROM ended e WHERE i.sku_id = e.sku_id)
           SELECT sku_id, quantity, rest FROM ended""",
        order_id,
        [sku for sku, _ in lines],
        [quantity for _, quantity in lines],
        tx.now,
    )
    return [(row["sku_id"], row["quantity"], row["rest"]) for row in rows]


async def let_go_pieces(tx: Tx, pieces: Sequence[tuple[int, int, int]]) -> None:
    """Release some of the pieces (order, sku, quantity) that are held for orders; the rest is held anew."""
    await lock_items(tx, sorted({sku for _, sku, _ in pieces}))
    rest = await tx.fetch(
        """WITH want AS (
               SELECT o AS order_id, s AS sku_id, q AS quantity
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t(o, s, q)),
             old AS (
               SELECT h.id, h.quantity FROM stock_hold h JOIN want w ON w.order_id = h.order_id AND w.sku_id = h.sku_id
               WHERE h.state = 'live'),
             ended AS (
               UPDATE stock_hold h SET state = 'released', ended_at = $4, quantity = w.quantity
               FROM want w, old
               WHERE h.order_id = w.order_id AND h.sku_id = w.sku_id AND h.state = 'live' AND old.id = h.id
                 AND old.quantity >= w.quantity
               RETURNING h.order_id, h.sku_id, w.quantity, old.quantity - w.quantity AS rest),
             freed AS (
               UPDATE stock_item i SET held = i.held - s.quantity
               FROM (SELECT sku_id, sum(quantity) AS quantity FROM ended GROUP BY sku_id) s WHERE i.sku_id = s.sku_id)
           SELECT order_id, sku_id, rest FROM ended""",
        [order_id for order_id, _, _ in pieces],
        [sku for _, sku, _ in pieces],
        [quantity for _, _, quantity in pieces],
        tx.now,
    )
    assert len(rest) == len(pieces), "what is let go is held"
    for row in rest:
        if row["rest"]:
            await hold_rest(tx, row["order_id"], [(row["sku_id"], row["rest"])])


async def hold_rest(tx: Tx, order_id: int, rest: Sequence[tuple[int, int]]) -> None:
    """Write the live holds that remain of an order after a part of it was shipped; the items already count them."""
    await tx.execute(
        """INSERT INTO stock_hold (id, sku_id, order_id, quantity, made_at)
           SELECT i, s, $2, q, $5 FROM unnest($1::bigint[], $3::bigint[], $4::bigint[]) AS t(i, s, q)""",
        [tx.ids.new() for _ in rest],
        order_id,
        [sku for sku, _ in rest],
        [quantity for _, quantity in rest],
        tx.now,
    )


async def move(
    tx: Tx, lines: Sequence[tuple[int, int]], reason: str, cause_kind: str, cause_id: int, *, change_on_hand: bool
) -> None:
    """Write movements (sku, signed quantity); with ``change_on_hand`` the items change too and are opened when new."""
    if change_on_hand:
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
