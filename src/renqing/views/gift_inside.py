"""What lies in a gift beside the thing: a voice, a video, a note. For its giver, and for who has opened it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import greeting_cards, media, wrappings
from renqing.social.gifts import Gift


class Recording(msgspec.Struct, frozen=True):
    """A file by the path that shows it for a day or two. ``milliseconds`` is 0 for a picture."""

    media_id: int
    kind: media.MediaKind
    path: str
    type: str
    milliseconds: int


class Inside(msgspec.Struct, frozen=True):
    """What the giver put into a gift. All of it may be absent. ``cover_picture`` shows a cover of their own.

    ``card`` is what the shop writes on paper and lays into the parcel.
    """

    voice: Recording | None = None
    video: Recording | None = None
    note: str = ""
    cover_picture: str = ""
    card: greeting_cards.GreetingCard | None = None

    def __bool__(self) -> bool:
        return bool(self.voice or self.video or self.note or self.card)


_INSIDE = """
SELECT w.note, m.id, m.kind, m.type, m.milliseconds
  FROM wrapping_gift w LEFT JOIN media_file m ON m.id IN (w.voice_id, w.video_id) WHERE w.gift_id = $1
"""


async def inside_of(ground: Ground, gift: Gift) -> Inside:
    """What lies in a gift. The caller says who may see it."""
    rows = await ground.db.fetch(_INSIDE, gift.id)
    files = {row["kind"]: recording(ground, row) for row in rows if row["id"] is not None}
    note = rows[0]["note"] if rows else ""
    card = await greeting_cards.of_gift(ground.db, gift.id)
    return Inside(files.get("voice"), files.get("video"), note, cover_picture(ground, gift.cover), card)


async def my_files(ground: Ground, owner_id: int, media_ids: Sequence[int]) -> dict[int, Recording]:
    """Files of the reader's own that are with nothing yet, by id: for a desk that is shown again."""
    rows = await ground.db.fetch(
        """SELECT id, kind, type, milliseconds FROM media_file
            WHERE owner_id = $1 AND id = ANY($2) AND used_at IS NULL""",
        owner_id,
        media_ids,
    )
    return {row["id"]: recording(ground, row) for row in rows}


def recording(ground: Ground, row: Row) -> Recording:
    """A file by its row: id, kind, type and milliseconds."""
    path = media.link(ground.keys, row["id"], ground.clock.now())
    return Recording(row["id"], row["kind"], path, row["type"], row["milliseconds"])


def cover_picture(ground: Ground, cover: str) -> str:
    """The path that shows a cover which is somebody's own picture; empty for one of the house's."""
    picture = wrappings.own_picture(cover)
    return "" if picture is None else media.link(ground.keys, picture, ground.clock.now())
