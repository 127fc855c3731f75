"""Claim cards: one a piece, one use, one a person."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

A_CARD_IS_USED_ONCE = Invariant(
    "G16",
    reads=("card_card", "card_batch", "activity_activity", "activity_present"),
    differing="""
        SELECT 'activity ' || b.activity_id, sum(b.cards) || ' cards, by ' || coalesce(a.audience, 'none'),
               coalesce(a.stock, 0) || ' at most, by cards'
          FROM card_batch b LEFT JOIN activity_activity a ON a.id = b.activity_id
         GROUP BY b.activity_id, a.audience, a.stock
        HAVING sum(b.cards) > coalesce(a.stock, 0) OR a.audience IS DISTINCT FROM 'cards'
        UNION ALL
        SELECT 'batch ' || b.id, coalesce(c.cards, 0) || ' cards of its activity', b.cards || ' cards'
          FROM card_batch b
          LEFT JOIN (SELECT batch_id, activity_id, count(*) AS cards FROM card_card GROUP BY 1, 2) c
               ON c.batch_id = b.id AND c.activity_id = b.activity_id
         WHERE b.cards <> coalesce(c.cards, 0)
        UNION ALL
        SELECT 'present ' || p.n || ' of activity ' || a.id, 'taken by person ' || p.person_id || ' ' || p.taken_at,
               'by somebody who had used a card of it'
          FROM activity_present p JOIN activity_activity a ON a.id = p.activity_id AND a.audience = 'cards'
         WHERE NOT EXISTS (SELECT 1 FROM card_card c WHERE c.activity_id = a.id AND c.used_by = p.person_id
                              AND c.used_at <= p.taken_at)
        UNION ALL
        SELECT 'card ' || number, 'used ' || used_at, 'made before, and free of wrong tries'
          FROM card_card c JOIN card_batch b ON b.id = c.batch_id
         WHERE c.used_at < b.made_at OR c.used_at IS NOT NULL AND (c.wrong <> 0 OR c.locked_until IS NOT NULL)""",
    laws=(
        Law("index", "card_card", "one_card_a_person", "(activity_id, used_by) WHERE (used_by IS NOT NULL)"),
        Law("constraint", "card_card", "used_by_somebody", "((used_by IS NULL) = (used_at IS NULL))"),
        Law("constraint", "card_card", "so_many_wrong_pins", "(wrong <= 4)"),
        Law("trigger", "card_card", "moves", "BEFORE UPDATE ON"),
        Law("function", "", "card_moves", "RAISE EXCEPTION"),
    ),
)

CARDS = (A_CARD_IS_USED_ONCE,)
