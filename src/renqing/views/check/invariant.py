"""What an invariant is: an id of the catalogue, one query that returns what differs, and the laws that hold it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from renqing.foundation.checks import SHOWN_MAX


class Law(NamedTuple):
    """Something in the schema that holds an invariant: it must be there, enforced, and say ``says``.

    ``place`` is its table, empty for a function.
    """

    sort: Literal["trigger", "constraint", "index", "function"]
    place: str
    name: str
    says: str


class Invariant(NamedTuple):
    """One sentence that must be true, by its id; the sentence is ``check.<id>`` in the text catalogue.

    ``differing`` selects (about, has, should): one row for everything that is not as first records say. It may read
    ``house(now, durable)``, the house's time and whether this database must survive a crash. ``reads`` are the
    tables it walks.
    """

    id: str
    reads: tuple[str, ...]
    differing: str = ""
    laws: tuple[Law, ...] = ()

    def sql(self) -> str:
        """The whole query: what differs, some of it, and how much there is."""
        parts = [part for part in (self.differing.strip(), _laws_in_force(self.laws)) if part]
        return f"""
            WITH house (now, durable) AS MATERIALIZED (SELECT $1::timestamptz, $2::boolean),
                 differing (about, has, should) AS (
            {" UNION ALL ".join(parts)}
            )
            SELECT about, has, should, count(*) OVER () AS total FROM differing LIMIT {SHOWN_MAX}"""


# Of each law by its own name: to write out every definition of the schema for each invariant costs half a second.
_IN_FORCE = """
    SELECT pg_get_triggerdef(g.oid) AS said, g.tgenabled IN ('O', 'A') AS enforced
      FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
     WHERE l.sort = 'trigger' AND g.tgname = l.name AND t.relname = l.place
       AND t.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT pg_get_constraintdef(c.oid), c.convalidated
      FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
     WHERE l.sort = 'constraint' AND c.conname = l.name AND t.relname = l.place
       AND t.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT pg_get_indexdef(x.indexrelid), x.indisvalid AND x.indisunique
      FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
     WHERE l.sort = 'index' AND i.relname = l.name AND t.relname = l.place
       AND t.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT p.prosrc, true
      FROM pg_proc p
     WHERE l.sort = 'function' AND p.proname = l.name AND l.place = ''
       AND p.pronamespace = current_schema()::regnamespace
"""


def _laws_in_force(laws: Iterable[Law]) -> str:
    """Select the laws that are absent, switched off, not validated, or say something else."""
    wanted = ", ".join(f"({', '.join(_quoted(word) for word in law)})" for law in dict.fromkeys(laws))
    if not wanted:
        return ""
    return f"""
        SELECT concat_ws(' ', l.sort, l.name, nullif('of ' || l.place, 'of ')),
               CASE WHEN f.said IS NULL THEN 'absent' WHEN NOT f.enforced THEN 'not enforced'
                    ELSE 'says something else' END,
               'in force, with: ' || l.says
          FROM (VALUES {wanted}) AS l (sort, place, name, says)
          LEFT JOIN LATERAL ({_IN_FORCE}) f ON true
         WHERE f.said IS NULL OR NOT f.enforced OR strpos(f.said, l.says) = 0"""


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


APPEND_ONLY = Law("function", "", "refuse_change", "RAISE EXCEPTION")


def append_only(table: str) -> tuple[Law, Law]:
    """The laws by which rows of a table are never changed."""
    on_change = Law("trigger", table, "append_only", "BEFORE DELETE OR UPDATE OR TRUNCATE")
    return on_change, APPEND_ONLY
