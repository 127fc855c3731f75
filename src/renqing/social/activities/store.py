"""The activities room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.social.activities.model import Activity, ActivityUnknown, NewActivity, Present
from renqing.social.activities.rules import may_be_code

_ACTIVITY = ", ".join(Activity.__struct_fields__)
_PRESENT = ", ".join(Present.__struct_fields__)


def _activity(row: Row) -> Activity:
    return Activity(*row.values())


async def lock_shop(tx: Tx, shop_id: int) -> int:
    """Wait for whoever makes an activity of this shop at the moment; how many that are not over it has then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('activities:' || $1::bigint, 13))", shop_id)
    sql = "SELECT count(*) FROM activity_activity WHERE shop_id = $1 AND ended_at IS NULL"
    return int(await tx.fetchval(sql, shop_id))


async def insert_activity(tx: Tx, new: NewActivity) -> Activity:
    """Write a new activity."""
    row = await tx.fetchrow(
        f"""INSERT INTO activity_activity (id, shop_id, made_by, name, product_id, sku_id, stock, audience, group_id,
              cover, greeting, code, starts_at, ends_at, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING {_ACTIVITY}""",
        new.id,
        new.shop_id,
        new.made_by,
        new.name,
        new.product_id,
        new.sku_id,
        new.stock,
        new.audience,
        new.group_id,
        new.cover,
        new.greeting,
        tx.ids.token(),
        new.starts_at,
        new.ends_at,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return _activity(row)


async def get(db: Database | Tx, activity_id: int) -> Activity:
    """An activity, not locked. Raises ActivityUnknown."""
    row = await db.fetchrow(f"SELECT {_ACTIVITY} FROM activity_activity WHERE id = $1", activity_id)
    if row is None:
        raise ActivityUnknown
    return _activity(row)


async def by_codes(db: Database | Tx, codes: Iterable[str]) -> dict[str, Activity]:
    """The activities that links lead to, by their codes, not locked."""
    sql = f"SELECT {_ACTIVITY} FROM activity_activity WHERE code = ANY((SELECT $1::text[])::text[])"
    return {row["code"]: _activity(row) for row in await db.fetch(sql, sorted(filter(may_be_code, set(codes))))}


async def lock_many(tx: Tx, activity_ids: Iterable[int]) -> dict[int, Activity]:
    """Activities by id, locked in id order."""
    rows = await tx.fetch(
        f"""SELECT {_ACTIVITY} FROM activity_activity WHERE id = ANY((SELECT $1::bigint[])::bigint[])
            ORDER BY id FOR NO KEY UPDATE""",
        sorted(set(activity_ids)),
    )
    return {row["id"]: _activity(row) for row in rows}


async def presents_among(db: Database | Tx, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Present]:
    """Which of these (activity, person) took a piece, with it."""
    if not pairs:
        return {}
    rows = await db.fetch(
        f"""SELECT {_PRESENT} FROM activity_present
            WHERE (person_id, activity_id) IN (SELECT p, a FROM unnest($1::bigint[], $2::bigint[]) AS t(p, a))""",
        [person_id for _, person_id in pairs],
        [activity_id for activity_id, _ in pairs],
    )
    return {(row["activity_id"], row["person_id"]): Present(*row.values()) for row in rows}


async def guests_among(db: Database | Tx, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (activity, person) were chosen."""
    if not pairs:
        return set()
    rows = await db.fetch(
        """SELECT activity_id, person_id FROM activity_guest
           WHERE (person_id, activity_id) IN (SELECT p, a FROM unnest($1::bigint[], $2::bigint[]) AS t(p, a))""",
        [person_id for _, person_id in pairs],
        [activity_id for activity_id, _ in pairs],
    )
    return {(row["activity_id"], row["person_id"]) for row in rows}


async def count_kept(tx: Tx, activity_id: int) -> int:
    """How many pieces are spoken for: one a guest, and one for each who took theirs and is no guest any more."""
    return int(
        await tx.fetchval(
            """SELECT count(*) FROM (SELECT person_id FROM activity_guest WHERE activity_id = $1
                                     UNION SELECT person_id FROM activity_present WHERE activity_id = $1) kept""",
            activity_id,
        )
    )


async def insert_guests(tx: Tx, activity_id: int, guest_ids: Sequence[int]) -> None:
    """These people are chosen."""
    await tx.execute(
        """INSERT INTO activity_guest (activity_id, person_id, made_at)
           SELECT $1, g, $3 FROM unnest($2::bigint[]) AS t(g)""",
        activity_id,
        guest_ids,
        tx.now,
    )


async def set_paused(tx: Tx, activity_id: int, *, paused: bool) -> None:
    """An activity rests, or goes on."""
    sql = "UPDATE activity_activity SET paused_at = $2 WHERE id = $1"
    await tx.execute(sql, activity_id, tx.now if paused else None)


async def set_ended(tx: Tx, activity_ids: Sequence[int], how: str) -> None:
    """Activities are over."""
    await tx.execute(
        "UPDATE activity_activity SET ended_at = $2, ended_how = $3 WHERE id = ANY($1)", activity_ids, tx.now, how
    )


async def write_presents(tx: Tx, presents: Sequence[Present], after: Sequence[Activity]) -> None:
    """Pieces are taken; the activities stand as in ``after``."""
    await tx.execute(
        """WITH kept AS (
             INSERT INTO activity_present (activity_id, n, person_id, order_id, taken_at)
             SELECT a, n, p, o, $1 FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::bigint[]) AS t(a, n, p, o))
           UPDATE activity_activity y SET taken = t.n, ended_at = t.e, ended_how = t.h
           FROM unnest($6::bigint[], $7::int[], $8::timestamptz[], $9::text[]) AS t(i, n, e, h) WHERE y.id = t.i""",
        tx.now,
        [present.activity_id for present in presents],
        [present.n for present in presents],
        [present.person_id for present in presents],
        [present.order_id for present in presents],
        [activity.id for activity in after],
        [activity.taken for activity in after],
        [activity.ended_at for activity in after],
        [activity.ended_how for activity in after],
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Nobody is chosen any more who is gone; what they took was taken."""
    await tx.execute("DELETE FROM activity_guest WHERE person_id = $1", person_id)
