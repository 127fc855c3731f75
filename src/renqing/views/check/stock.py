"""Stock adds up: what is on hand, what is held and for whom."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

MOVEMENTS_MAKE_ON_HAND = Invariant(
    "S1",
    reads=("stock_item", "stock_movement"),
    differing="""
        SELECT 'item ' || i.sku_id, i.on_hand || ' on hand', coalesce(m.quantity, 0) || ' by its movements'
          FROM stock_item i
          LEFT JOIN (SELECT sku_id, sum(quantity) AS quantity FROM stock_movement GROUP BY sku_id) m USING (sku_id)
         WHERE i.on_hand <> coalesce(m.quantity, 0)
        UNION ALL
        SELECT 'movement ' || id, reason || ' ' || quantity, 'received and returned add, shipped and written off take'
          FROM stock_movement WHERE (quantity > 0) <> (reason IN ('received', 'returned'))""",
    laws=append_only("stock_movement"),
)

NOTHING_IS_OVERSOLD = Invariant(
    "S2",
    reads=("stock_item", "stock_hold"),
    differing="""
        SELECT 'item ' || i.sku_id, i.held || ' held', coalesce(h.quantity, 0) || ' by its live holds'
          FROM stock_item i
          LEFT JOIN (SELECT sku_id, sum(quantity) AS quantity FROM stock_hold WHERE state = 'live' GROUP BY sku_id) h
               USING (sku_id)
         WHERE i.held <> coalesce(h.quantity, 0)
        UNION ALL
        SELECT 'item ' || sku_id, (on_hand - held) || ' free', '0 or more' FROM stock_item WHERE on_hand - held < 0""",
    laws=(Law("constraint", "stock_item", "no_oversell", "((on_hand - held) >= 0)"),),
)

A_HOLD_ENDS_ONCE = Invariant(
    "S3",
    reads=("stock_hold", "stock_movement", "order_line", "order_order"),
    differing="""
        SELECT 'order ' || coalesce(o.part_of, order_id) || ', item ' || sku_id,
               sum(taken) || ' taken from holds, ' || sum(moved) || ' moved out, '
                 || sum(shipped) || ' shipped by its lines',
               'the same three times'
          FROM (SELECT order_id, sku_id, quantity AS taken, 0 AS moved, 0 AS shipped
                  FROM stock_hold WHERE state = 'taken'
                UNION ALL
                SELECT cause_id, sku_id, 0, -quantity, 0
                  FROM stock_movement WHERE reason = 'shipped' AND cause_kind = 'order'
                UNION ALL
                SELECT order_id, sku_id, 0, 0, shipped FROM order_line WHERE shipped > 0) pieces
          LEFT JOIN order_order o ON o.id = pieces.order_id
         GROUP BY coalesce(o.part_of, order_id), sku_id
        HAVING sum(taken) <> sum(moved) OR sum(taken) <> sum(shipped)""",
    laws=(Law("index", "stock_hold", "stock_hold_live", "(order_id, sku_id) WHERE (state = 'live'::text)"),),
)

NOTHING_HELD_FOR_WHAT_IS_OVER = Invariant(
    "S4",
    reads=("stock_hold", "order_order"),
    differing="""
        SELECT 'hold ' || h.id || ' of order ' || h.order_id, h.quantity || ' held for an order in state ' || o.state,
               'nothing held'
          FROM stock_hold h JOIN order_order o ON o.id = h.order_id
         WHERE h.state = 'live' AND o.state IN (200, 250)""",
)

HOLDS_ARE_OPEN_LINES = Invariant(
    "S5",
    reads=("stock_hold", "order_order", "order_line", "activity_activity"),
    differing="""
        SELECT 'order or activity ' || order_id || ', item ' || sku_id, sum(held) || ' held',
               sum(open) || ' still to ship, for itself and its parts, or still to take'
          FROM (SELECT h.order_id, h.sku_id, h.quantity AS held, 0 AS open
                  FROM stock_hold h LEFT JOIN order_order o ON o.id = h.order_id
                 WHERE h.state = 'live' AND (o.id IS NULL OR o.state NOT IN (200, 250))
                UNION ALL
                SELECT coalesce(o.part_of, o.id), l.sku_id, 0, l.quantity - l.shipped - l.cancelled
                  FROM order_line l JOIN order_order o ON o.id = l.order_id AND o.state NOT IN (110, 200, 250)
                UNION ALL
                SELECT o.part_of, l.sku_id, 0, -l.quantity
                  FROM order_line l JOIN order_order o ON o.id = l.order_id
                  JOIN order_order w ON w.id = o.part_of AND w.state = 12
                UNION ALL
                SELECT id, sku_id, 0, stock - taken FROM activity_activity WHERE ended_at IS NULL) pieces
         GROUP BY order_id, sku_id HAVING sum(held) <> sum(open)""",
)

ITEMS_ARE_LOCKED_IN_ORDER = Invariant(
    "S6",
    reads=(),
    laws=(Law("function", "", "stock_hold_lines", "ORDER BY sku_id FOR NO KEY UPDATE"),),
)

STOCK = (
    MOVEMENTS_MAKE_ON_HAND,
    NOTHING_IS_OVERSOLD,
    A_HOLD_ENDS_ONCE,
    NOTHING_HELD_FOR_WHAT_IS_OVER,
    HOLDS_ARE_OPEN_LINES,
    ITEMS_ARE_LOCKED_IN_ORDER,
)
