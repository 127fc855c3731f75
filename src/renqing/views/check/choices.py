"""What somebody chose instead of what they were given: one order, within what was paid, and the rest went back."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

SOMETHING_ELSE_WITHIN_THE_GIFT = Invariant(
    "G23",
    reads=(
        "gift_gift",
        "choice_choice",
        "order_order",
        "order_line",
        "catalog_product",
        "payment_refund",
        "outbox_fact",
    ),
    differing="""
        SELECT 'gift ' || g.id || ' in state ' || g.state || ', of which something else was chosen',
               'order ' || p.id || ' of ' || coalesce(p.owner_id::text, 'nobody') || ', from shop ' || p.shop_id
                 || ', for ' || p.total_amount || ' of ' || o.total_amount || '; ' || coalesce(r.amount, 0)
                 || ' back, told ' || coalesce(f.told, 'nothing'),
               'one order of who claimed it, from shop ' || g.shop_id || '; the rest is back, and it is told'
          FROM choice_choice x JOIN order_order o ON o.id = x.order_id JOIN order_order p ON p.id = x.part_id
          JOIN gift_gift g ON g.order_id = o.id
          LEFT JOIN payment_refund r ON r.cause_kind = 'gift_choice' AND r.cause_id = g.id
          LEFT JOIN (SELECT subject_id, string_agg(payload ->> 'another_thing', ', ') AS told
                       FROM outbox_fact WHERE kind = 'GiftClaimed' GROUP BY subject_id) f ON f.subject_id = g.id
         WHERE (g.state, g.shares, g.pieces, o.state, p.part_of, p.owner_id, p.shop_id, p.currency, f.told)
               IS DISTINCT FROM (20, 1, 1, 110, o.id, g.claimed_by, o.shop_id, o.currency, 'true')
            OR p.state NOT IN (20, 21, 30, 100, 200) OR o.divided_amount <> p.total_amount
            OR p.total_amount + coalesce(r.amount, 0) <> o.total_amount OR o.refunded_amount <> coalesce(r.amount, 0)
        UNION ALL
        SELECT 'line ' || l.n || ' of order ' || x.part_id, 'product ' || l.product_id || ' of shop ' || c.shop_id,
               'of shop ' || o.shop_id
          FROM choice_choice x JOIN order_order o ON o.id = x.order_id
          JOIN order_line l ON l.order_id = x.part_id JOIN catalog_product c ON c.id = l.product_id
         WHERE c.shop_id IS DISTINCT FROM o.shop_id
        UNION ALL
        SELECT 'order ' || x.order_id || ', for which something else was chosen', 'of no gift', 'of one'
          FROM choice_choice x LEFT JOIN gift_gift g ON g.order_id = x.order_id WHERE g.id IS NULL
        UNION ALL
        SELECT 'refund ' || r.id, 'of gift ' || r.cause_id, 'a gift of which something else was chosen'
          FROM payment_refund r LEFT JOIN gift_gift g ON g.id = r.cause_id
          LEFT JOIN choice_choice x ON x.order_id = g.order_id
         WHERE r.cause_kind = 'gift_choice' AND x.order_id IS NULL
        UNION ALL
        SELECT 'gift ' || f.subject_id, 'told that something else was chosen', 'only where it was'
          FROM outbox_fact f JOIN gift_gift g ON g.id = f.subject_id
          LEFT JOIN choice_choice x ON x.order_id = g.order_id
         WHERE f.kind = 'GiftClaimed' AND f.payload ->> 'another_thing' = 'true' AND x.order_id IS NULL""",
    laws=(
        Law("constraint", "choice_choice", "choice_choice_pkey", "PRIMARY KEY (order_id)"),
        Law("constraint", "choice_choice", "choice_choice_part_id_key", "UNIQUE (part_id)"),
        *append_only("choice_choice"),
    ),
)

CHOICES = (SOMETHING_ELSE_WITHIN_THE_GIFT,)
