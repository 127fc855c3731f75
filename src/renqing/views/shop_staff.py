"""For which shops the reader works. Every view of a merchant's desk asks this first; others learn of no shop."""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.books.people import Role
from renqing.foundation.database import Database, Row

_SHOP = """SELECT h.id, h.name_zh, h.name_en, h.logo, h.gifts_allowed, s.role
           FROM people_staff s JOIN people_shop h ON h.id = s.shop_id
           WHERE s.person_id = $1"""


class ShopHead(msgspec.Struct, frozen=True):
    """A shop as its staff see it, with what the reader may do there."""

    id: int
    name_zh: str
    name_en: str
    logo: str
    gifts_allowed: bool
    role: Role

    @property
    def is_owner(self) -> bool:
        return self.role is Role.OWNER


async def shop_of_staff(db: Database, reader_id: int, shop_id: int) -> ShopHead:
    """A shop that the reader works for. Raises ShopUnknown for everybody else."""
    row = await db.fetchrow(f"{_SHOP} AND s.shop_id = $2", reader_id, shop_id)
    if row is None:
        raise people.ShopUnknown
    return _head(row)


async def shops_of(db: Database, reader_id: int) -> list[ShopHead]:
    """Every shop that the reader works for, oldest first."""
    return [_head(row) for row in await db.fetch(f"{_SHOP} ORDER BY h.id", reader_id)]


def _head(row: Row) -> ShopHead:
    return ShopHead(row["id"], row["name_zh"], row["name_en"], row["logo"], row["gifts_allowed"], Role(row["role"]))
