"""The operators' queue of what was held, what was decided lately, and the word list."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import media, moderation
from renqing.social.moderation import Piece
from renqing.views.operator_staff import check_operator

PAGE = 50


class PieceRow(msgspec.Struct, frozen=True):
    """A piece in the queue. ``path`` shows its file."""

    id: int
    gift_id: int
    author: str
    piece: Piece
    body: str
    path: str
    why: str
    state: str
    reason: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None


class ModerationDesk(msgspec.Struct, frozen=True):
    """What waits, the oldest first; what was decided, the latest first; and the words."""

    waiting: list[PieceRow]
    decided: list[PieceRow]
    words: list[str]


_PIECES = """
SELECT m.id, m.gift_id, a.name AS author, m.piece, m.body, m.media_id, m.why, m.state, m.reason, m.made_at,
       coalesce(d.name, '') AS decided_by, m.decided_at
  FROM moderation_piece m JOIN people_person a ON a.id = m.author_id LEFT JOIN people_person d ON d.id = m.decided_by
 WHERE {which} LIMIT $1
"""


async def moderation_desk(ground: Ground, reader_id: int) -> ModerationDesk:
    """Raises NotFound for everybody who is no operator."""
    await check_operator(ground, reader_id)
    waiting = await ground.db.fetch(_PIECES.format(which="m.state = 'held' ORDER BY m.id"), PAGE)
    decided = await ground.db.fetch(_PIECES.format(which="m.state <> 'held' ORDER BY m.decided_at DESC, m.id"), PAGE)
    return ModerationDesk(
        [_row(ground, row) for row in waiting],
        [_row(ground, row) for row in decided],
        await moderation.words(ground.db),
    )


def _row(ground: Ground, row: Row) -> PieceRow:
    path = media.link(ground.keys, row["media_id"], ground.clock.now()) if row["media_id"] else ""
    return PieceRow(path=path, **{name: row[name] for name in PieceRow.__struct_fields__ if name != "path"})
