"""What somebody could do to a lucky pack: each is found by exactly its check."""

from __future__ import annotations

_UNGUARDED = "ALTER TABLE lucky_pack DISABLE TRIGGER moves;"
_GUARDED = "; ALTER TABLE lucky_pack ENABLE TRIGGER moves"

LUCKY: dict[str, str] = {
    "another seed was put in its place": f"""
        {_UNGUARDED} ALTER TABLE lucky_pack DROP CONSTRAINT seed_as_committed;
        UPDATE lucky_pack SET seed = sha256(seed) WHERE gift_id = <lucky>;
        ALTER TABLE lucky_pack ADD CONSTRAINT seed_as_committed CHECK (seed IS NULL OR sha256(seed) = commitment)
          NOT VALID {_GUARDED}""",
    "it is over and its seed was not shown": f"""
        {_UNGUARDED} UPDATE lucky_pack SET seed = NULL, shown_at = NULL WHERE gift_id = <lucky> {_GUARDED}""",
    "a pack is larger than its gift": f"""
        {_UNGUARDED} UPDATE lucky_pack SET shares = 4 WHERE gift_id = <lucky> {_GUARDED}""",
    "a gift of who comes first has a pack": """
        INSERT INTO lucky_pack (gift_id, giver_id, shares, commitment, seed_sealed, made_at)
          VALUES (<shared>, 1, 3, sha256('x'), 'x', now())""",
}
