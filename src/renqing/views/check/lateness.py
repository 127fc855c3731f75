"""What was paid for lateness is what was promised, once; what is late under a promise and was not paid is watched."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

# How long after an order is to be shipped its clock may still be missing: far more than a worker needs.
_WATCHED_WITHIN = "1 hour"

# The promise that each order to ship was placed under; of a part, when its whole was.
_PROMISED = """
    SELECT o.id, o.shop_id, o.state, o.ship_from, o.total_amount, p.n, p.share_bp, p.lowest_amount, p.highest_amount,
           p.within_hours
      FROM order_order o JOIN order_order w ON w.id = coalesce(o.part_of, o.id)
     CROSS JOIN LATERAL (SELECT * FROM lateness_promise WHERE shop_id = o.shop_id AND stated_at <= w.placed_at
                          ORDER BY n DESC LIMIT 1) p
     WHERE o.ship_from IS NOT NULL AND p.share_bp > 0"""

LATENESS_IS_PAID_AS_PROMISED = Invariant(
    "G25",
    reads=("lateness_paid", "lateness_promise", "order_order", "order_line", "payment_refund", "outbox_fact", "timer"),
    differing=f"""
        SELECT 'order ' || l.order_id, l.amount || ' paid of ' || l.base_amount || ' due ' || l.due_at,
               coalesce('promise ' || p.n || ': ' || p.share_bp || ' bp, ' || p.lowest_amount || ' to '
                        || p.highest_amount || ' from ' || p.ship_from + p.within_hours * interval '1 hour',
                        'no promise')
          FROM lateness_paid l LEFT JOIN ({_PROMISED}) p ON p.id = l.order_id AND p.shop_id = l.shop_id
         WHERE p.n IS DISTINCT FROM l.promise_n OR l.amount > p.highest_amount OR l.base_amount > p.total_amount
            OR l.amount > greatest(l.base_amount * p.share_bp / 10000, p.lowest_amount)
            OR l.due_at < p.ship_from + p.within_hours * interval '1 hour'
        UNION ALL
        SELECT 'order ' || coalesce(l.order_id, r.cause_id), coalesce(r.amount, 0) || ' on its way back for lateness',
               coalesce(l.amount, 0) || ' paid'
          FROM lateness_paid l
          FULL JOIN (SELECT * FROM payment_refund WHERE cause_kind = 'late') r ON r.id = l.refund_id
         WHERE l.amount IS DISTINCT FROM r.amount OR l.order_id IS DISTINCT FROM r.cause_id
        UNION ALL
        SELECT 'order ' || coalesce(l.order_id, n.order_id), coalesce(n.amount, 0) || ' by its lines',
               coalesce(l.amount, 0) || ' paid'
          FROM lateness_paid l
          FULL JOIN (SELECT order_id, sum(late_amount) AS amount FROM order_line WHERE late_amount > 0
                      GROUP BY order_id) n ON n.order_id = l.order_id
         WHERE l.amount IS DISTINCT FROM n.amount
        UNION ALL
        SELECT 'order ' || coalesce(l.order_id, f.subject_id), coalesce(f.told, 'nothing') || ' told',
               coalesce(l.amount::text, 'nothing') || ' paid'
          FROM lateness_paid l
          FULL JOIN (SELECT subject_id, string_agg(payload ->> 'amount', ' ') AS told FROM outbox_fact
                      WHERE kind = 'OrderLatePaid' GROUP BY subject_id) f ON f.subject_id = l.order_id
         WHERE l.amount::text IS DISTINCT FROM f.told
        UNION ALL
        SELECT 'order ' || p.id, 'to ship since ' || p.ship_from || ', no clock', 'its clock runs, or it was paid for'
          FROM house, ({_PROMISED}) p
          JOIN (SELECT order_id, sum((quantity - shipped - refunded) * unit_price) AS amount FROM order_line
                 WHERE unit_price > 1 GROUP BY order_id) s ON s.order_id = p.id
          LEFT JOIN lateness_paid l ON l.order_id = p.id
          LEFT JOIN timer t ON t.kind = 'pay_for_lateness' AND t.key = p.id
          LEFT JOIN swap_request w ON w.order_id = p.id AND w.state = 4
         WHERE p.state IN (20, 21) AND l.order_id IS NULL AND t.id IS NULL AND w.order_id IS NULL
           AND p.ship_from < house.now - interval '{_WATCHED_WITHIN}'
           AND (s.amount * p.share_bp >= 10000 OR s.amount > 0 AND p.lowest_amount > 0)
        UNION ALL
        SELECT 'order ' || key, 'its clock was set aside: ' || coalesce(last_error, ''), 'tried until it is decided'
          FROM timer WHERE kind = 'pay_for_lateness' AND set_aside_at IS NOT NULL""",
    laws=(
        Law("constraint", "lateness_paid", "lateness_paid_pkey", "PRIMARY KEY (order_id)"),
        Law("constraint", "lateness_paid", "half_of_it_at_most", "((2 * amount) <= base_amount)"),
        Law("constraint", "lateness_paid", "late_before_it_is_paid", "(due_at <= paid_at)"),
        Law("constraint", "order_line", "late_is_of_pieces", "(late_of <= quantity)"),
        *append_only("lateness_promise"),
        *append_only("lateness_paid"),
    ),
)

LATENESS = (LATENESS_IS_PAID_AS_PROMISED,)
