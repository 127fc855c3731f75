"""The charities room's only SQL."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.social.charities.model import Charity

_CHARITY = ", ".join(Charity.__struct_fields__)


async def listed(db: Database | Tx) -> list[Charity]:
    """The charities of the list, in the order in which they came."""
    rows = await db.fetch(f"SELECT {_CHARITY} FROM charity_charity WHERE ended_at IS NULL ORDER BY id")
    return [Charity(*row.values()) for row in rows]


async def of_id(db: Database | Tx, charity_id: int) -> Charity | None:
    """A charity that is on the list."""
    row = await db.fetchrow(f"SELECT {_CHARITY} FROM charity_charity WHERE id = $1 AND ended_at IS NULL", charity_id)
    return Charity(*row.values()) if row else None


async def lock_list(tx: Tx) -> None:
    """Operators who add at once do so one after another, so that the list keeps its limit."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('charities', 17))")


async def insert(tx: Tx, charity: Charity, operator_id: int) -> None:
    """Put it on the list."""
    await tx.execute(
        f"""INSERT INTO charity_charity ({_CHARITY}, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        charity.id,
        charity.person_id,
        charity.address_id,
        charity.name_zh,
        charity.name_en,
        charity.about_zh,
        charity.about_en,
        operator_id,
        tx.now,
    )


async def set_ended(tx: Tx, charity_id: int) -> bool:
    """Take it off; False where it was off before."""
    done = await tx.execute(
        "UPDATE charity_charity SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", charity_id, tx.now
    )
    return done == "UPDATE 1"
