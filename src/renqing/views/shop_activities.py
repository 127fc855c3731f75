"""A shop's activities as its staff see them: what is given to whom, how many are taken, what more can be made of.

Who took a piece is known by the order it became, as every customer is.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books.catalog import picture_of
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social.activities import Activity, ActivityUnknown, Audience, state_of
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 50
STYLES_MAX = 500
_BIGGEST = 2**63 - 1


class ActivityRow(msgspec.Struct, frozen=True):
    """An activity. ``state`` is WeChat's number (3, paused, is ours); ``guests`` were chosen for it."""

    activity_id: int
    name: str
    code: str
    state: int
    why_over: str
    product_id: int
    sku_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    audience: Audience
    group_name: str
    cover: str
    greeting: str
    stock: int
    taken: int
    guests: int
    to_ship: int
    starts_at: datetime
    ends_at: datetime
    made_at: datetime

    @property
    def left(self) -> int:
        return self.stock - self.taken


class StyleChoice(msgspec.Struct, frozen=True):
    """A style that may be set aside, and how many pieces are free."""

    sku_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    free: int


class GroupChoice(msgspec.Struct, frozen=True):
    """A group of the reader's own."""

    group_id: int
    name: str


class ShopActivities(msgspec.Struct, frozen=True):
    """A page of activities, the newest first; ``before`` asks for the next."""

    shop: ShopHead
    rows: list[ActivityRow]
    before: int | None


class Choices(msgspec.Struct, frozen=True):
    """What a new activity may be made of."""

    styles: list[StyleChoice]
    groups: list[GroupChoice]


_ACTIVITY = ", ".join(f"a.{name}" for name in Activity.__struct_fields__)
_ROWS = f"""
SELECT {_ACTIVITY}, p.title_zh, p.title_en, p.pictures, s.specs, s.picture, coalesce(g.name, '') AS group_name,
       (SELECT count(*) FROM activity_guest u WHERE u.activity_id = a.id) AS guests,
       (SELECT count(*) FROM activity_present t JOIN order_order o ON o.id = t.order_id
         WHERE t.activity_id = a.id AND o.state IN (20, 21)) AS to_ship
  FROM activity_activity a JOIN catalog_product p ON p.id = a.product_id JOIN catalog_sku s ON s.id = a.sku_id
  LEFT JOIN people_group g ON g.id = a.group_id
 WHERE a.shop_id = $1 AND a.id < $2 AND ($3::bigint IS NULL OR a.id = $3) ORDER BY a.id DESC LIMIT $4
"""
_STYLES = """
SELECT s.id, p.title_zh, p.title_en, s.specs, coalesce(i.on_hand - i.held, 0) AS free
  FROM catalog_product p JOIN catalog_sku s ON s.product_id = p.id AND s.on_sale
  LEFT JOIN stock_item i ON i.sku_id = s.id
 WHERE p.shop_id = $1 AND p.on_sale ORDER BY p.popularity DESC, p.id DESC, s.place, s.id LIMIT $2
"""
_GROUPS = """
SELECT g.id, g.name FROM people_member m JOIN people_group g ON g.id = m.group_id
 WHERE m.person_id = $1 ORDER BY g.id DESC
"""


async def shop_activities(ground: Ground, reader_id: int, shop_id: int, before: int | None = None) -> ShopActivities:
    """Raises ShopUnknown for who does not work there."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    found = await ground.db.fetch(_ROWS, shop_id, _BIGGEST if before is None else before, None, PAGE + 1)
    rows = [_row(row, ground.clock.now()) for row in found[:PAGE]]
    return ShopActivities(shop, rows, rows[-1].activity_id if len(found) > PAGE else None)


async def shop_activity(ground: Ground, reader_id: int, shop_id: int, activity_id: int) -> tuple[ShopHead, ActivityRow]:
    """One of them. Raises ShopUnknown, ActivityUnknown."""
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    row = await ground.db.fetchrow(_ROWS, shop_id, _BIGGEST, activity_id, 1)
    if row is None:
        raise ActivityUnknown
    return shop, _row(row, ground.clock.now())


async def activity_choices(ground: Ground, reader_id: int, shop_id: int) -> Choices:
    """What somebody of the shop may choose from. Raises ShopUnknown."""
    await shop_of_staff(ground.db, reader_id, shop_id)
    styles = [StyleChoice(*row.values()) for row in await ground.db.fetch(_STYLES, shop_id, STYLES_MAX)]
    return Choices(styles, [GroupChoice(*row.values()) for row in await ground.db.fetch(_GROUPS, reader_id)])


def _row(row: Row, now: datetime) -> ActivityRow:
    activity = Activity(*(row[name] for name in Activity.__struct_fields__))
    state = state_of(activity, now)
    return ActivityRow(
        activity_id=activity.id,
        name=activity.name,
        code=activity.code,
        state=int(state),
        why_over=activity.ended_how or ("time" if now >= activity.ends_at else ""),
        product_id=activity.product_id,
        sku_id=activity.sku_id,
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"], *row["pictures"]),
        audience=activity.audience,
        group_name=row["group_name"],
        cover=activity.cover,
        greeting=activity.greeting,
        stock=activity.stock,
        taken=activity.taken,
        guests=row["guests"],
        to_ship=row["to_ship"],
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        made_at=activity.made_at,
    )
