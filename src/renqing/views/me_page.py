"""Me: who I am, what waits for me, where I work, where things come to.

What waits is counted along partial indexes and stops at 99: it stands on every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from renqing.books import people
from renqing.books.people import Address, Person, Role
from renqing.foundation.ground import Ground

REGIONS_MAX = 400


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a person. 100 means more than 99."""

    notices: int
    chats: int
    gifts: int
    cart: int = 0


class OrdersGoing(msgspec.Struct, frozen=True):
    """How many orders are at which step, of those that come to me."""

    to_pay: int
    to_ship: int
    to_receive: int


class Work(msgspec.Struct, frozen=True):
    """A shop I work for."""

    shop_id: int
    name_zh: str
    name_en: str
    role: Role


class MePage(msgspec.Struct, frozen=True):
    """My page. ``phone`` is masked, and empty where I have none."""

    person: Person
    phone: str
    has_password: bool
    waiting: Waiting
    orders: OrdersGoing
    friends: int
    asks: int
    shops: list[Work]
    is_operator: bool


class Region(msgspec.Struct, frozen=True):
    """A division of the country; ``is_finest``: an address may be in it."""

    code: int
    name: str
    level: Literal[1, 2, 3, 4]
    is_finest: bool


_WAITING = """
SELECT (SELECT count(*) FROM (
          SELECT 1 FROM notice_notice WHERE person_id = $1 AND read_at IS NULL
             AND (quiet_until IS NULL OR quiet_until <= $2) LIMIT 100) n) AS notices,
       (SELECT least(coalesce(sum(t.last_n - m.read_to), 0), 100)::int FROM chat_member m
          JOIN chat_thread t ON t.id = m.thread_id WHERE m.person_id = $1) AS chats,
       (SELECT count(*) FROM (
          SELECT 1 FROM gift_gift g WHERE g.recipient_id = $1 AND g.state = 10 AND g.expires_at > $2
             AND (NOT EXISTS (SELECT 1 FROM people_block b WHERE b.person_id = $1 AND b.blocked_id = g.giver_id)
                  OR EXISTS (SELECT 1 FROM mask_gift k WHERE k.gift_id = g.id AND k.shown_at IS NULL))
           LIMIT 100) g) AS gifts,
       (SELECT count(*) FROM cart_line WHERE person_id = $1) AS cart
"""
_ME = """
SELECT p.password_hash IS NOT NULL AS has_password, p.phone_sealed,
       (SELECT count(*) FROM people_friend f WHERE f.person_id = p.id AND f.state = 'friends') AS friends,
       (SELECT count(*) FROM people_friend f WHERE f.person_id = p.id AND f.state = 'asked_me') AS asks,
       o.to_pay, o.to_ship, o.to_receive
  FROM people_person p CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM order_order WHERE payer_id = p.id AND purpose = 'self' AND state = 10) AS to_pay,
           (SELECT count(*) FROM order_order WHERE owner_id = p.id AND state IN (20, 21)) AS to_ship,
           (SELECT count(*) FROM order_order WHERE owner_id = p.id AND state = 30) AS to_receive) o
 WHERE p.id = $1
"""
_WORK = """
SELECT s.shop_id, coalesce(h.name_zh, '') AS name_zh, coalesce(h.name_en, '') AS name_en, s.role
  FROM people_staff s LEFT JOIN people_shop h ON h.id = s.shop_id WHERE s.person_id = $1 ORDER BY s.shop_id
"""
_REGIONS = """
SELECT r.code, r.name, r.level,
       r.level >= 3 AND NOT EXISTS (SELECT 1 FROM people_region c WHERE c.parent_code = r.code) AS is_finest
  FROM people_region r WHERE r.parent_code IS NOT DISTINCT FROM $1 ORDER BY r.code LIMIT $2
"""


async def waiting(ground: Ground, reader_id: int) -> Waiting:
    """What waits for the reader: the dots on every page, in one statement."""
    row = await ground.db.fetchrow(_WAITING, reader_id, ground.clock.now())
    assert row is not None, "a question of counts has one row"
    return Waiting(row["notices"], row["chats"], row["gifts"], row["cart"])


async def me_page(ground: Ground, reader_id: int) -> MePage:
    """The reader's own page. Raises PersonUnknown."""
    person = await people.get_person(ground.db, reader_id)
    row = await ground.db.fetchrow(_ME, reader_id)
    assert row is not None, "a person has their row"
    work = await ground.db.fetch(_WORK, reader_id)
    phone = people.open_phone(ground.keys, reader_id, row["phone_sealed"])
    return MePage(
        person=person,
        phone="" if phone is None else people.masked_phone(phone),
        has_password=row["has_password"],
        waiting=await waiting(ground, reader_id),
        orders=OrdersGoing(row["to_pay"], row["to_ship"], row["to_receive"]),
        friends=row["friends"],
        asks=row["asks"],
        shops=[
            Work(job["shop_id"], job["name_zh"], job["name_en"], Role(job["role"]))
            for job in work
            if job["shop_id"] != people.PLATFORM
        ],
        is_operator=any(job["shop_id"] == people.PLATFORM for job in work),
    )


async def my_addresses(ground: Ground, reader_id: int) -> list[Address]:
    """The reader's own addresses, opened: the default first, then the newest."""
    return (await addresses_of_many(ground, [reader_id]))[0]


async def addresses_of_many(ground: Ground, reader_ids: Sequence[int]) -> list[list[Address]]:
    """The same for many readers at once, one answer a reader in order."""
    found = await people.addresses_of(ground.db, ground.keys, reader_ids)
    return [found[reader_id] for reader_id in reader_ids]


async def regions(ground: Ground, parent_code: int | None = None) -> Sequence[Region]:
    """The divisions below one, or the provinces: an address is picked from them step by step. Empty below a street."""
    rows = await ground.db.fetch(_REGIONS, parent_code, REGIONS_MAX)
    return [Region(row["code"], row["name"], row["level"], row["is_finest"]) for row in rows]
