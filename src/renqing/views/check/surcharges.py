"""What was allowed for a place that costs more was paid, and is used or goes back, to the fen."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

SURCHARGES_ARE_SETTLED = Invariant(
    "G28",
    reads=("surcharge_allowed", "order_order", "payment_refund", "choice_choice"),
    differing="""
        SELECT 'order ' || s.order_id, s.allowed_amount || ' allowed', o.freight_amount || ' of freight, that at most'
          FROM surcharge_allowed s JOIN order_order o ON o.id = s.order_id
         WHERE s.allowed_amount > o.freight_amount
        UNION ALL
        SELECT 'order ' || s.order_id, coalesce(s.back_amount, 0) || ' back of what was allowed',
               coalesce(r.amount, 0) || ' refunded, ' || coalesce(o.freight_back, 0) || ' by its order'
          FROM surcharge_allowed s
          LEFT JOIN order_order o ON o.id = s.served_order_id
          LEFT JOIN choice_choice c ON c.order_id = s.order_id
          LEFT JOIN payment_refund r ON r.cause_kind = 'surcharge' AND r.cause_id = s.served_order_id
         WHERE c.order_id IS NULL AND (coalesce(s.back_amount, 0) <> coalesce(r.amount, 0)
            OR coalesce(s.back_amount, 0) <> coalesce(o.freight_back, 0))
            OR c.order_id IS NOT NULL AND (s.used_amount <> 0 OR r.id IS NOT NULL)
        UNION ALL
        SELECT 'order ' || coalesce(o.id, r.cause_id), coalesce(o.freight_back, 0) || ' of its freight back',
               'none: nothing was allowed'
          FROM order_order o
          FULL JOIN (SELECT * FROM payment_refund WHERE cause_kind = 'surcharge') r ON r.cause_id = o.id
          LEFT JOIN surcharge_allowed s ON s.served_order_id = coalesce(o.id, r.cause_id)
         WHERE s.order_id IS NULL AND (o.freight_back > 0 OR r.id IS NOT NULL)
        UNION ALL
        SELECT 'order ' || s.order_id, 'its goods have a place, and what was allowed is not settled', 'settled'
          FROM surcharge_allowed s JOIN order_order o ON o.id = s.order_id
         WHERE s.settled_at IS NULL AND (o.owner_id IS NOT NULL OR o.divided_amount > 0)""",
    laws=(
        Law("constraint", "surcharge_allowed", "settled_to_the_fen", "((used_amount + back_amount) = allowed_amount)"),
        Law("constraint", "order_order", "back_within_freight", "(freight_back <= freight_amount)"),
    ),
)

SURCHARGES = (SURCHARGES_ARE_SETTLED,)
