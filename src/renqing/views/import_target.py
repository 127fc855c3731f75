"""Where an import goes: the shops of a name, and who would own a new one."""

from __future__ import annotations

import msgspec

from renqing.books.people import PLATFORM
from renqing.foundation.ground import Ground

SHOPS_SHOWN_MAX = 10


class ImportTarget(msgspec.Struct, frozen=True):
    """``shop_ids`` have exactly this name or id; ``operator_id`` is the platform's first operator, if it has one."""

    shop_ids: list[int]
    operator_id: int | None


async def import_target(ground: Ground, shop: str) -> ImportTarget:
    """The shops that somebody means who types a name (in either language) or an id."""
    row = await ground.db.fetchrow(
        """SELECT ARRAY(SELECT id FROM people_shop
                         WHERE name_zh = $1 OR (name_en <> '' AND name_en = $1) OR id::text = $1
                         ORDER BY id LIMIT $2) AS shop_ids,
                  (SELECT person_id FROM people_staff WHERE shop_id = $3
                    ORDER BY made_at, person_id LIMIT 1) AS operator""",
        shop,
        SHOPS_SHOWN_MAX,
        PLATFORM,
    )
    assert row is not None, "a statement without FROM answers one row"
    return ImportTarget(list(row["shop_ids"]), row["operator"])
