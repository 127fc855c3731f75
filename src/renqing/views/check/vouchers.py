"""Vouchers: uses never pass what was bought, none is without its paid line, each has one end and its money follows."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

USES_WITHIN_THE_VOUCHER = Invariant(
    "V1",
    reads=("voucher_voucher", "voucher_use", "voucher_location"),
    differing="""
        SELECT 'voucher ' || v.id, v.used || ' used of ' || v.uses || ' in state ' || v.state,
               coalesce(u.uses, 0) || ' redeemed, numbered to ' || coalesce(u.last, 0)
          FROM voucher_voucher v
          LEFT JOIN (SELECT voucher_id, count(*) AS uses, max(n) AS last FROM voucher_use GROUP BY voucher_id) u
               ON u.voucher_id = v.id
         WHERE v.used <> coalesce(u.uses, 0) OR v.used <> coalesce(u.last, 0) OR v.used > v.uses
            OR (v.state = 'used') <> (v.used = v.uses)
        UNION ALL
        SELECT 'use ' || u.n || ' of voucher ' || u.voucher_id,
               'at ' || u.used_at || ' in shop ' || u.shop_id || ', at a place of ' || l.shop_id,
               'in shop ' || v.shop_id || ', from ' || v.issued_at || ' until ' || v.expires_at
          FROM voucher_use u JOIN voucher_voucher v ON v.id = u.voucher_id
          JOIN voucher_location l ON l.id = u.location_id
         WHERE u.shop_id <> v.shop_id OR l.shop_id <> v.shop_id OR u.used_at < v.issued_at
            OR u.used_at >= v.expires_at OR u.used_at > v.ended_at""",
    laws=(
        Law("constraint", "voucher_voucher", "uses_within_the_voucher", "(used <= uses)"),
        Law("constraint", "voucher_voucher", "used_up_is_over", "((state = 'used'::text) = (used = uses))"),
        Law("constraint", "voucher_use", "voucher_use_pkey", "PRIMARY KEY (voucher_id, n)"),
        Law("trigger", "voucher_voucher", "moves", "BEFORE UPDATE OF state"),
        Law("function", "", "voucher_moves", "RAISE EXCEPTION"),
        *append_only("voucher_use"),
    ),
)

NONE_WITHOUT_ITS_PAID_LINE = Invariant(
    "V2",
    reads=("voucher_voucher", "voucher_sold", "voucher_terms", "voucher_return", "order_order", "order_line"),
    differing="""
        SELECT 'line ' || l.n || ' of order ' || o.id || ' in state ' || o.state,
               count(v.id) || ' vouchers of ' || l.quantity || ' pieces',
               'one a piece once it is paid and owned, of its owner, at its price, under the terms it was sold with'
          FROM order_order o JOIN order_line l ON l.order_id = o.id
          LEFT JOIN voucher_sold s ON s.order_id = coalesce(o.part_of, o.id) AND s.product_id = l.product_id
          LEFT JOIN voucher_voucher v ON v.order_id = o.id AND v.line_n = l.n AND v.piece <= l.quantity
               AND v.amount = l.unit_price AND v.sku_id = l.sku_id AND v.holder_id = o.owner_id
               AND v.payer_id = o.payer_id AND v.shop_id = o.shop_id AND v.currency = o.currency
               AND v.terms_id = s.terms_id
         WHERE o.by_voucher
         GROUP BY o.id, l.n, l.quantity, s.terms_id
        HAVING count(v.id) <> CASE WHEN o.state IN (17, 100, 200) THEN l.quantity ELSE 0 END OR s.terms_id IS NULL
        UNION ALL
        SELECT 'voucher ' || v.id, 'of order ' || v.order_id || ', line ' || v.line_n, 'of a paid line of vouchers'
          FROM voucher_voucher v
          LEFT JOIN order_order o ON o.id = v.order_id AND o.by_voucher
          LEFT JOIN order_line l ON l.order_id = v.order_id AND l.n = v.line_n
         WHERE o.id IS NULL OR l.n IS NULL
        UNION ALL
        SELECT 'order ' || r.order_id || ', returned of gift ' || r.gift_id,
               'part of ' || coalesce(o.part_of::text, 'none') || ', of ' || coalesce(o.owner_id::text, 'nobody'),
               'a part of the order of a gift that ended unclaimed, its giver''s own'
          FROM voucher_return r
          LEFT JOIN order_order o ON o.id = r.order_id LEFT JOIN gift_gift g ON g.id = r.gift_id
         WHERE o.part_of IS DISTINCT FROM g.order_id OR o.owner_id IS DISTINCT FROM g.giver_id OR NOT o.by_voucher
            OR g.ended_how NOT IN ('expired', 'nobody_left')""",
    laws=(
        Law(
            "constraint",
            "voucher_voucher",
            "voucher_voucher_order_id_line_n_piece_key",
            "UNIQUE (order_id, line_n, piece)",
        ),
        Law("constraint", "voucher_voucher", "voucher_voucher_code_hash_key", "UNIQUE (code_hash)"),
        *append_only("voucher_sold"),
        *append_only("voucher_terms"),
        *append_only("voucher_return"),
    ),
)

ONE_END_THAT_ITS_MONEY_FOLLOWS = Invariant(
    "V3",
    reads=("voucher_voucher", "voucher_terms", "order_order", "payment_refund", "timer"),
    differing="""
        SELECT 'voucher ' || v.id || ' in state ' || v.state,
               v.refunded_amount || ' back by itself, ' || coalesce(r.amount, 0) || ' by its refund',
               'what ' || v.uses - v.used || ' of ' || v.uses || ' uses were paid with, ' || k.rest
          FROM voucher_voucher v
          CROSS JOIN LATERAL (SELECT v.amount - (v.amount / v.uses * v.used + least(v.amount % v.uses, v.used))
                                     AS rest) k
          LEFT JOIN payment_refund r ON r.cause_kind = 'voucher' AND r.cause_id = v.id
         WHERE v.refunded_amount <> coalesce(r.amount, 0)
            OR v.refunded_amount <> CASE WHEN v.state = 'refunded' THEN k.rest ELSE 0 END
        UNION ALL
        SELECT 'refund ' || r.id, 'of voucher ' || r.cause_id, 'a voucher'
          FROM payment_refund r LEFT JOIN voucher_voucher v ON v.id = r.cause_id
         WHERE r.cause_kind = 'voucher' AND v.id IS NULL
        UNION ALL
        SELECT 'voucher ' || v.id, 'ended ' || coalesce(v.ended_at::text, 'never') || ' by ' || v.why,
               CASE v.why WHEN 'expired' THEN 'from ' ELSE 'before ' END || v.expires_at
          FROM voucher_voucher v
         WHERE v.ended_at IS NOT NULL AND (v.why = 'expired') <> (v.ended_at >= v.expires_at)
        UNION ALL
        SELECT 'voucher ' || v.id, 'good without an end', 'a timer at ' || v.expires_at
          FROM voucher_voucher v LEFT JOIN timer t ON t.kind = 'expire_voucher' AND t.key = v.id
         WHERE v.state = 'valid' AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)
        UNION ALL
        SELECT 'order ' || o.id || ' in state ' || o.state,
               count(v.id) FILTER (WHERE v.state = 'valid') || ' of its vouchers are good',
               'to redeem, state 17, as long as one is'
          FROM order_order o LEFT JOIN voucher_voucher v ON v.order_id = o.id
         WHERE o.by_voucher AND o.state IN (17, 100, 200)
         GROUP BY o.id HAVING (o.state = 17) <> (count(v.id) FILTER (WHERE v.state = 'valid') > 0)""",
    laws=(
        Law("constraint", "voucher_voucher", "over_has_its_end", "((state = 'valid'::text) = (ended_at IS NULL))"),
        Law(
            "constraint",
            "voucher_voucher",
            "refunded_has_its_amount",
            "((state = 'refunded'::text) = (refunded_amount > 0))",
        ),
    ),
)

VOUCHERS = (USES_WITHIN_THE_VOUCHER, NONE_WITHOUT_ITS_PAID_LINE, ONE_END_THAT_ITS_MONEY_FOLLOWS)
