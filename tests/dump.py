"""Everything a stolen copy of the database says, as text: to look for what must not be in it."""

from __future__ import annotations

from renqing.foundation.database import Database
from renqing.foundation.ground import Ground
from renqing.foundation.ids import SeededIds

CODE = "739184"


class SayingIds(SeededIds):
    """Ids whose codes are one that nothing else in a dump looks like."""

    def code(self) -> str:
        return CODE


def with_a_findable_code(ground: Ground) -> Ground:
    """The same ground, with codes that can be looked for."""
    ids = SayingIds(7)
    db = Database(ground.db.pool, ground.clock, ids, ground.keys)
    return Ground(db, ground.clock, ids, ground.keys, ground.settings)


async def dump(ground: Ground) -> str:
    """Every row of every table but the public register of regions; bytes as hex, as a dump writes them."""
    tables = await ground.db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'people_region' ORDER BY 1"
    )
    said = []
    for table in tables:
        rows = await ground.db.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" AS t')
        said += [f"{table['tablename']}: {row['row']}" for row in rows]
    return "\n".join(said)


def found_in(said: str, canary: str) -> list[str]:
    """The lines of a dump that hold a value, plain or as the hex of its bytes."""
    return [line for line in said.splitlines() if canary in line or canary.encode().hex() in line]
