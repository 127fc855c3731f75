"""Of a yearly rule one gift a year is paid at most, to whom and within what it says; what is active is looked after."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

A_RULE_GIVES_ONCE_A_YEAR = Invariant(
    "G26",
    reads=("yearly_rule", "yearly_proposal", "yearly_gift", "gift_gift", "order_order", "timer"),
    differing="""
        SELECT 'rule ' || y.rule_id || ' in ' || y.year, count(*) || ' gifts that were paid', '1 at most'
          FROM yearly_gift y JOIN gift_gift g ON g.id = y.gift_id JOIN order_order o ON o.id = g.order_id
         WHERE o.paid_at IS NOT NULL GROUP BY y.rule_id, y.year HAVING count(*) > 1
        UNION ALL
        SELECT 'gift ' || g.id || ' of rule ' || r.id,
               'from ' || g.giver_id || ' for ' || o.total_amount || ' ' || o.currency,
               'from ' || r.giver_id || ' for ' || r.total_max || ' ' || r.currency || ' at most'
          FROM yearly_gift y JOIN yearly_rule r ON r.id = y.rule_id
          JOIN gift_gift g ON g.id = y.gift_id JOIN order_order o ON o.id = g.order_id
         WHERE g.giver_id <> r.giver_id OR o.total_amount > r.total_max OR o.currency <> r.currency
        UNION ALL
        SELECT 'rule ' || p.rule_id || ' in ' || p.year, 'given by order ' || p.order_id, 'the order of a gift of its'
          FROM yearly_proposal p
         WHERE p.order_id IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM yearly_gift y JOIN gift_gift g ON g.id = y.gift_id
                WHERE y.rule_id = p.rule_id AND y.year = p.year AND g.order_id = p.order_id)
        UNION ALL
        SELECT 'rule ' || r.id, coalesce('its timer was set aside: ' || t.last_error, 'no timer'), 'a timer'
          FROM yearly_rule r LEFT JOIN timer t ON t.kind = 'prepare_yearly' AND t.key = r.id
         WHERE r.state = 'active' AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)""",
    laws=(
        Law("constraint", "yearly_proposal", "once_a_year", "UNIQUE (rule_id, year)"),
        Law("constraint", "yearly_proposal", "given_by_an_order", "order_id IS NOT NULL"),
        Law("constraint", "yearly_gift", "yearly_gift_pkey", "PRIMARY KEY (gift_id)"),
    ),
)

YEARLY = (A_RULE_GIVES_ONCE_A_YEAR,)
