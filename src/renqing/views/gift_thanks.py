"""What was said for a gift, for its giver and for who said it; and whether the giver takes one in return."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import people
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import media, peace
from renqing.views.gift_inside import Recording, recording

THANKS_SHOWN_MAX = 40


class ThanksSeen(msgspec.Struct, frozen=True):
    """Thanks for a gift. ``picture`` is the path that shows it for a day or two; empty: none."""

    person: Person
    words: str
    picture: str
    voice: Recording | None
    said_at: datetime


# What is held of somebody's thanks is not there yet; of people whom a block is between, the giver sees nothing.
_SAID = """
SELECT p.id AS person_id, p.name, p.avatar, p.language, t.words, t.said_at, c.id AS picture_id,
       v.id, v.kind, v.type, v.milliseconds
  FROM thanks_note t JOIN people_person p ON p.id = t.person_id
  LEFT JOIN media_file c ON c.id = t.picture_id LEFT JOIN media_file v ON v.id = t.voice_id
 WHERE t.gift_id = $1 AND {whose}
"""
_TO_ITS_GIVER = f"""{_SAID.format(whose="(t.words <> '' OR c.id IS NOT NULL OR v.id IS NOT NULL)")}
   AND NOT EXISTS (SELECT 1 FROM people_block b WHERE (b.person_id, b.blocked_id) IN (($2, p.id), (p.id, $2)))
 ORDER BY t.said_at DESC, t.person_id LIMIT {THANKS_SHOWN_MAX}
"""
_MINE = _SAID.format(whose="t.person_id = $2")


async def thanks_to(ground: Ground, gift_id: int, giver_id: int) -> list[ThanksSeen]:
    """What was said for a gift, the latest first, for its giver."""
    return [_seen(ground, row) for row in await ground.db.fetch(_TO_ITS_GIVER, gift_id, giver_id)]


async def my_thanks(ground: Ground, gift_id: int, reader_id: int) -> ThanksSeen | None:
    """What the reader said for a gift; None before they did."""
    row = await ground.db.fetchrow(_MINE, gift_id, reader_id)
    return None if row is None else _seen(ground, row)


def _seen(ground: Ground, row: Row) -> ThanksSeen:
    return ThanksSeen(
        person=Person(row["person_id"], row["name"], row["avatar"], row["language"]),
        words=row["words"],
        picture=media.link(ground.keys, row["picture_id"], ground.clock.now()) if row["picture_id"] else "",
        voice=recording(ground, row) if row["id"] else None,
        said_at=row["said_at"],
    )


async def may_return(ground: Ground, reader_id: int, giver_id: int) -> bool:
    """Whether the giver of a gift takes one from the reader, as anybody near may be given to."""
    are_friends = await people.are_friends(ground.db, reader_id, giver_id)
    near = are_friends or await people.share_a_group(ground.db, reader_id, giver_id)
    if not near or await people.either_blocks(ground.db, reader_id, giver_id):
        return False
    return peace.lets_in(await peace.rule_of(ground.db, giver_id), are_friends=are_friends)
