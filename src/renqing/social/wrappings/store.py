"""The wrappings room's only SQL."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.social.wrappings.model import Wrapping

_WRAPPING = ", ".join(Wrapping.__struct_fields__)


async def insert(tx: Tx, wrapping: Wrapping) -> None:
    """Write down what lies in a gift."""
    places = ", ".join(f"${n}" for n in range(1, len(Wrapping.__struct_fields__) + 1))
    values = [getattr(wrapping, field) for field in Wrapping.__struct_fields__]
    await tx.execute(f"INSERT INTO wrapping_gift ({_WRAPPING}) VALUES ({places})", *values)


async def of_gift(db: Database | Tx, gift_id: int) -> Wrapping | None:
    """What lies in a gift; None where there is only the thing itself."""
    row = await db.fetchrow(f"SELECT {_WRAPPING} FROM wrapping_gift WHERE gift_id = $1", gift_id)
    return None if row is None else Wrapping(**dict(row))


async def put_in(tx: Tx, gift_id: int, giver_id: int, piece: str, note: str, media_id: int | None) -> None:
    """A note, a voice or a video lies in its gift from now on."""
    await tx.execute(
        """INSERT INTO wrapping_gift (gift_id, giver_id) VALUES ($1, $2) ON CONFLICT DO NOTHING""", gift_id, giver_id
    )
    await tx.execute(
        """UPDATE wrapping_gift SET note = CASE WHEN $2 = 'note' THEN $3 ELSE note END,
                  voice_id = CASE WHEN $2 = 'voice' THEN $4 ELSE voice_id END,
                  video_id = CASE WHEN $2 = 'video' THEN $4 ELSE video_id END
           WHERE gift_id = $1""",
        gift_id,
        piece,
        note,
        media_id,
    )


async def clear_of(tx: Tx, giver_id: int) -> None:
    """What somebody put into their gifts is gone."""
    await tx.execute(
        "UPDATE wrapping_gift SET voice_id = NULL, video_id = NULL, note = '' WHERE giver_id = $1", giver_id
    )
