"""Everything that a database says, as one digest a table: to prove that what was refused moved nothing."""

from __future__ import annotations

from renqing.foundation.ground import Ground

# What never moves, and what a request's key stands for, which is remembered of some refusals too.
LEFT_OUT = ("people_region", "once_answer")


async def everything(ground: Ground) -> dict[str, str]:
    """A digest of the rows of every table, in one round trip."""
    tables = await ground.db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1) ORDER BY 1",
        list(LEFT_OUT),
    )
    one = (
        """SELECT '{0}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS said FROM "{0}" AS t"""
    )
    rows = await ground.db.fetch(" UNION ALL ".join(one.format(row["tablename"]) for row in tables))
    return {row["name"]: row["said"] for row in rows}


def moved(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that are not as they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
