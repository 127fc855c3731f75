"""A fund holds what was put in, never more than its target, and its money has one end."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only
from renqing.views.check.money import SWEPT_WITHIN

A_FUND_IS_WHAT_WAS_PUT_IN = Invariant(
    "G17",
    reads=("fund_fund", "fund_contribution", "fund_return", "payment_intent", "ledger_account", "order_order"),
    differing=f"""
        SELECT 'fund ' || f.id || ', ' || f.state, f.paid || ' paid, ' || f.pending || ' pending of ' || f.target,
               coalesce(c.paid, 0) || ' paid, ' || coalesce(c.pending, 0) || ' pending by its contributions'
          FROM fund_fund f
          LEFT JOIN (SELECT fund_id, sum(amount) FILTER (WHERE state IN ('paid', 'returned')) AS paid,
                            sum(amount) FILTER (WHERE state = 'open') AS pending
                       FROM fund_contribution GROUP BY fund_id) c ON c.fund_id = f.id
         WHERE f.paid <> coalesce(c.paid, 0) OR f.pending <> coalesce(c.pending, 0) OR f.paid + f.pending > f.target
        UNION ALL
        SELECT 'fund ' || f.id || ', ' || f.state, coalesce(a.balance, 0) || ' on its account',
               (coalesce(p.amount, 0) - i.captured_amount + coalesce(r.done, 0))
                 || ': put in and not given back, less what its gift cost'
          FROM fund_fund f
          JOIN payment_intent i ON i.order_id = f.id
          LEFT JOIN ledger_account a ON a.owner_kind = 'fund' AND a.owner_id = f.id
          LEFT JOIN (SELECT c.fund_id, sum(n.captured_amount - n.refunded_amount) AS amount
                       FROM fund_contribution c JOIN payment_intent n ON n.order_id = c.id
                      GROUP BY c.fund_id) p ON p.fund_id = f.id
          LEFT JOIN (SELECT intent_id, sum(amount) AS done FROM payment_refund WHERE state = 'done'
                      GROUP BY intent_id) r ON r.intent_id = i.id
         WHERE coalesce(a.balance, 0) <> coalesce(p.amount, 0) - i.captured_amount + coalesce(r.done, 0)
            OR f.state <> 'open' AND coalesce(a.balance, 0) <> 0
        UNION ALL
        SELECT 'contribution ' || c.id || ', ' || c.state,
               coalesce(n.captured_amount - n.refunded_amount, 0) || ' of ' || c.amount || ' with the house',
               'all of a paid one but what of its gift went back, nothing of any other'
          FROM fund_contribution c LEFT JOIN payment_intent n ON n.order_id = c.id
          LEFT JOIN (SELECT contribution_id, sum(amount) AS amount FROM fund_return GROUP BY contribution_id) b
               ON b.contribution_id = c.id
         WHERE n.id IS NULL OR n.amount <> c.amount OR n.payer_id <> c.person_id
            OR n.captured_amount - n.refunded_amount
               <> CASE c.state WHEN 'paid' THEN c.amount - coalesce(b.amount, 0) ELSE 0 END
        UNION ALL
        SELECT 'refund ' || r.id || ' of fund ' || f.id, coalesce(b.amount, 0) || ' went on to who paid', r.amount::text
          FROM fund_fund f JOIN payment_intent i ON i.order_id = f.id
          JOIN payment_refund r ON r.intent_id = i.id AND r.state = 'done'
          LEFT JOIN (SELECT refund_id, sum(amount) AS amount FROM fund_return GROUP BY refund_id) b
               ON b.refund_id = r.id
         WHERE coalesce(b.amount, 0) <> r.amount
        UNION ALL
        SELECT 'fund ' || f.id || ', ' || f.state, 'its order is in state ' || o.state || ', its target ' || f.target,
               'an order that waits while it is open, for exactly its target'
          FROM fund_fund f JOIN order_order o ON o.id = f.id
         WHERE f.target <> o.total_amount OR (f.state = 'open') <> (o.state = 10)
            OR f.state IN ('short', 'called_off') AND o.state <> 250
        UNION ALL
        SELECT 'fund ' || f.id, 'open since its deadline ' || f.ends_at, 'over within {SWEPT_WITHIN}'
          FROM fund_fund f, house WHERE f.state = 'open' AND f.ends_at < house.now - interval '{SWEPT_WITHIN}'
        UNION ALL
        SELECT 'fund ' || f.id, 'no timer that ends it', 'one at ' || f.ends_at
          FROM fund_fund f LEFT JOIN timer t ON t.kind = 'close_unpaid_order' AND t.key = f.id
         WHERE f.state = 'open' AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)""",
    laws=(
        Law("constraint", "fund_fund", "never_more_than_its_target", "((paid + pending) <= target)"),
        Law("constraint", "fund_fund", "full_when_all_is_paid", "((state = 'full'::text) = (paid = target))"),
        Law("constraint", "fund_return", "one_part_each", "UNIQUE (refund_id, contribution_id)"),
        Law("trigger", "fund_fund", "moves", "BEFORE UPDATE"),
        Law("function", "", "fund_moves", "RAISE EXCEPTION"),
        *append_only("fund_return"),
    ),
)

FUNDS = (A_FUND_IS_WHAT_WAS_PUT_IN,)
