"""Wish lists as their readers see them, and whether a friend may have a thing already."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from renqing.books import people
from renqing.books.catalog import picture_of
from renqing.books.people import Person, PersonUnknown
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Rate
from renqing.social import wishes
from renqing.social.wishes import SeenBy, WishList, WishListUnknown

PICTURES_SHOWN = 4
HAVE_IT_ASKS = Rate("have_it_asks", count=30, window_seconds=86_400)  # nobody finds out a home by asking for everything

Answer = Literal["yes", "no", "not_told"]


class WishHere(msgspec.Struct, frozen=True):
    """A wish as things stand today. ``price_min`` in minor units of ``currency``; ``specs`` empty: any style."""

    product_id: int
    sku_id: int | None
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    price_min: int
    currency: str
    on_sale: bool
    note: str
    at_home: bool
    wished_at: datetime


class ListHere(msgspec.Struct, frozen=True):
    """A list among others: its name, who sees it, how much is on it, the newest pictures."""

    list_id: int
    name: str
    seen_by: SeenBy
    wishes: int
    pictures: list[tuple[int, str]]


class WishPage(msgspec.Struct, frozen=True):
    """A list in full, and whose it is."""

    list_id: int
    name: str
    seen_by: SeenBy
    owner: Person
    is_mine: bool
    wishes: list[WishHere]


class MyWishes(msgspec.Struct, frozen=True):
    """All my lists, and whether friends may be told what I have."""

    lists: list[ListHere]
    says_what_is_at_home: bool


class HaveIt(msgspec.Struct, frozen=True):
    """Whether a friend may have a product already, and whether it is on a list of theirs that the asker sees."""

    answer: Answer
    is_wished: bool


_WISHES = """
SELECT w.product_id, w.sku_id, p.title_zh, p.title_en, coalesce(s.specs, '{}') AS specs, s.picture, p.pictures,
       coalesce(s.price, p.price_min) AS price_min, p.currency, p.on_sale AND coalesce(s.on_sale, true) AS on_sale,
       w.note, w.at_home, w.wished_at
  FROM wish_wish w JOIN catalog_product p ON p.id = w.product_id LEFT JOIN catalog_sku s ON s.id = w.sku_id
 WHERE w.list_id = $1 ORDER BY w.wished_at DESC, w.product_id DESC
"""
_LISTS = """
SELECT l.id, l.name, l.seen_by, (SELECT count(*) FROM wish_wish w WHERE w.list_id = l.id) AS wishes,
       newest.ids, newest.goods
  FROM wish_list l
 CROSS JOIN LATERAL (
   SELECT array_agg(p.id ORDER BY t.wished_at DESC) AS ids,
          json_agg(p.pictures ORDER BY t.wished_at DESC)::text AS goods
     FROM (SELECT product_id, wished_at FROM wish_wish WHERE list_id = l.id
            ORDER BY wished_at DESC, product_id DESC LIMIT $2) t
     JOIN catalog_product p ON p.id = t.product_id) newest
 WHERE l.owner_id = $1 ORDER BY l.id
"""
# What somebody was given and kept, whoever gave it; what they bought for themselves is nobody's business.
_WAS_GIVEN = """
SELECT EXISTS (
  SELECT 1 FROM order_order o JOIN order_line l ON l.order_id = o.id
   WHERE o.owner_id = $1 AND o.purpose = 'gift' AND o.state IN (20, 21, 30, 100) AND l.product_id = $2)
"""
_IS_WISHED = """
SELECT EXISTS (SELECT 1 FROM wish_list l JOIN wish_wish w ON w.list_id = l.id
                WHERE l.owner_id = $1 AND w.product_id = $2)
"""
_ON_LISTS = "SELECT list_id, at_home FROM wish_wish WHERE list_id = ANY ($1) AND product_id = $2"


async def my_wishes(ground: Ground, person_id: int) -> MyWishes:
    """One's own lists."""
    rows = await ground.db.fetch(_LISTS, person_id, PICTURES_SHOWN)
    return MyWishes([_listed(row) for row in rows], await wishes.says_what_is_at_home(ground.db, person_id))


async def is_on_my_lists(ground: Ground, person_id: int, product_id: int) -> bool:
    """Whether somebody wishes for a product: the heart on its page."""
    return bool(await ground.db.fetchval(_IS_WISHED, person_id, product_id))


async def wish_lists_of(ground: Ground, reader_id: int, person_id: int) -> list[ListHere]:
    """The lists of somebody that this reader sees; none where there is no such person."""
    seen = {one.id for one in await _seen_by(ground, reader_id, person_id)}
    return [one for one in (await my_wishes(ground, person_id)).lists if one.list_id in seen]


async def wish_page(ground: Ground, reader_id: int, list_id: int) -> WishPage:
    """A list in full. Raises WishListUnknown where the reader may not know of it."""
    found = await wishes.list_by_id(ground.db, list_id)
    if not [one for one in await _seen_by(ground, reader_id, found.owner_id) if one.id == list_id]:
        raise WishListUnknown
    rows = await ground.db.fetch(_WISHES, list_id)
    owner = await people.get_person(ground.db, found.owner_id)
    return WishPage(
        found.id, found.name, found.seen_by, owner, found.owner_id == reader_id, [_wish(row) for row in rows]
    )


async def have_it(ground: Ground, asker_id: int, friend_id: int, product_id: int) -> HaveIt:
    """Whether a friend may have this already: they said so, or were given one. Raises PersonUnknown, TooMany."""
    if asker_id != friend_id and not await people.are_friends(ground.db, asker_id, friend_id):
        raise PersonUnknown
    ground.limits.spend(HAVE_IT_ASKS, str(asker_id))
    seen = [one.id for one in await _seen_by(ground, asker_id, friend_id)]
    rows = await ground.db.fetch(_ON_LISTS, seen, product_id)
    is_wished = any(not row["at_home"] for row in rows)
    if not await wishes.says_what_is_at_home(ground.db, friend_id):
        return HaveIt("not_told", is_wished)
    has_it = any(row["at_home"] for row in rows) or await ground.db.fetchval(_WAS_GIVEN, friend_id, product_id)
    return HaveIt("yes" if has_it else "no", is_wished)


async def _seen_by(ground: Ground, reader_id: int, owner_id: int) -> Iterable[WishList]:
    is_owner = reader_id == owner_id
    are_friends = not is_owner and await people.are_friends(ground.db, reader_id, owner_id)
    is_blocked = not is_owner and await people.either_blocks(ground.db, reader_id, owner_id)
    return [
        one
        for one in await wishes.lists_of(ground.db, owner_id)
        if wishes.may_see(one.seen_by, is_owner=is_owner, are_friends=are_friends, is_blocked=is_blocked)
    ]


def _wish(row: Row) -> WishHere:
    return WishHere(
        product_id=row["product_id"],
        sku_id=row["sku_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"] or "", *row["pictures"]),
        price_min=row["price_min"],
        currency=row["currency"],
        on_sale=row["on_sale"],
        note=row["note"],
        at_home=row["at_home"],
        wished_at=row["wished_at"],
    )


def _listed(row: Row) -> ListHere:
    pictures: list[list[str]] = msgspec.json.decode(row["goods"] or "[]")
    shown = [(product_id, picture_of(*of)) for product_id, of in zip(row["ids"] or (), pictures, strict=True)]
    return ListHere(row["id"], row["name"], row["seen_by"], row["wishes"], shown)
