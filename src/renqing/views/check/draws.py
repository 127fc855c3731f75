"""Draws are what their seeds and entries say: the order of winners is worked out once more, in SQL, from first records.

The arithmetic is that of ``social/draws/rules.py`` and of the public page, written a third time: an HMAC is two hashes
around the key, once with each byte turned by 0x36 and once by 0x5c.
"""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

NO_MORE_THAN_THERE_IS = Invariant(
    "G4",
    reads=("draw_draw", "draw_award", "draw_entry", "gift_gift", "gift_share"),
    differing="""
        SELECT 'draw of gift ' || d.gift_id,
               a.living || ' winners to prize ' || a.last || ', ' || a.people || ' people in ' || a.awards || ' awards',
               d.prizes || ' prizes at most, and one a person'
          FROM draw_draw d
          JOIN (SELECT gift_id, count(*) FILTER (WHERE lapsed_at IS NULL) AS living, max(prize) AS last,
                       count(DISTINCT person_id) AS people, count(*) AS awards FROM draw_award GROUP BY gift_id) a
               ON a.gift_id = d.gift_id
         WHERE a.living > d.prizes OR a.last > d.prizes OR a.people <> a.awards
        UNION ALL
        SELECT 'award ' || a.rank || ' of gift ' || a.gift_id, 'for person ' || a.person_id,
               'for person ' || coalesce(e.person_id::text, 'nobody') || ', by entry ' || a.entry_n
          FROM draw_award a LEFT JOIN draw_entry e ON e.gift_id = a.gift_id AND e.n = a.entry_n
         WHERE a.person_id IS DISTINCT FROM e.person_id
        UNION ALL
        SELECT 'prize ' || coalesce(s.n, a.prize) || ' of gift ' || coalesce(s.gift_id, a.gift_id),
               'claimed by ' || coalesce(s.person_id::text, 'nobody'),
               'claimed by ' || coalesce(a.person_id::text, 'nobody') || ', by its awards'
          FROM (SELECT h.gift_id, h.n, h.person_id FROM gift_share h JOIN gift_gift g ON g.id = h.gift_id
                 WHERE g.mode = 'draw'
                UNION ALL
                SELECT id, 1, claimed_by FROM gift_gift WHERE mode = 'draw' AND shares = 1 AND state = 20) s
          FULL JOIN (SELECT gift_id, prize, person_id FROM draw_award WHERE claimed_at IS NOT NULL) a
               ON a.gift_id = s.gift_id AND a.prize = s.n AND a.person_id = s.person_id
         WHERE s.n IS NULL OR a.prize IS NULL
        UNION ALL
        SELECT 'gift ' || coalesce(g.id, d.gift_id), coalesce(g.mode, 'no gift') || ' of ' || coalesce(g.shares, 0),
               coalesce('a draw for ' || d.prizes, 'no draw')
          FROM gift_gift g FULL JOIN draw_draw d ON d.gift_id = g.id
         WHERE (g.mode = 'draw') IS DISTINCT FROM (d.gift_id IS NOT NULL) OR d.prizes <> g.shares""",
    laws=(
        Law("index", "draw_award", "one_winner_a_prize", "(gift_id, prize) WHERE (lapsed_at IS NULL)"),
        Law("constraint", "draw_award", "one_win_a_person", "UNIQUE (person_id, gift_id)"),
        Law("constraint", "draw_award", "claimed_or_lapsed", "((claimed_at IS NULL) OR (lapsed_at IS NULL))"),
    ),
)


def turned_key(seed: str, turn: int) -> str:
    """The key of an HMAC, a column of 32 bytes, every byte turned."""
    return f"""(SELECT string_agg(set_byte('\\x00'::bytea, 0,
                        (CASE WHEN i < 32 THEN get_byte({seed}, i) ELSE 0 END) # {turn}), ''::bytea ORDER BY i)
                  FROM generate_series(0, 63) AS i)"""


_FIRST = """sha256(convert_to(concat_ws('|', 'renqing-draw-1', encode(d.commitment, 'hex'), d.prizes,
                                        floor(extract(epoch FROM d.draw_at))::bigint, d.entrants_max), 'UTF8'))"""
