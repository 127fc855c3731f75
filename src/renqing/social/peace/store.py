"""The peace room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from renqing.foundation.database import Database, Tx
from renqing.social.peace.model import DEFAULT_RULE, GivenBy, PeaceRule

_RULE = ", ".join(PeaceRule.__struct_fields__)


async def rule_of(db: Database | Tx, person_id: int) -> PeaceRule:
    """What somebody decided, or what holds until they do."""
    return (await rules_of(db, [person_id])).get(person_id, DEFAULT_RULE)


async def rules_of(db: Database | Tx, person_ids: Iterable[int]) -> dict[int, PeaceRule]:
    """What people decided, of those who did."""
    rows = await db.fetch(f"SELECT person_id, {_RULE} FROM peace_rule WHERE person_id = ANY($1)", list(person_ids))
    return {row[0]: PeaceRule(*tuple(row)[1:]) for row in rows}


async def put_rule(tx: Tx, person_id: int, rule: PeaceRule) -> None:
    """Keep what somebody decided."""
    await tx.execute(
        f"""INSERT INTO peace_rule (person_id, {_RULE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (person_id) DO UPDATE SET
              ({_RULE}) = ROW (excluded.gifts_from, excluded.gift_price_max, excluded.quiet_from, excluded.quiet_to,
                               excluded.time_zone, excluded.is_counted, excluded.shows_history,
                               excluded.is_minor, excluded.takes_nameless)""",
        person_id,
        rule.gifts_from,
        rule.gift_price_max,
        rule.quiet_from,
        rule.quiet_to,
        rule.time_zone,
        rule.is_counted,
        rule.shows_history,
        rule.is_minor,
        rule.takes_nameless,
    )


async def add_given(tx: Tx, given: Mapping[GivenBy, int]) -> None:
    """Add to what people gave and to how many gave it, in one order of rows: two who count never wait in a ring."""
    pairs = sorted(given, key=lambda one: (one.product_id, one.giver_id))
    await tx.execute(
        """WITH kept AS (
             INSERT INTO peace_given AS g (product_id, giver_id, times)
             SELECT p, w, n FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t(p, w, n)
             ON CONFLICT (product_id, giver_id) DO UPDATE SET times = g.times + excluded.times
             RETURNING product_id, xmax = 0 AS is_new),
           told AS (SELECT p, sum(n)::bigint AS times FROM unnest($1::bigint[], $3::bigint[]) AS t(p, n) GROUP BY p),
           first AS (SELECT product_id, count(*) FILTER (WHERE is_new) AS givers FROM kept GROUP BY product_id)
           INSERT INTO peace_tally AS y (product_id, givers, times)
           SELECT t.p, greatest(f.givers, 1), t.times FROM told t JOIN first f ON f.product_id = t.p ORDER BY t.p
           ON CONFLICT (product_id) DO UPDATE
             SET givers = y.givers + (SELECT givers FROM first f WHERE f.product_id = y.product_id),
                 times = y.times + excluded.times""",  # a row must be lawful even where it is only added to
        [one.product_id for one in pairs],
        [one.giver_id for one in pairs],
        [given[one] for one in pairs],
    )


async def delete_all(tx: Tx, person_id: int) -> None:
    """Everything of this person's goes; tallies name nobody."""
    await tx.execute("DELETE FROM peace_rule WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM peace_given WHERE giver_id = $1", person_id)
