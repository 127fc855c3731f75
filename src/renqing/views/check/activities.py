"""What shops give away: no piece too many, nobody twice, no fen moved, one end."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only
from renqing.views.check.money import SWEPT_WITHIN

PRESENTS_ARE_FREE_AND_COUNTED = Invariant(
    "G15",
    reads=("activity_activity", "activity_present", "activity_guest", "order_order", "order_line", "outbox_fact"),
    differing=f"""
        SELECT 'activity ' || a.id, a.taken || ' of ' || a.stock || ' taken',
               coalesce(p.taken, 0) || ' by its presents, numbered to ' || coalesce(p.last, 0)
          FROM activity_activity a
          LEFT JOIN (SELECT activity_id, count(*) AS taken, max(n) AS last FROM activity_present GROUP BY 1) p
               ON p.activity_id = a.id
         WHERE a.taken <> coalesce(p.taken, 0) OR a.taken <> coalesce(p.last, 0) OR a.taken > a.stock
        UNION ALL
        SELECT 'present ' || p.n || ' of activity ' || p.activity_id || ', for person ' || p.person_id,
               coalesce(o.purpose, 'no') || ' order ' || p.order_id || ' of person '
                 || coalesce(o.owner_id::text, 'nobody') || ' from shop ' || coalesce(o.shop_id::text, 'none')
                 || ' with style ' || coalesce(l.sku_id::text, 'none') || ', told ' || coalesce(f.told, 0),
               'a present of the same person, shop and style, told once'
          FROM activity_present p LEFT JOIN activity_activity a ON a.id = p.activity_id
          LEFT JOIN order_order o ON o.id = p.order_id LEFT JOIN order_line l ON l.order_id = p.order_id
          LEFT JOIN (SELECT subject_id, count(*) AS told FROM outbox_fact WHERE kind = 'PresentTaken' GROUP BY 1) f
               ON f.subject_id = p.order_id
         WHERE (o.purpose, o.owner_id, o.shop_id, l.sku_id, l.quantity, f.told)
               IS DISTINCT FROM ('present', p.person_id, a.shop_id, a.sku_id, 1, 1)
        UNION ALL
        SELECT 'order ' || o.id, 'a present without an activity, or not free: ' || o.total_amount || ', '
                 || (i.id IS NOT NULL) || ', ' || (e.cause_id IS NOT NULL),
               'taken of an activity; no amount, no payment, no entry of the ledger'
          FROM order_order o LEFT JOIN activity_present p ON p.order_id = o.id
          LEFT JOIN payment_intent i ON i.order_id = o.id
          LEFT JOIN (SELECT DISTINCT cause_id FROM ledger_entry WHERE cause_kind = 'order') e ON e.cause_id = o.id
         WHERE o.purpose = 'present'
           AND (p.order_id IS NULL OR o.total_amount <> 0 OR i.id IS NOT NULL OR e.cause_id IS NOT NULL)
        UNION ALL
        SELECT 'present ' || p.n || ' of activity ' || a.id, 'taken ' || p.taken_at,
               'from ' || a.starts_at || ' until ' || least(a.ends_at, a.ended_at)
          FROM activity_present p JOIN activity_activity a ON a.id = p.activity_id
         WHERE p.taken_at < a.starts_at OR p.taken_at >= a.ends_at OR p.taken_at > a.ended_at
        UNION ALL
        SELECT 'activity ' || a.id, 'ended ' || coalesce(a.ended_at::text, 'never') || ' ' || a.ended_how || ', told '
                 || coalesce(f.told, 0),
               'told once, when it is over; by time from ' || a.ends_at || ' on, anything else before'
          FROM activity_activity a
          LEFT JOIN (SELECT subject_id, count(*) AS told FROM outbox_fact WHERE kind = 'ActivityEnded' GROUP BY 1) f
               ON f.subject_id = a.id
         WHERE coalesce(f.told, 0) <> (a.ended_at IS NOT NULL)::int
            OR (a.ended_how = 'time') <> coalesce(a.ended_at >= a.ends_at, false)
        UNION ALL
        SELECT 'activity ' || a.id, coalesce('its deadline was set aside: ' || t.last_error, 'open past its time'),
               'over within {SWEPT_WITHIN}, by a deadline that runs'
          FROM activity_activity a CROSS JOIN house LEFT JOIN timer t ON t.kind = 'end_activity' AND t.key = a.id
         WHERE a.ended_at IS NULL
           AND (t.id IS NULL OR t.set_aside_at IS NOT NULL OR a.ends_at < house.now - interval '{SWEPT_WITHIN}')
        UNION ALL
        SELECT 'activity ' || a.id, g.kept || ' pieces kept for people', a.stock || ' at most'
          FROM activity_activity a
          JOIN (SELECT activity_id, count(*) AS kept
                  FROM (SELECT activity_id, person_id FROM activity_guest
                        UNION SELECT activity_id, person_id FROM activity_present) k GROUP BY 1) g
               ON g.activity_id = a.id
         WHERE g.kept > a.stock""",
    laws=(
        Law("constraint", "activity_activity", "taken_within_the_stock", "(taken <= stock)"),
        Law("constraint", "activity_activity", "over_when_all_is_taken", "(taken = stock)"),
        Law("constraint", "activity_present", "one_present_a_person", "UNIQUE (person_id, activity_id)"),
        Law("constraint", "order_order", "a_present_costs_nothing", "(goods_amount = 0)"),
        Law("trigger", "activity_activity", "moves", "BEFORE UPDATE ON"),
        Law("function", "", "activity_moves", "RAISE EXCEPTION"),
        *append_only("activity_present"),
    ),
)

ACTIVITIES = (PRESENTS_ARE_FREE_AND_COUNTED,)
