"""Lucky packs are dealt as their seeds say: the order is worked out once more, in SQL, from first records.

The arithmetic is that of ``social/lucky/rules.py`` and of docs/decisions/lucky-packs.md; an HMAC is two hashes around
the key, as in ``draws.py``. While a pack is offered its seed is sealed, and what was dealt waits for it to be shown.
"""

from __future__ import annotations

from renqing.views.check.draws import turned_key
from renqing.views.check.invariant import Invariant, Law

_INSIDE, _OUTSIDE = (turned_key("p.seed", turn) for turn in (0x36, 0x5C))
_PLACES = f"""
    SELECT k.gift_id, n, k.shares_claimed,
           row_number() OVER (PARTITION BY k.gift_id ORDER BY sha256(k.outside
             || sha256(k.inside || convert_to('renqing-lucky-1|' || n, 'UTF8'))), n) AS place
      FROM (SELECT p.gift_id, p.shares, g.shares_claimed, {_INSIDE} AS inside, {_OUTSIDE} AS outside
              FROM lucky_pack p JOIN gift_gift g ON g.id = p.gift_id WHERE p.seed IS NOT NULL) k,
           generate_series(1, k.shares) AS n"""

DEALT_AS_THE_SEED_SAYS = Invariant(
    "G24",
    reads=("lucky_pack", "gift_gift", "gift_share"),
    differing=f"""
        SELECT 'gift ' || coalesce(g.id, p.gift_id), coalesce(g.mode, 'no gift') || ' of ' || coalesce(g.shares, 0),
               coalesce('a lucky pack of ' || p.shares, 'no lucky pack')
          FROM gift_gift g FULL JOIN lucky_pack p ON p.gift_id = g.id
         WHERE (g.mode = 'lucky') IS DISTINCT FROM (p.gift_id IS NOT NULL) OR p.shares <> g.shares
        UNION ALL
        SELECT 'lucky pack of gift ' || gift_id, 'a seed of ' || encode(sha256(seed), 'hex'), encode(commitment, 'hex')
          FROM lucky_pack WHERE sha256(seed) <> commitment
        UNION ALL
        SELECT 'lucky pack of gift ' || p.gift_id, CASE WHEN p.seed IS NULL THEN 'sealed' ELSE 'shown' END,
               'shown exactly once it is over (gift in state ' || g.state || ')'
          FROM lucky_pack p JOIN gift_gift g ON g.id = p.gift_id
         WHERE (p.seed IS NOT NULL) <> (g.claimable_at IS NOT NULL AND g.state <> 10)
        UNION ALL
        SELECT 'share ' || coalesce(s.n, o.n) || ' of gift ' || coalesce(s.gift_id, o.gift_id),
               CASE WHEN s.n IS NULL THEN 'not dealt' ELSE 'dealt' END,
               CASE WHEN s.n IS NULL THEN 'dealt' ELSE 'not dealt yet' END || ', by the seed'
          FROM (SELECT * FROM ({_PLACES}) d WHERE place <= shares_claimed) o
          FULL JOIN (SELECT h.gift_id, h.n FROM gift_share h JOIN lucky_pack p ON p.gift_id = h.gift_id
                      WHERE p.seed IS NOT NULL) s ON s.gift_id = o.gift_id AND s.n = o.n
         WHERE s.n IS NULL OR o.n IS NULL""",
    laws=(
        Law("constraint", "lucky_pack", "seed_as_committed", "(sha256(seed) = commitment)"),
        Law("constraint", "lucky_pack", "seed_once_over", "((seed IS NULL) = (shown_at IS NULL))"),
        Law("constraint", "gift_gift", "dealt_by_luck", "(lucky_dealt = shares_claimed)"),
        Law("trigger", "lucky_pack", "moves", "BEFORE UPDATE ON"),
        Law("function", "", "lucky_pack_moves", "RAISE EXCEPTION"),
    ),
)

LUCKY = (DEALT_AS_THE_SEED_SAYS,)
