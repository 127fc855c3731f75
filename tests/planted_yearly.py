"""What somebody could do to yearly rules: each is found by exactly their check."""

from __future__ import annotations

YEARLY: dict[str, str] = {
    "two gifts of one year were paid": """
        UPDATE yearly_rule SET total_max = 10000000 WHERE id = <yearly>;
        INSERT INTO yearly_gift SELECT g.id, p.rule_id, p.year
          FROM (SELECT g.id FROM gift_gift g JOIN order_order o ON o.id = g.order_id
                 WHERE g.giver_id = <an> AND o.paid_at IS NOT NULL ORDER BY g.id LIMIT 2) g
         CROSS JOIN yearly_proposal p WHERE p.rule_id = <yearly>""",
    "a gift above the rule's sum": "UPDATE yearly_rule SET total_max = 1 WHERE id = <yearly>",
    "a gift of somebody else's": "UPDATE yearly_rule SET giver_id = <cai> WHERE id = <yearly>",
    "given by an order of none of its gifts": "DELETE FROM yearly_gift WHERE rule_id = <yearly>",
    "an active rule that nobody looks after": "DELETE FROM timer WHERE kind = 'prepare_yearly'",
    "its timer was set aside": "UPDATE timer SET set_aside_at = now() WHERE kind = 'prepare_yearly'",
}
