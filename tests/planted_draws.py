"""What somebody could do to a draw that was made: each is found by exactly its check."""

from __future__ import annotations

DRAWN: dict[str, str] = {
    "the seed was changed after the entries": """
        ALTER TABLE draw_draw DROP CONSTRAINT seed_as_committed; UPDATE draw_draw SET seed = sha256(seed);
        ALTER TABLE draw_draw ADD CONSTRAINT seed_as_committed CHECK (seed IS NULL OR sha256(seed) = commitment)
          NOT VALID""",
    "an entry was changed": "UPDATE draw_entry SET nonce = decode(repeat('00', 16), 'hex') WHERE n = 2",
    "the chain leads elsewhere": "UPDATE draw_draw SET head = sha256(head)",
    "what was promised was changed": "UPDATE draw_draw SET draw_at = draw_at + interval '1 hour'",
    "the next in line was passed over": """
        UPDATE draw_award SET rank = 9 WHERE rank = 2; UPDATE draw_award SET rank = 2 WHERE rank = 3;
        UPDATE draw_award SET rank = 3 WHERE rank = 9""",
    "somebody got a prize of another rank": "UPDATE draw_award SET prize = 1 WHERE rank = 2",
}

WON: dict[str, str] = {
    "a prize was claimed by who did not win it": "UPDATE draw_award SET claimed_at = NULL WHERE rank = 1",
    "more winners than prizes": """
        DROP INDEX one_winner_a_prize; UPDATE draw_award SET lapsed_at = NULL;
        CREATE INDEX one_winner_a_prize ON draw_award (gift_id, prize) WHERE lapsed_at IS NULL""",
    "one person wins twice": """
        ALTER TABLE draw_award DROP CONSTRAINT one_win_a_person;
        UPDATE draw_award a SET person_id = b.person_id FROM draw_award b WHERE a.rank = 3 AND b.rank = 1""",
    "an award is somebody else's": "UPDATE draw_award SET person_id = 1 WHERE rank = 3",
    "a gift of who comes first has a draw": "UPDATE gift_gift SET mode = 'draw' WHERE id = <shared>",
}
