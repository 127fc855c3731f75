"""The media room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from renqing.foundation.database import Database, Row, Tx
from renqing.social.media.model import MediaFile, place_of

_FILE = ", ".join(MediaFile.__struct_fields__)


def _file(row: Row) -> MediaFile:
    return MediaFile(*(row[field] for field in MediaFile.__struct_fields__))


async def insert(tx: Tx, file: MediaFile) -> None:
    """Write down a file that is on its shelf."""
    places = ", ".join(f"${n}" for n in range(1, len(MediaFile.__struct_fields__) + 1))
    values = [getattr(file, field) for field in MediaFile.__struct_fields__]
    await tx.execute(f"INSERT INTO media_file ({_FILE}) VALUES ({places})", *values)


async def by_id(db: Database | Tx, media_id: int) -> MediaFile | None:
    """One file, not locked."""
    row = await db.fetchrow(f"SELECT {_FILE} FROM media_file WHERE id = $1", media_id)
    return _file(row) if row else None


async def places(db: Database | Tx) -> list[str]:
    """Where every file lies that a row names."""
    return [place_of(row["digest"], row["id"]) for row in await db.fetch("SELECT digest, id FROM media_file")]


async def lock_unused(tx: Tx, media_ids: Sequence[int]) -> list[MediaFile]:
    """Files that are with nothing yet, locked in id order."""
    rows = await tx.fetch(
        f"SELECT {_FILE} FROM media_file WHERE id = ANY($1) AND used_at IS NULL ORDER BY id FOR UPDATE", media_ids
    )
    return [_file(row) for row in rows]


async def set_used(tx: Tx, media_ids: Sequence[int]) -> None:
    """Files are with a gift now."""
    await tx.execute("UPDATE media_file SET used_at = $2 WHERE id = ANY($1)", media_ids, tx.now)


async def kept_by(tx: Tx, owner_id: int) -> tuple[int, int]:
    """How many files somebody made in the last day, and how many bytes they keep in all; others of theirs wait."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('media of ' || $1::bigint, 0))", owner_id)
    row = await tx.fetchrow(
        """SELECT count(*) FILTER (WHERE made_at > $2) AS files, coalesce(sum(bytes), 0)::bigint AS bytes
           FROM media_file WHERE owner_id = $1""",
        owner_id,
        tx.now - timedelta(days=1),
    )
    assert row is not None, "an aggregate always answers"
    return row["files"], row["bytes"]


async def delete(tx: Tx, media_ids: Sequence[int]) -> list[MediaFile]:
    """The rows are gone; what they were."""
    return [
        _file(row) for row in await tx.fetch(f"DELETE FROM media_file WHERE id = ANY($1) RETURNING {_FILE}", media_ids)
    ]


async def delete_of(tx: Tx, owner_id: int) -> list[MediaFile]:
    """Every row of somebody is gone; what they were."""
    return [
        _file(row) for row in await tx.fetch(f"DELETE FROM media_file WHERE owner_id = $1 RETURNING {_FILE}", owner_id)
    ]