_RANKED = f"""
    SELECT k.gift_id, e.n,
           row_number() OVER (PARTITION BY k.gift_id ORDER BY sha256(k.outside
             || sha256(k.inside || convert_to(concat_ws('|', encode(k.head, 'hex'), e.n), 'UTF8'))), e.n) AS rank
      FROM (SELECT d.gift_id, d.head, {turned_key("d.seed", 0x36)} AS inside,
                   {turned_key("d.seed", 0x5C)} AS outside
              FROM draw_draw d WHERE d.seed IS NOT NULL) k
      JOIN draw_entry e ON e.gift_id = k.gift_id"""

WINNERS_FOLLOW_FROM_THE_SEED = Invariant(
    "G11",
    reads=("draw_draw", "draw_entry", "draw_award"),
    differing=f"""
        SELECT 'draw of gift ' || gift_id, 'a seed of ' || encode(sha256(seed), 'hex'), encode(commitment, 'hex')
          FROM draw_draw WHERE sha256(seed) <> commitment
        UNION ALL
        SELECT 'entry ' || n || ' of gift ' || gift_id, encode(head, 'hex'), encode(should, 'hex') || ', by the chain'
          FROM (SELECT e.gift_id, e.n, e.head,
                       sha256(convert_to(concat_ws('|', encode(coalesce(lag(e.head) OVER w, {_FIRST}), 'hex'),
                         row_number() OVER w, encode(e.tag, 'hex'), encode(e.nonce, 'hex')), 'UTF8')) AS should
                  FROM draw_entry e JOIN draw_draw d ON d.gift_id = e.gift_id
                WINDOW w AS (PARTITION BY e.gift_id ORDER BY e.n)) c WHERE head <> should
        UNION ALL
        SELECT 'draw of gift ' || d.gift_id, d.entrants || ' entrants to ' || encode(d.head, 'hex'),
               coalesce(e.n, 0) || ' entries to ' || encode(coalesce(e.head, {_FIRST}), 'hex')
          FROM draw_draw d
          LEFT JOIN (SELECT DISTINCT ON (gift_id) gift_id, n, head FROM draw_entry ORDER BY gift_id, n DESC) e
               ON e.gift_id = d.gift_id
         WHERE d.entrants <> coalesce(e.n, 0) OR d.head <> coalesce(e.head, {_FIRST})
        UNION ALL
        SELECT 'rank ' || coalesce(r.rank, a.rank) || ' of gift ' || coalesce(r.gift_id, a.gift_id),
               coalesce('entry ' || a.entry_n || ', prize ' || a.prize, 'nobody'),
               coalesce('entry ' || r.n || ', by the seed', 'nobody')
          FROM (SELECT r.*, d.prizes FROM ({_RANKED}) r JOIN draw_draw d ON d.gift_id = r.gift_id
                 WHERE r.rank <= greatest(d.awarded, d.prizes)) r
          FULL JOIN draw_award a ON a.gift_id = r.gift_id AND a.rank = r.rank
         WHERE a.entry_n IS DISTINCT FROM r.n OR (a.rank <= r.prizes AND a.prize <> a.rank)
            OR (a.rank > r.prizes AND NOT EXISTS (SELECT 1 FROM draw_award b WHERE b.gift_id = a.gift_id
                                                     AND b.prize = a.prize AND b.rank < a.rank))""",
    laws=(
        Law("constraint", "draw_draw", "seed_as_committed", "(sha256(seed) = commitment)"),
        Law("constraint", "draw_draw", "seed_once_drawn", "((seed IS NULL) = (drawn_at IS NULL))"),
        Law("constraint", "draw_entry", "one_entry_a_person", "UNIQUE (person_id, gift_id)"),
        Law("trigger", "draw_draw", "moves", "BEFORE UPDATE ON"),
        Law("function", "", "draw_moves", "RAISE EXCEPTION"),
        *append_only("draw_entry"),
    ),
)

DRAWS = (NO_MORE_THAN_THERE_IS, WINNERS_FOLLOW_FROM_THE_SEED)
