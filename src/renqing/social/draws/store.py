"""The draws room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Database, Tx
from renqing.social.draws.model import Award, Draw, Entry, NewDraw, Reminder

_DRAW = ", ".join(Draw.__struct_fields__)
_ENTRY = ", ".join(Entry.__struct_fields__)
_AWARD = ", ".join(Award.__struct_fields__)
_SEED_SEALED = "draw_draw.seed_sealed"
_PAIRS = "SELECT g, p FROM unnest($1::bigint[], $2::bigint[]) AS t(g, p)"

Pair = tuple[int, int]  # gift, person


class DueReminder(msgspec.Struct, frozen=True):
    """A winner who waits and whose reminder is due, with the time they have."""

    rank: int
    person_id: int
    awarded_at: datetime
    claim_by: datetime
    reminder: Reminder


async def insert_draw(tx: Tx, draw: NewDraw, *, seed: bytes, commitment: bytes, head: bytes) -> None:
    """Write a draw with its sealed seed, and its guests."""
    await tx.execute(
        """INSERT INTO draw_draw (gift_id, giver_id, prizes, draw_at, entrants_max, guests_only, commitment,
                                  seed_sealed, head, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        draw.gift_id,
        draw.giver_id,
        draw.prizes,
        draw.draw_at,
        draw.entrants_max,
        draw.guests is not None,
        commitment,
        tx.keys.seal(seed.hex(), place=_SEED_SEALED, row=draw.gift_id),
        head,
        tx.now,
    )
    if draw.guests:
        await tx.execute(
            "INSERT INTO draw_guest (gift_id, person_id) SELECT $1, p FROM unnest($2::bigint[]) AS t(p)",
            draw.gift_id,
            list(draw.guests),
        )


async def open_seed(tx: Tx, gift_id: int) -> bytes:
    """The secret seed of a draw."""
    sealed = await tx.fetchval("SELECT seed_sealed FROM draw_draw WHERE gift_id = $1", gift_id)
    return bytes.fromhex(tx.keys.open(sealed, place=_SEED_SEALED, row=gift_id))


async def of_gifts(db: Database | Tx, gift_ids: Iterable[int]) -> dict[int, Draw]:
    """The draws of gifts, by gift; a gift without one is absent. Who writes holds the gifts' locks."""
    wanted = sorted(set(gift_ids))
    rows = await db.fetch(f"SELECT {_DRAW} FROM draw_draw WHERE gift_id = ANY($1)", wanted) if wanted else []
    return {row["gift_id"]: Draw(*row.values()) for row in rows}


async def by_commitment(db: Database, commitment: bytes) -> Draw | None:
    """A draw by its public name."""
    row = await db.fetchrow(f"SELECT {_DRAW} FROM draw_draw WHERE commitment = $1", commitment)
    return Draw(*row.values()) if row else None


async def guests_of(tx: Tx, gift_ids: Sequence[int]) -> dict[int, list[int]]:
    """Who is asked to draws for chosen guests, by gift."""
    rows = await tx.fetch(
        """SELECT gift_id, array_agg(person_id ORDER BY person_id) AS people FROM draw_guest
           WHERE gift_id = ANY($1) GROUP BY gift_id""",
        gift_ids,
    )
    return {row["gift_id"]: list(row["people"]) for row in rows}


async def guests_among(db: Database | Tx, pairs: Sequence[Pair]) -> set[Pair]:
    """Which of these (gift, person) are guests of a draw."""
    if not pairs:
        return set()
    rows = await db.fetch(
        f"SELECT gift_id, person_id FROM draw_guest WHERE (gift_id, person_id) IN ({_PAIRS})", *_columns(pairs)
    )
    return {(row["gift_id"], row["person_id"]) for row in rows}


async def entries_among(db: Database | Tx, pairs: Sequence[Pair]) -> dict[Pair, Entry]:
    """The entries of those of these (gift, person) who have one."""
    if not pairs:
        return {}
    rows = await db.fetch(f"SELECT {_ENTRY} FROM draw_entry WHERE (gift_id, person_id) IN ({_PAIRS})", *_columns(pairs))
    return {(row["gift_id"], row["person_id"]): Entry(*row.values()) for row in rows}


async def awards_among(db: Database | Tx, pairs: Sequence[Pair]) -> dict[Pair, Award]:
    """The awards of those of these (gift, person) who have one."""
    if not pairs:
        return {}
    rows = await db.fetch(f"SELECT {_AWARD} FROM draw_award WHERE (gift_id, person_id) IN ({_PAIRS})", *_columns(pairs))
    return {(row["gift_id"], row["person_id"]): Award(*row.values()) for row in rows}


