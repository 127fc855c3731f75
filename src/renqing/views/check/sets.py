"""What is in a set, the orders of its shops have together, and all of them agree."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

# Of every order that is no shop's: what its lines come to, and what its sections say.
_SHARED_OUT = """
    SELECT o.id, o.goods_amount, o.freight_amount, l.lines, coalesce(s.lines, 0) AS told, coalesce(s.goods, 0) AS goods,
           coalesce(s.freight, 0) AS freight, coalesce(s.last, 0) AS last, coalesce(s.shops, 0) AS shops
      FROM order_order o
      CROSS JOIN LATERAL (SELECT count(*) AS lines FROM order_line WHERE order_id = o.id) l
      LEFT JOIN (SELECT order_id, sum(last_line - first_line + 1) AS lines, sum(goods_amount) AS goods,
                        sum(freight_amount) AS freight, max(last_line) AS last, count(*) AS shops
                   FROM order_section GROUP BY order_id) s ON s.order_id = o.id
     WHERE o.shop_id IS NULL"""

A_SET_STAYS_TOGETHER = Invariant(
    "G18",
    reads=("gift_gift", "gift_set_thing", "order_order", "order_line", "order_section", "catalog_product"),
    differing=f"""
        SELECT 'gift ' || g.id, g.pieces || ' pieces', l.pieces || ' by the lines of its order'
          FROM gift_gift g
          CROSS JOIN LATERAL (SELECT sum(quantity) AS pieces FROM order_line WHERE order_id = g.order_id) l
         WHERE g.shares = 1 AND g.pieces <> l.pieces
        UNION ALL
        SELECT 'gift ' || g.id, 'of shop ' || g.shop_id, coalesce(o.shop_id::text, 'several') || ', by its order'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id WHERE g.shop_id <> coalesce(o.shop_id, 0)
        UNION ALL
        SELECT 'order ' || id || ' of several shops',
               shops || ' sections: ' || goods || ' and ' || freight || ' freight, ' || told || ' lines to ' || last,
               'two or more: ' || goods_amount || ' and ' || freight_amount || ' freight, ' || lines || ' lines'
          FROM ({_SHARED_OUT}) o
         WHERE shops < 2 OR (goods, freight, told, last) IS DISTINCT FROM (goods_amount, freight_amount, lines, lines)
        UNION ALL
        SELECT 'section ' || s.n || ' of order ' || s.order_id, 'of shop ' || s.shop_id || ' for ' || s.goods_amount,
               'of shop ' || l.shops || ' for ' || l.amount || ', by its lines'
          FROM order_section s
          CROSS JOIN LATERAL (SELECT string_agg(DISTINCT p.shop_id::text, ', ') AS shops, sum(l.amount) AS amount
                                FROM order_line l JOIN catalog_product p ON p.id = l.product_id
                               WHERE l.order_id = s.order_id AND l.n BETWEEN s.first_line AND s.last_line) l
         WHERE (s.shop_id::text, s.goods_amount) IS DISTINCT FROM (l.shops, l.amount)
        UNION ALL
        SELECT 'section ' || s.n || ' of gift ' || g.id || ' in state ' || g.state,
               CASE WHEN p.id IS NULL THEN 'no order'
                    ELSE 'order ' || p.id || ' of shop ' || p.shop_id || ', of ' || coalesce(p.owner_id::text, 'nobody')
                         || ', in state ' || p.state || ', ' || p.goods_amount || ' and ' || p.freight_amount END,
               CASE WHEN g.state <> 20 THEN 'none: it is claimed whole or not at all'
                    ELSE 'one of shop ' || s.shop_id || ', of ' || g.claimed_by || ', to be shipped, ' || s.goods_amount
                         || ' and ' || s.freight_amount END
          FROM gift_gift g JOIN order_section s ON s.order_id = g.order_id
          LEFT JOIN order_order p ON p.id = s.part_id
         WHERE (g.state = 20) <> (p.id IS NOT NULL)
            OR (p.part_of, p.shop_id, p.owner_id, p.goods_amount, p.freight_amount)
               IS DISTINCT FROM (g.order_id, s.shop_id, g.claimed_by, s.goods_amount, s.freight_amount)
               AND p.id IS NOT NULL
            OR p.state NOT IN (20, 21, 30, 100, 200)
        UNION ALL
        SELECT 'gift ' || g.id, count(DISTINCT p.region_code) || ' places that its orders go to', 'one'
          FROM gift_gift g JOIN order_section s ON s.order_id = g.order_id JOIN order_order p ON p.id = s.part_id
         GROUP BY g.id HAVING count(DISTINCT p.region_code) <> 1
        UNION ALL
        SELECT 'line ' || l.n || ' of order ' || s.part_id, 'style ' || l.sku_id || ', ' || l.quantity || ' pieces',
               coalesce('style ' || w.sku_id || ', ' || w.quantity || ' pieces', 'none') || ', as the whole'
          FROM order_section s JOIN order_line l ON l.order_id = s.part_id
          LEFT JOIN order_line w ON w.order_id = s.order_id AND w.n = s.first_line + l.n - 1 AND w.n <= s.last_line
         WHERE (l.sku_id, l.quantity, l.amount) IS DISTINCT FROM (w.sku_id, w.quantity, w.amount)
        UNION ALL
        SELECT 'line ' || l.n || ' of gift ' || g.id || ' in state ' || g.state,
               'style ' || l.sku_id || ', ' || l.quantity || ' pieces',
               'style ' || t.sku_id || CASE WHEN g.state = 20 THEN ' or one that cost as much, ' ELSE ', as given, ' END
                  || t.quantity || ' pieces'
          FROM gift_set_thing t JOIN gift_gift g ON g.id = t.gift_id
          JOIN order_line l ON l.order_id = g.order_id AND l.n = t.n
         WHERE (l.product_id, l.quantity) IS DISTINCT FROM (t.product_id, t.quantity)
            OR l.sku_id <> t.sku_id AND (g.state <> 20 OR l.sku_id <> ALL (t.equal_skus))
        UNION ALL
        SELECT 'gift ' || g.id || ' in state 20', 'its order is in state ' || o.state, '110: its shops have theirs'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id
         WHERE o.shop_id IS NULL AND g.state = 20 AND o.state <> 110""",
    laws=(
        Law("constraint", "gift_gift", "a_set_is_one_share", "(shares = 1) AND (tiers = 1)"),
        Law("constraint", "gift_gift", "a_set_ends_whole", "(pieces_ended = pieces)"),
        Law("constraint", "order_order", "of_a_shop_or_of_several", "((shop_id IS NOT NULL) OR"),
        Law("constraint", "order_section", "one_section_a_shop", "UNIQUE (order_id, shop_id)"),
        Law("constraint", "order_section", "order_section_part_id_key", "UNIQUE (part_id)"),
        *append_only("order_section"),
        *append_only("gift_set_thing"),
    ),
)

SETS = (A_SET_STAYS_TOGETHER,)
