"""What is planted against safe words (G14)."""

from __future__ import annotations

WORDS = {
    "claimed by who never typed the word": """
        UPDATE safe_word_lock SET set_at = set_at - interval '2 minutes';
        UPDATE safe_word_try SET passed_at = NULL""",
    "typed after the claim": """
        UPDATE safe_word_lock SET set_at = set_at - interval '2 minutes';
        UPDATE safe_word_try SET passed_at = passed_at + interval '2 minutes'""",
    "entered by who never typed it": """
        INSERT INTO safe_word_lock
        SELECT gift_id, giver_id, decode(repeat('00', 32), 'hex'), '', made_at - interval '1 day' FROM draw_draw""",
}
