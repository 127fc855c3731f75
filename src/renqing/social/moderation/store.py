"""The moderation room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.social.moderation.model import HeldPiece, Verdict

_PIECE = ", ".join(HeldPiece.__struct_fields__)


def _piece(row: Row) -> HeldPiece:
    return HeldPiece(*(row[field] for field in HeldPiece.__struct_fields__))


async def words(db: Database | Tx) -> list[str]:
    """The whole list, in its order."""
    return [row["word"] for row in await db.fetch("SELECT word FROM moderation_word ORDER BY word")]


async def add_word(tx: Tx, word: str, most: int) -> bool:
    """Put a word on the list; False where it is full."""
    await tx.execute(
        """INSERT INTO moderation_word (word, added_by, added_at)
           SELECT $1, $2, $3 WHERE (SELECT count(*) FROM moderation_word) < $4 ON CONFLICT DO NOTHING""",
        word,
        tx.actor,
        tx.now,
        most,
    )
    return bool(await tx.fetchval("SELECT EXISTS (SELECT 1 FROM moderation_word WHERE word = $1)", word))


async def remove_word(tx: Tx, word: str) -> None:
    """Take a word off the list."""
    await tx.execute("DELETE FROM moderation_word WHERE word = $1", word)


async def insert(tx: Tx, pieces: Sequence[HeldPiece]) -> None:
    """Pieces wait for an operator."""
    places = ", ".join(f"${n}" for n in range(1, len(HeldPiece.__struct_fields__) + 1))
    rows = [[getattr(piece, field) for field in HeldPiece.__struct_fields__] for piece in pieces]
    await tx.executemany(f"INSERT INTO moderation_piece ({_PIECE}) VALUES ({places})", rows)


async def lock(tx: Tx, piece_id: int) -> HeldPiece | None:
    """One piece, locked."""
    row = await tx.fetchrow(f"SELECT {_PIECE} FROM moderation_piece WHERE id = $1 FOR UPDATE", piece_id)
    return _piece(row) if row else None


async def set_decided(tx: Tx, piece_id: int, verdict: Verdict, reason: str) -> None:
    """An operator decided; who and when stays written."""
    await tx.execute(
        "UPDATE moderation_piece SET state = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1",
        piece_id,
        verdict,
        reason,
        tx.actor,
        tx.now,
    )


async def of_gift(db: Database | Tx, gift_id: int) -> list[HeldPiece]:
    """Every piece of a gift that was held, in the order of its making."""
    rows = await db.fetch(f"SELECT {_PIECE} FROM moderation_piece WHERE gift_id = $1 ORDER BY id", gift_id)
    return [_piece(row) for row in rows]


async def clear_of(tx: Tx, author_id: int) -> None:
    """What somebody wrote leaves the queue; that something was decided stays."""
    await tx.execute("DELETE FROM moderation_piece WHERE author_id = $1 AND state = 'held'", author_id)
    await tx.execute("UPDATE moderation_piece SET body = '', media_id = NULL WHERE author_id = $1", author_id)
