"""A draw as each side may see it, and its public record, from which anybody works out the winners.

On the gift's page: how many have entered, until when, one's own receipt and, after the draw, one's own result. Who won,
by name, its giver and the members of its group see; everybody else sees numbers. The public record names nobody at all:
numbers, hashes of this draw alone, and after the draw the seed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books.people import Person
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.social import draws, gifts
from renqing.social.draws import Award, Draw, Entry
from renqing.social.gifts import Gift

WINNERS_SHOWN_MAX = 40
ENTRIES_PAGE = 2_000

Mine = Literal["", "entered", "won", "claimed", "lost", "lapsed"]


class DrawUnknown(NotFound):
    """There is no draw of this name."""

    code = "draw_unknown"


class Receipt(msgspec.Struct, frozen=True):
    """One's own entry, hashes in hexadecimal."""

    n: int
    tag: str
    nonce: str
    head: str


class Winner(msgspec.Struct, frozen=True):
    """Who has or had a prize. ``person`` None: the reader may not see who."""

    rank: int
    entry_n: int
    prize: int
    state: Literal["waiting", "claimed", "lapsed"]
    person: Person | None


class DrawSeen(msgspec.Struct, frozen=True):
    """A draw on its gift's page, for one reader. ``mine`` is how it stands with them; ``claim_by`` where they won."""

    commitment: str
    prizes: int
    entrants: int
    entrants_max: int
    is_open: bool
    guests_only: bool
    draw_at: datetime
    drawn_at: datetime | None
    mine: Mine
    receipt: Receipt | None
    prize: int | None
    claim_by: datetime | None
    winners: list[Winner]

    @property
    def has_limit(self) -> bool:
        """Whether it is drawn before its time when as many have entered."""
        return self.entrants_max < draws.ENTRANTS_MAX


class DrawRecord(msgspec.Struct, frozen=True):
    """The public record, hashes in hexadecimal. ``seed`` and ``winners`` are there once it is drawn."""

    commitment: str
    prizes: int
    draw_at: datetime
    entrants_max: int
    entrants: int
    head: str
    drawn_at: datetime | None
    seed: str | None
    winners: list[Winner]


class EntrySeen(msgspec.Struct, frozen=True):
    """An entry in the public record."""

    n: int
    tag: str
    nonce: str


_WINNERS = """
SELECT a.rank, a.entry_n, a.prize, a.claimed_at, a.lapsed_at, p.id, p.name, p.avatar, p.language
  FROM draw_award a JOIN people_person p ON p.id = a.person_id
 WHERE a.gift_id = $1 ORDER BY a.rank LIMIT $2
"""
_ENTRIES = "SELECT n, tag, nonce FROM draw_entry WHERE gift_id = $1 AND n > $2 ORDER BY n LIMIT $3"


async def draw_seen(ground: Ground, gift: Gift, reader_id: int | None, *, sees_who: bool) -> DrawSeen | None:
    """The draw of a gift as this reader may see it; None where it has none."""
    if gift.mode != "draw":
        return None
    draw = (await draws.of_gifts(ground.db, [gift.id]))[gift.id]
    pair = (gift.id, reader_id or 0)
    entry = (await draws.entries_among(ground.db, [pair])).get(pair)
    award = (await draws.awards_among(ground.db, [pair])).get(pair)
    now = ground.clock.now()
    is_over = not gifts.is_claimable(gift, now)
    is_open = draw.drawn_at is None and now < draw.draw_at and not draw.is_full and not is_over
    mine = _mine(draw, entry, award, now, is_over=is_over)
    return DrawSeen(
        commitment=draw.commitment.hex(),
        prizes=draw.prizes,
        entrants=draw.entrants,
        entrants_max=draw.entrants_max,
        is_open=is_open,
        guests_only=draw.guests_only,
        draw_at=draw.draw_at,
        drawn_at=draw.drawn_at,
        mine=mine,
        receipt=None if entry is None else Receipt(entry.n, entry.tag.hex(), entry.nonce.hex(), entry.head.hex()),
        prize=None if award is None else award.prize,
        claim_by=None if award is None else award.claim_by,
        winners=await _winners(ground, draw, WINNERS_SHOWN_MAX, sees_who=sees_who),
    )


def _mine(draw: Draw, entry: Entry | None, award: Award | None, now: datetime, *, is_over: bool) -> Mine:
    if entry is None:
        return ""
    if draw.drawn_at is None:
        return "lost" if is_over else "entered"
    if award is None:
        return "lost"
    if award.claimed_at is not None:
        return "claimed"
    return "lapsed" if is_over or award.lapsed_at is not None or now >= award.claim_by else "won"


async def _winners(ground: Ground, draw: Draw, limit: int, *, sees_who: bool) -> list[Winner]:
    rows = await ground.db.fetch(_WINNERS, draw.gift_id, limit) if draw.drawn_at is not None else []
    return [
        Winner(
            rank=row["rank"],
            entry_n=row["entry_n"],
            prize=row["prize"],
            state="claimed" if row["claimed_at"] else "lapsed" if row["lapsed_at"] else "waiting",
            person=Person(row["id"], row["name"], row["avatar"], row["language"]) if sees_who else None,
        )
        for row in rows
    ]


# the public record ----------------------------------------------------------------------------------------------------
async def _named(ground: Ground, name: str) -> Draw:
    """The draw of this public name, which is its commitment in hexadecimal. Raises DrawUnknown."""
    try:
        commitment = bytes.fromhex(name) if name.isalnum() else b""
    except ValueError:
        commitment = b""
    draw = await draws.by_commitment(ground.db, commitment)
    if draw is None:
        raise DrawUnknown
    return draw


async def draw_record(ground: Ground, name: str) -> DrawRecord:
    """What everybody may know of a draw. Raises DrawUnknown."""
    draw = await _named(ground, name)
    return DrawRecord(
        commitment=draw.commitment.hex(),
        prizes=draw.prizes,
        draw_at=draw.draw_at,
        entrants_max=draw.entrants_max,
        entrants=draw.entrants,
        head=draw.head.hex(),
        drawn_at=draw.drawn_at,
        seed=None if draw.seed is None else draw.seed.hex(),
        winners=await _winners(ground, draw, draws.ENTRANTS_MAX, sees_who=False),
    )


async def draw_entries(ground: Ground, name: str, after: int) -> tuple[list[EntrySeen], int | None]:
    """The entries of a draw that is made, a page at a time, and where the next page begins. Raises DrawUnknown."""
    draw = await _named(ground, name)
    rows = await ground.db.fetch(_ENTRIES, draw.gift_id, after, ENTRIES_PAGE + 1) if draw.drawn_at is not None else []
    shown = [EntrySeen(row["n"], row["tag"].hex(), row["nonce"].hex()) for row in rows[:ENTRIES_PAGE]]
    return shown, shown[-1].n if len(rows) > ENTRIES_PAGE else None