def _columns(pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    return [gift_id for gift_id, _ in pairs], [person_id for _, person_id in pairs]


async def write_entries(tx: Tx, entries: Sequence[Entry], draws: Sequence[Draw]) -> None:
    """New entries, and their draws with the number and the head that they have now."""
    await tx.execute(
        """WITH entered AS (
             INSERT INTO draw_entry (gift_id, n, person_id, tag, nonce, head, entered_at)
             SELECT g, n, p, t, c, h, $7 FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[],
                                                     $6::bytea[]) AS t(g, n, p, t, c, h))
           UPDATE draw_draw d SET entrants = t.e, head = t.h
           FROM unnest($8::bigint[], $9::int[], $10::bytea[]) AS t(g, e, h) WHERE d.gift_id = t.g""",
        [entry.gift_id for entry in entries],
        [entry.n for entry in entries],
        [entry.person_id for entry in entries],
        [entry.tag for entry in entries],
        [entry.nonce for entry in entries],
        [entry.head for entry in entries],
        tx.now,
        [draw.gift_id for draw in draws],
        [draw.entrants for draw in draws],
        [draw.head for draw in draws],
    )


async def set_drawn(tx: Tx, gift_id: int, seed: bytes) -> None:
    """The draw is made: its seed is public."""
    await tx.execute("UPDATE draw_draw SET seed = $2, drawn_at = $3 WHERE gift_id = $1", gift_id, seed, tx.now)


async def people_of(tx: Tx, gift_id: int, numbers: Sequence[int]) -> dict[int, int]:
    """Who stands behind these entries of a draw, by number."""
    rows = await tx.fetch(
        "SELECT n, person_id FROM draw_entry WHERE gift_id = $1 AND n = ANY($2::int[])", gift_id, numbers
    )
    return {row["n"]: row["person_id"] for row in rows}


async def insert_awards(tx: Tx, gift_id: int, awards: Sequence[Award], remind_at: datetime) -> None:
    """New awards of a draw, reminded first then; so many ranks more have had their chance."""
    await tx.execute(
        """INSERT INTO draw_award (gift_id, rank, entry_n, person_id, prize, claim_by, awarded_at, reminder, remind_at)
            SELECT $1, r, e, p, z, c, $7, 'half', $8
              FROM unnest($2::int[], $3::int[], $4::bigint[], $5::int[], $6::timestamptz[]) AS t(r, e, p, z, c)""",
        gift_id,
        [award.rank for award in awards],
        [award.entry_n for award in awards],
        [award.person_id for award in awards],
        [award.prize for award in awards],
        [award.claim_by for award in awards],
        tx.now,
        remind_at,
    )
    await tx.execute(
        "UPDATE draw_draw SET awarded = $2 WHERE gift_id = $1", gift_id, max(award.rank for award in awards)
    )


async def waiting_awards(tx: Tx, gift_ids: Sequence[int]) -> list[Award]:
    """Awards that are neither claimed nor lapsed."""
    rows = await tx.fetch(
        f"""SELECT {_AWARD} FROM draw_award
            WHERE gift_id = ANY($1) AND claimed_at IS NULL AND lapsed_at IS NULL ORDER BY gift_id, rank""",
        gift_ids,
    )
    return [Award(*row.values()) for row in rows]


async def next_reminder(tx: Tx, gift_id: int) -> datetime | None:
    """When the next of a draw's winners who wait is reminded."""
    at: datetime | None = await tx.fetchval(
        """SELECT min(remind_at) FROM draw_award
            WHERE gift_id = $1 AND remind_at IS NOT NULL AND claimed_at IS NULL AND lapsed_at IS NULL""",
        gift_id,
    )
    return at


async def due_reminders(tx: Tx, gift_id: int, limit: int) -> list[DueReminder]:
    """The first of a draw's winners who wait and are to be reminded now."""
    rows = await tx.fetch(
        """SELECT rank, person_id, awarded_at, claim_by, reminder FROM draw_award
            WHERE gift_id = $1 AND remind_at <= $2 AND claimed_at IS NULL AND lapsed_at IS NULL
            ORDER BY remind_at, rank LIMIT $3""",
        gift_id,
        tx.now,
        limit,
    )
    return [DueReminder(*row.values()) for row in rows]


async def set_reminders(tx: Tx, gift_id: int, following: dict[int, tuple[Reminder, datetime] | None]) -> None:
    """What the winners of these ranks are told next, and when; None: nothing more."""
    await tx.execute(
        """UPDATE draw_award a SET reminder = t.what, remind_at = t.at
             FROM unnest($2::int[], $3::text[], $4::timestamptz[]) AS t(rank, what, at)
            WHERE a.gift_id = $1 AND a.rank = t.rank""",
        gift_id,
        list(following),
        ["" if one is None else one[0] for one in following.values()],
        [None if one is None else one[1] for one in following.values()],
    )


async def guests_without_entry(tx: Tx, gift_id: int) -> list[int]:
    """Chosen guests of a draw who have not entered: no more than may be asked."""
    rows = await tx.fetch(
        """SELECT person_id FROM draw_guest g
            WHERE gift_id = $1
              AND NOT EXISTS (SELECT 1 FROM draw_entry e WHERE e.gift_id = $1 AND e.person_id = g.person_id)
            ORDER BY person_id""",
        gift_id,
    )
    return [row["person_id"] for row in rows]


async def set_lapsed(tx: Tx, gift_id: int, ranks: Sequence[int]) -> None:
    """These awards of a draw were not claimed in time."""
    await tx.execute(
        "UPDATE draw_award SET lapsed_at = $3 WHERE gift_id = $1 AND rank = ANY($2::int[])", gift_id, ranks, tx.now
    )


async def set_claimed(tx: Tx, pairs: Sequence[Pair]) -> None:
    """These (gift, person) have claimed their prize."""
    await tx.execute(
        f"UPDATE draw_award SET claimed_at = $3 WHERE (gift_id, person_id) IN ({_PAIRS})", *_columns(pairs), tx.now
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Nobody is asked any more who is gone; an entry is a number and a hash, and stays."""
    await tx.execute("DELETE FROM draw_guest WHERE person_id = $1", person_id)
