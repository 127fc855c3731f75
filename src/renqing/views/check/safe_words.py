"""Who has not typed a gift's safe word has nothing of it."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

# A word that was set after a claim says nothing about it. Who gets it by name later (it moved on) needs no word.
# What is drawn for asks for it at the entry: who has entered claims what they won, whatever word is set later.
# A story writes the time at which it began, and waits for others: within a minute nothing says which was first.
NOBODY_CLAIMS_WITHOUT_THE_WORD = Invariant(
    "G14",
    reads=("safe_word_lock", "safe_word_try", "gift_gift", "gift_share", "draw_entry"),
    differing="""
        SELECT 'gift ' || l.gift_id || ', ' || c.what || ' by ' || c.person_id,
               coalesce('typed at ' || t.passed_at, 'its word not typed'), 'typed before, at ' || c.claimed_at
          FROM safe_word_lock l JOIN gift_gift g ON g.id = l.gift_id
          JOIN (SELECT id AS gift_id, claimed_by AS person_id, claimed_at, 'claimed' AS what FROM gift_gift
                 WHERE claimed_by IS NOT NULL AND mode <> 'draw'
                UNION ALL SELECT s.gift_id, s.person_id, s.claimed_at, 'claimed' FROM gift_share s
                            JOIN gift_gift d ON d.id = s.gift_id AND d.mode <> 'draw'
                UNION ALL SELECT e.gift_id, e.person_id, e.entered_at, 'entered' FROM draw_entry e
                            JOIN safe_word_lock w ON w.gift_id = e.gift_id AND w.set_at < e.entered_at) c
            ON c.gift_id = l.gift_id
          LEFT JOIN safe_word_try t ON t.gift_id = l.gift_id AND t.person_id = c.person_id
         WHERE c.claimed_at > l.set_at + interval '1 minute' AND g.recipient_id IS NULL AND g.group_id IS NULL
           AND (t.passed_at IS NULL OR t.passed_at > c.claimed_at + interval '1 minute')""",
    laws=(
        Law("constraint", "safe_word_try", "safe_word_try_pkey", "PRIMARY KEY (gift_id, person_id)"),
        Law("constraint", "safe_word_try", "so_many_tries", "(wrong <= 5)"),
    ),
)

SAFE_WORDS = (NOBODY_CLAIMS_WITHOUT_THE_WORD,)
