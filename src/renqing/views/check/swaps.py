"""What became of every wish for another style is what its order holds, and everybody was told."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

A_SWAP_IS_WHAT_ITS_ORDER_HOLDS = Invariant(
    "G12",
    reads=("swap_request", "order_order", "order_line", "outbox_fact", "timer"),
    differing="""
        SELECT 'order ' || w.order_id, 'has style ' || l.sku_id || ' after swap state ' || w.state,
               'style ' || CASE WHEN w.state = 4 THEN w.new_sku_id ELSE w.old_sku_id END
          FROM swap_request w JOIN order_line l ON l.order_id = w.order_id AND l.n = 1
         WHERE l.sku_id <> CASE WHEN w.state = 4 THEN w.new_sku_id ELSE w.old_sku_id END
        UNION ALL
        SELECT 'swap of order ' || w.order_id, 'state ' || w.state || ', told ' || coalesce(f.told, 'nothing'),
               'told that it waits, and its end'
          FROM swap_request w
          LEFT JOIN (SELECT subject_id, string_agg(payload ->> 'state', ' ' ORDER BY id) AS told
                       FROM outbox_fact WHERE kind = 'SwapMoved' GROUP BY subject_id) f ON f.subject_id = w.order_id
         WHERE f.told IS DISTINCT FROM concat_ws(' ', '3', nullif(w.state, 3))
        UNION ALL
        SELECT 'swap of order ' || w.order_id, 'waits in order state ' || o.state, 'nothing of it has left, state 20'
          FROM swap_request w JOIN order_order o ON o.id = w.order_id WHERE w.state = 3 AND o.state <> 20
        UNION ALL
        SELECT 'swap of order ' || w.order_id, 'waits without an end', 'a timer at ' || w.answer_by
          FROM swap_request w LEFT JOIN timer t ON t.kind = 'swap_silence' AND t.key = w.order_id
         WHERE w.state = 3 AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)
        UNION ALL
        SELECT 'swap of order ' || order_id, 'ended ' || ended_at || ' in state ' || state,
               'from ' || answer_by || ' on by silence, before it by somebody'
          FROM swap_request WHERE (state = 7) <> (ended_at >= answer_by)""",
    laws=(
        Law("constraint", "swap_request", "swap_request_pkey", "PRIMARY KEY (order_id)"),
        Law("constraint", "swap_request", "over_has_its_end", "((state = 3) = (ended_at IS NULL))"),
        Law("trigger", "swap_request", "moves", "BEFORE UPDATE"),
        Law("function", "", "swap_moves", "RAISE EXCEPTION"),
    ),
)

SWAPS = (A_SWAP_IS_WHAT_ITS_ORDER_HOLDS,)
