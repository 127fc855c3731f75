"""The schedules room's only SQL. Rows are written under the lock of their gift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Tx
from renqing.social.schedules.model import Schedule

_SCHEDULE = ", ".join(Schedule.__struct_fields__)


async def put(tx: Tx, schedule: Schedule) -> None:
    """Keep when a gift comes, instead of what was kept before."""
    await tx.execute(
        f"""INSERT INTO schedule_delivery ({_SCHEDULE}) VALUES ($1, $2, $3, $4)
            ON CONFLICT (gift_id) DO UPDATE SET deliver_at = excluded.deliver_at, time_zone = excluded.time_zone""",
        schedule.gift_id,
        schedule.giver_id,
        schedule.deliver_at,
        schedule.time_zone,
    )


async def of_gifts(db: Database | Tx, gift_ids: Iterable[int]) -> list[Schedule]:
    """The schedules of those of these gifts that have not come yet."""
    wanted = sorted(set(gift_ids))
    rows = (
        await db.fetch(f"SELECT {_SCHEDULE} FROM schedule_delivery WHERE gift_id = ANY($1) ORDER BY gift_id", wanted)
        if wanted
        else []
    )
    return [Schedule(*row.values()) for row in rows]


async def of_gift(db: Database | Tx, gift_id: int) -> Schedule | None:
    """When one gift comes; None where it is there, or over, or has no schedule."""
    return next(iter(await of_gifts(db, [gift_id])), None)


async def delete(tx: Tx, gift_ids: Sequence[int]) -> None:
    """These gifts wait for no moment any more."""
    await tx.execute("DELETE FROM schedule_delivery WHERE gift_id = ANY($1)", gift_ids)


async def forget(tx: Tx, giver_id: int) -> None:
    """Where somebody thought of their gifts' moments is forgotten; the moments of gifts that are paid stay."""
    await tx.execute("UPDATE schedule_delivery SET time_zone = 'UTC' WHERE giver_id = $1", giver_id)
