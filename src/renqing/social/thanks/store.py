"""The thanks room's only SQL."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.social.thanks.model import Thanks

_THANKS = ", ".join(Thanks.__struct_fields__)


async def insert(tx: Tx, said: Thanks) -> bool:
    """Write down what somebody says; False where they said it before."""
    done = await tx.execute(
        f"INSERT INTO thanks_note ({_THANKS}, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        *(getattr(said, field) for field in Thanks.__struct_fields__),
        tx.now,
    )
    return done == "INSERT 0 1"


async def put_in(tx: Tx, gift_id: int, person_id: int, piece: str, words: str, media_id: int | None) -> int | None:
    """What was held stands in the thanks from now on; the giver, where it is the first to be seen of them."""
    row = await tx.fetchrow(
        """UPDATE thanks_note t SET words = CASE WHEN $3 = 'thanks' THEN $4 ELSE t.words END,
                  picture_id = CASE WHEN $3 = 'thanks_picture' THEN $5 ELSE t.picture_id END,
                  voice_id = CASE WHEN $3 = 'thanks_voice' THEN $5 ELSE t.voice_id END
           FROM (SELECT words = '' AND picture_id IS NULL AND voice_id IS NULL AS was_empty
                   FROM thanks_note WHERE gift_id = $1 AND person_id = $2 FOR UPDATE) old
           WHERE t.gift_id = $1 AND t.person_id = $2 RETURNING t.giver_id, old.was_empty""",
        gift_id,
        person_id,
        piece,
        words,
        media_id,
    )
    return row["giver_id"] if row and row["was_empty"] else None


async def delete_of(tx: Tx, person_id: int) -> None:
    """What somebody said is gone."""
    await tx.execute("DELETE FROM thanks_note WHERE person_id = $1", person_id)
