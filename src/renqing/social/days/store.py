"""The days room's only SQL. Notes are made under their owner's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.social.days.model import Birthday, ComingDay, Day, DayUnknown, KnownDay, NewNote, NotedDay

_DAY = "calendar, month, day, is_leap"


async def put_birthday(tx: Tx, birthday: Birthday) -> None:
    """Keep somebody's birthday, instead of what was kept before."""
    await tx.execute(
        f"""INSERT INTO day_birthday (person_id, {_DAY}, is_shown) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (person_id) DO UPDATE SET ({_DAY}, is_shown) =
              ROW (excluded.calendar, excluded.month, excluded.day, excluded.is_leap, excluded.is_shown)""",
        birthday.person_id,
        *_told(birthday.day),
        birthday.is_shown,
    )


async def delete_birthday(tx: Tx, person_id: int) -> None:
    """Somebody has no birthday here any more."""
    await tx.execute("DELETE FROM day_birthday WHERE person_id = $1", person_id)


async def birthday_of(db: Database | Tx, person_id: int) -> Birthday | None:
    """One's own."""
    row = await db.fetchrow(f"SELECT {_DAY}, person_id, is_shown FROM day_birthday WHERE person_id = $1", person_id)
    return None if row is None else Birthday(row["person_id"], _day(row), row["is_shown"])


async def shown_birthdays(db: Database | Tx, person_ids: Iterable[int]) -> dict[int, Day]:
    """The birthdays of those of these people who show theirs."""
    wanted = sorted(set(person_ids))
    rows = await db.fetch(f"SELECT {_DAY}, person_id FROM day_birthday WHERE person_id = ANY($1) AND is_shown", wanted)
    return {row["person_id"]: _day(row) for row in rows}


async def lock_owner(tx: Tx, owner_id: int) -> int:
    """Wait for whoever notes a day for this person at the moment; how many they have then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('days:' || $1::bigint, 8))", owner_id)
    return int(await tx.fetchval("SELECT count(*) FROM day_noted WHERE owner_id = $1", owner_id))


async def insert_note(tx: Tx, new: NewNote) -> NotedDay:
    """Write a day down."""
    made = NotedDay(tx.ids.new(), new.owner_id, new.friend_id, new.name, new.day)
    await tx.execute(
        f"""INSERT INTO day_noted (id, owner_id, friend_id, name, {_DAY}, noted_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        made.id,
        made.owner_id,
        made.friend_id,
        made.name,
        *_told(made.day),
        tx.now,
    )
    return made


async def delete_note(tx: Tx, owner_id: int, note_id: int) -> None:
    """A day of one's own is noted no more. Raises DayUnknown."""
    if await tx.execute("DELETE FROM day_noted WHERE id = $1 AND owner_id = $2", note_id, owner_id) != "DELETE 1":
        raise DayUnknown
    await tx.execute("DELETE FROM day_told WHERE note_id = $1", note_id)


async def note_by_id(db: Database | Tx, owner_id: int, note_id: int) -> NotedDay:
    """A day of one's own. Raises DayUnknown."""
    row = await db.fetchrow(f"{_NOTES} AND id = $2", owner_id, note_id)
    if row is None:
        raise DayUnknown
    return _note(row)


async def notes_of(db: Database | Tx, owner_id: int) -> list[NotedDay]:
    """All that somebody noted, the oldest first."""
    return [_note(row) for row in await db.fetch(f"{_NOTES} ORDER BY id", owner_id)]


_NOTES = f"SELECT id, owner_id, friend_id, name, {_DAY} FROM day_noted WHERE owner_id = $1"


async def known_to(db: Database | Tx, person_id: int, friend_ids: Iterable[int]) -> list[KnownDay]:
    """What somebody may know of the days of these friends of theirs: what those show, and what they noted."""
    friends = set(friend_ids)
    shown = await shown_birthdays(db, friends) if friends else {}
    noted = [one for one in await notes_of(db, person_id) if one.friend_id in friends]
    return [KnownDay(who, None, "", day) for who, day in shown.items()] + [
        KnownDay(one.friend_id, one.id, one.name, one.day) for one in noted
    ]


async def put_watch(tx: Tx, person_id: int, days_before: int | None) -> None:
    """Somebody is reminded so many days before, or (None) not at all."""
    if days_before is None:
        await tx.execute("DELETE FROM day_watch WHERE person_id = $1", person_id)
    else:
        await tx.execute(
            """INSERT INTO day_watch (person_id, days_before) VALUES ($1, $2)
               ON CONFLICT (person_id) DO UPDATE SET days_before = excluded.days_before""",
            person_id,
            days_before,
        )


async def watch_of(db: Database | Tx, person_id: int) -> int | None:
    """How many days before somebody is reminded; None: they are not."""
    found = await db.fetchval("SELECT days_before FROM day_watch WHERE person_id = $1", person_id)
    return None if found is None else int(found)


async def insert_told(tx: Tx, person_id: int, days: Sequence[ComingDay]) -> list[ComingDay]:
    """Write down of which days somebody is told now; those of which they were not told in this year of the day."""
    rows = await tx.fetch(
        """INSERT INTO day_told (person_id, who_id, note_id, year)
           SELECT $1, w, n, y FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS t(w, n, y)
           ON CONFLICT DO NOTHING RETURNING who_id, note_id""",
        person_id,
        [one.known.who_id for one in days],
        [one.known.note_id or 0 for one in days],
        [one.year for one in days],
    )
    new = {(row["who_id"], row["note_id"]) for row in rows}
    return [one for one in days if (one.known.who_id, one.known.note_id or 0) in new]


async def delete_all(tx: Tx, person_id: int) -> None:
    """Everything of this person's goes, and everything that others noted about them."""
    await tx.execute("DELETE FROM day_birthday WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM day_noted WHERE owner_id = $1 OR friend_id = $1", person_id)
    await tx.execute("DELETE FROM day_watch WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM day_told WHERE person_id = $1 OR who_id = $1", person_id)


def _told(day: Day) -> tuple[str, int, int, bool]:
    return day.calendar, day.month, day.day, day.is_leap


def _day(row: Row) -> Day:
    return Day(row["calendar"], row["month"], row["day"], row["is_leap"])


def _note(row: Row) -> NotedDay:
    return NotedDay(row["id"], row["owner_id"], row["friend_id"], row["name"], _day(row))
