"""Who there is to be in a demo: those who work somewhere first, then the rest by when they came."""

from __future__ import annotations

import msgspec

from renqing.books.people import PLATFORM, Person
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground

SHOWN_MAX = 60


class DemoPerson(msgspec.Struct, frozen=True):
    """Somebody, and for which shops they work."""

    person: Person
    is_operator: bool
    shop_ids: list[int]


_PEOPLE = """
SELECT p.id, p.name, p.avatar, p.language, coalesce(s.shops, '{}') AS shops
  FROM (SELECT id, name, avatar, language FROM people_person
         WHERE id IN (SELECT person_id FROM people_staff)
            OR id IN (SELECT id FROM people_person ORDER BY id LIMIT $1)) p
  LEFT JOIN LATERAL (SELECT array_agg(shop_id ORDER BY shop_id) AS shops FROM people_staff WHERE person_id = p.id) s
    ON true
 WHERE NOT EXISTS (SELECT 1 FROM people_erasure e WHERE e.person_id = p.id)
 ORDER BY s.shops IS NULL, p.id LIMIT $1
"""


async def demo_people(ground: Ground) -> list[DemoPerson]:
    """The people of a demo world. Raises NotFound in any other mode."""
    if not ground.settings.is_demo:
        raise NotFound
    rows = await ground.db.fetch(_PEOPLE, SHOWN_MAX)
    return [
        DemoPerson(
            Person(row["id"], row["name"], row["avatar"], row["language"]),
            PLATFORM in row["shops"],
            [shop_id for shop_id in row["shops"] if shop_id != PLATFORM],
        )
        for row in rows
    ]
