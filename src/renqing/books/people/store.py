"""The only SQL that writes people, friends, groups, addresses, shops and staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from renqing.books.people.model import (
    Address,
    AddressUnknown,
    FriendState,
    Group,
    GroupUnknown,
    NewAddress,
    NewShop,
    Person,
    PersonUnknown,
    Role,
    Shop,
    ShopUnknown,
)
from renqing.books.people.rules import region_name as joined_region
from renqing.foundation.database import Row, Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.secrets import Keys

ADDRESS_SEAL = "people_address.sealed"
PHONE_SEAL = "people_person.phone_sealed"

_PERSON = "SELECT id, name, avatar, language FROM people_person"
_SHOP = "SELECT id, name_zh, name_en, brief_zh, brief_en, logo, gifts_allowed, writes_cards FROM people_shop"


class Reads(Protocol):
    """An open transaction, or the database itself: what a question can be asked of."""

    async def fetch(self, sql: str, *values: Any) -> list[Row]: ...

    async def fetchrow(self, sql: str, *values: Any) -> Row | None: ...

    async def fetchval(self, sql: str, *values: Any) -> Any: ...


class _Sealed(msgspec.Struct, frozen=True):
    """What is inside a sealed address."""

    name: str
    phone: str
    detail: str


# persons ----------------------------------------------------------------------------------------------------------
async def get_person(tx: Reads, person_id: int) -> Person:
    """Somebody by id. Raises PersonUnknown."""
    row = await tx.fetchrow(f"{_PERSON} WHERE id = $1", person_id)
    if row is None:
        raise PersonUnknown
    return Person(*row.values())


async def get_people(tx: Reads, person_ids: Sequence[int]) -> dict[int, Person]:
    """People by id; unknown ids are left out."""
    rows = await tx.fetch(f"{_PERSON} WHERE id = ANY($1::bigint[])", person_ids)
    return {row["id"]: Person(*row.values()) for row in rows}


async def person_by_phone(tx: Reads, phone_hash: bytes) -> Person | None:
    """Whose phone this is."""
    row = await tx.fetchrow(f"{_PERSON} WHERE phone_hash = $1", phone_hash)
    return None if row is None else Person(*row.values())


async def phone_of(tx: Tx, person_id: int) -> str | None:
    """A person's own phone, opened for themselves; None where they have none."""
    return open_phone(
        tx.keys, person_id, await tx.fetchval("SELECT phone_sealed FROM people_person WHERE id = $1", person_id)
    )


def open_phone(keys: Keys, person_id: int, sealed: bytes | None) -> str | None:
    """What a person's sealed phone says."""
    return None if sealed is None else keys.open(sealed, place=PHONE_SEAL, row=person_id)


async def insert_person(tx: Tx, person: Person, phone: str | None, phone_hash: bytes | None) -> bool:
    """Write a new person. False where the phone is already somebody's."""
    sealed = None if phone is None else tx.keys.seal(phone, place=PHONE_SEAL, row=person.id)
    done = await tx.execute(
        """INSERT INTO people_person (id, name, avatar, language, phone_hash, phone_sealed, joined_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (phone_hash) DO NOTHING""",
        person.id,
        person.name,
        person.avatar,
        person.language,
        phone_hash,
        sealed,
        tx.now,
    )
    return done == "INSERT 0 1"


async def update_person(tx: Tx, person: Person) -> None:
    """Write what others see of a person."""
    await tx.execute(
        "UPDATE people_person SET name = $2, avatar = $3, language = $4 WHERE id = $1",
        person.id,
        person.name,
        person.avatar,
        person.language,
    )


async def lock_people(tx: Tx, person_ids: Sequence[int]) -> None:
    """Lock persons in id order: friendships, blocks and address books change under it.

    Raises PersonUnknown, also for who is erased.
    """
    wanted = sorted(set(person_ids))
    rows = await tx.fetch(
        """SELECT id FROM people_person p WHERE id = ANY($1::bigint[])
              AND NOT EXISTS (SELECT 1 FROM people_erasure e WHERE e.person_id = p.id)
            ORDER BY id FOR NO KEY UPDATE OF p""",
        wanted,
    )
    if len(rows) != len(wanted):
        raise PersonUnknown


# friends and blocks -----------------------------------------------------------------------------------------------
async def friend_state(tx: Reads, person_id: int, friend_id: int) -> FriendState | None:
    """How a person's side of a friendship stands."""
    state = await tx.fetchval(
        "SELECT state FROM people_friend WHERE person_id = $1 AND friend_id = $2", person_id, friend_id
    )
    return None if state is None else FriendState(state)


async def set_friend_state(tx: Tx, person_id: int, friend_id: int, state: FriendState | None) -> None:
    """Write one side of a friendship; None takes the row away."""
    if state is None:
        await tx.execute("DELETE FROM people_friend WHERE person_id = $1 AND friend_id = $2", person_id, friend_id)
        return
    await tx.execute(
        """INSERT INTO people_friend (person_id, friend_id, state, since) VALUES ($1, $2, $3, $4)
           ON CONFLICT (person_id, friend_id) DO UPDATE SET state = EXCLUDED.state, since = EXCLUDED.since
           WHERE people_friend.state <> EXCLUDED.state""",
        person_id,
        friend_id,
        state.value,
        tx.now,
    )


async def count_friend_rows(tx: Reads, person_id: int) -> int:
    """Friends and open asks of a person."""
    return int(await tx.fetchval("SELECT count(*) FROM people_friend WHERE person_id = $1", person_id))


async def are_friends(tx: Reads, one_id: int, other_id: int) -> bool:
    """Whether two people are friends."""
    return await friend_state(tx, one_id, other_id) is FriendState.FRIENDS


async def friends_among(tx: Reads, person_id: int, others: Sequence[int]) -> set[int]:
    """Which of these people are a person's friends."""
    rows = await tx.fetch(
        """SELECT friend_id FROM people_friend
           WHERE person_id = $1 AND friend_id = ANY($2::bigint[]) AND state = 'friends'""",
        person_id,
        others,
    )
    return {row["friend_id"] for row in rows}


async def friends_of(tx: Reads, person_id: int) -> list[int]:
    """All friends of a person, but for those that a block stands between."""
    rows = await tx.fetch(
        """SELECT friend_id FROM people_friend f WHERE f.person_id = $1 AND f.state = 'friends' AND NOT EXISTS
             (SELECT 1 FROM people_block b
               WHERE (b.person_id, b.blocked_id) IN (($1, f.friend_id), (f.friend_id, $1))) ORDER BY friend_id""",
        person_id,
    )
    return [row["friend_id"] for row in rows]


async def is_blocked(tx: Reads, *, by: int, who: int) -> bool:
    """Whether ``by`` has blocked ``who``."""
    found = await tx.fetchval("SELECT 1 FROM people_block WHERE person_id = $1 AND blocked_id = $2", by, who)
    return found is not None


async def either_blocks(tx: Reads, one_id: int, other_id: int) -> bool:
    """Whether one of two people has blocked the other."""
    found = await tx.fetchval(
        "SELECT 1 FROM people_block WHERE (person_id, blocked_id) IN (($1, $2), ($2, $1)) LIMIT 1", one_id, other_id
    )
    return found is not None


async def share_a_group(tx: Reads, one_id: int, other_id: int) -> bool:
    """Whether two people are members of one group."""
    found = await tx.fetchval(
        """SELECT 1 FROM people_member a JOIN people_member b ON b.group_id = a.group_id AND b.person_id = $2
           WHERE a.person_id = $1 LIMIT 1""",
        one_id,
        other_id,
    )
    return found is not None


async def blocks_among(tx: Reads, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (by, who) pairs are blocks."""
    rows = await tx.fetch(
        """SELECT b.person_id, b.blocked_id FROM people_block b
           JOIN unnest($1::bigint[], $2::bigint[]) AS t(p, o) ON b.person_id = t.p AND b.blocked_id = t.o""",
        [by for by, _ in pairs],
        [who for _, who in pairs],
    )
    return {(row["person_id"], row["blocked_id"]) for row in rows}


async def set_block(tx: Tx, person_id: int, blocked_id: int, *, blocked: bool) -> bool:
    """Write or take away a block. False where nothing changed."""
    if blocked:
        done = await tx.execute(
            "INSERT INTO people_block (person_id, blocked_id, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            person_id,
            blocked_id,
            tx.now,
        )
    else:
        done = await tx.execute(
            "DELETE FROM people_block WHERE person_id = $1 AND blocked_id = $2", person_id, blocked_id
        )
    return done.endswith(" 1")


# groups -----------------------------------------------------------------------------------------------------------
async def insert_group(tx: Tx, group: Group) -> None:
    """Write a new group, empty."""
    await tx.execute(
        "INSERT INTO people_group (id, name, made_by, made_at) VALUES ($1, $2, $3, $4)",
        group.id,
        group.name,
        group.made_by,
        tx.now,
    )


async def get_group(tx: Reads, group_id: int, member_id: int, *, lock: bool = False) -> Group:
    """A group as one of its members sees it. Raises GroupUnknown for everybody else."""
    row = await tx.fetchrow(
        f"""SELECT g.id, g.name, g.made_by FROM people_group g
            JOIN people_member m ON m.group_id = g.id AND m.person_id = $2
            WHERE g.id = $1 {"FOR NO KEY UPDATE OF g" if lock else ""}""",
        group_id,
        member_id,
    )
    if row is None:
        raise GroupUnknown
    return Group(*row.values())


async def members(tx: Reads, group_id: int) -> list[int]:
    """Who is in a group, in id order."""
    rows = await tx.fetch("SELECT person_id FROM people_member WHERE group_id = $1 ORDER BY person_id", group_id)
    return [row["person_id"] for row in rows]


async def members_among(tx: Reads, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (group, person) are members."""
    if not pairs:
        return set()
    rows = await tx.fetch(
        """SELECT group_id, person_id FROM people_member
           WHERE (group_id, person_id) IN (SELECT g, p FROM unnest($1::bigint[], $2::bigint[]) AS t(g, p))""",
        [group_id for group_id, _ in pairs],
        [person_id for _, person_id in pairs],
    )
    return {(row["group_id"], row["person_id"]) for row in rows}


async def insert_members(tx: Tx, group_id: int, person_ids: Sequence[int]) -> list[int]:
    """Write new members; answers those who were not in it before."""
    rows = await tx.fetch(
        """INSERT INTO people_member (group_id, person_id, joined_at)
           SELECT $1, p, $3 FROM unnest($2::bigint[]) AS t(p) ON CONFLICT DO NOTHING RETURNING person_id""",
        group_id,
        person_ids,
        tx.now,
    )
    return sorted(row["person_id"] for row in rows)


async def delete_member(tx: Tx, group_id: int, person_id: int) -> None:
    """Take somebody out of a group."""
    await tx.execute("DELETE FROM people_member WHERE group_id = $1 AND person_id = $2", group_id, person_id)


async def count_groups(tx: Reads, person_id: int) -> int:
    """How many groups somebody is in."""
    return int(await tx.fetchval("SELECT count(*) FROM people_member WHERE person_id = $1", person_id))


# addresses --------------------------------------------------------------------------------------------------------
_REGION_NAMES = """WITH RECURSIVE up AS (
    SELECT code AS leaf, code, parent_code, name, level FROM people_region WHERE code = ANY($1::bigint[])
    UNION ALL
    SELECT up.leaf, r.code, r.parent_code, r.name, r.level FROM people_region r JOIN up ON r.code = up.parent_code)
  SELECT leaf, array_agg(name ORDER BY level) AS names FROM up GROUP BY leaf"""


# Divisions come with the migrations and are only renamed by one, so a process reads each name once.
_names_read: dict[int, str] = {}


async def region_names(tx: Reads, codes: Sequence[int]) -> dict[int, str]:
    """``浙江省 杭州市 西湖区 西溪街道`` for each code; codes that are none are left out."""
    unread = [code for code in set(codes) if code not in _names_read]
    if unread:
        rows = await tx.fetch(_REGION_NAMES, unread)
        _names_read.update((row["leaf"], joined_region(row["names"])) for row in rows)
    return {code: _names_read[code] for code in codes if code in _names_read}


async def region_name(tx: Reads, code: int) -> str:
    """``浙江省 杭州市 西湖区 西溪街道``. Raises FieldNotValid for a code that is none."""
    names = await region_names(tx, [code])
    if code not in names:
        raise FieldNotValid(field="region_code", reason="region")
    return names[code]


async def is_finest_region(tx: Reads, code: int) -> bool:
    """Whether this division exists below the province and is not divided further here."""
    row = await tx.fetchrow(
        """SELECT level >= 3 AND NOT EXISTS (SELECT 1 FROM people_region c WHERE c.parent_code = r.code) AS finest
           FROM people_region r WHERE code = $1""",
        code,
    )
    return row is not None and bool(row["finest"])


_ADDRESS = "SELECT id, person_id, region_code, sealed, is_default FROM people_address"


async def open_address(tx: Tx, person_id: int, address_id: int) -> Address:
    """One of a person's own addresses. Raises AddressUnknown for one that is removed, foreign or absent."""
    found = await open_addresses(tx, [(person_id, address_id)])
    if not found:
        raise AddressUnknown
    return found[person_id, address_id]


async def open_addresses(tx: Tx, chosen: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Address]:
    """People's own addresses (person, address); one that is removed, foreign or absent is left out."""
    rows = await tx.fetch(
        f"{_ADDRESS} WHERE id = ANY($1::bigint[]) AND removed_at IS NULL", sorted({address for _, address in chosen})
    )
    own = set(chosen)
    theirs = [row for row in rows if (row["person_id"], row["id"]) in own]
    names = await region_names(tx, [row["region_code"] for row in theirs])
    return {(row["person_id"], row["id"]): _opened(tx.keys, row, names[row["region_code"]]) for row in theirs}


async def addresses_of(db: Reads, keys: Keys, person_ids: Sequence[int]) -> dict[int, list[Address]]:
    """Each person's own addresses: the default first, then the newest."""
    rows = await db.fetch(
        f"{_ADDRESS} WHERE person_id = ANY($1::bigint[]) AND removed_at IS NULL ORDER BY is_default DESC, id DESC",
        sorted(set(person_ids)),
    )
    names = await region_names(db, [row["region_code"] for row in rows])
    found: dict[int, list[Address]] = {person_id: [] for person_id in person_ids}
    for row in rows:
        found[row["person_id"]].append(_opened(keys, row, names[row["region_code"]]))
    return found


def _opened(keys: Keys, row: Row, region: str) -> Address:
    inside = msgspec.json.decode(keys.open(row["sealed"], place=ADDRESS_SEAL, row=row["id"]), type=_Sealed)
    return Address(
        id=row["id"],
        person_id=row["person_id"],
        region_code=row["region_code"],
        region_name=region,
        name=inside.name,
        phone=inside.phone,
        detail=inside.detail,
        is_default=row["is_default"],
    )


async def address_ids(tx: Reads, person_id: int) -> list[int]:
    """A person's addresses: the default first, then the newest."""
    rows = await tx.fetch(
        """SELECT id FROM people_address WHERE person_id = $1 AND removed_at IS NULL
           ORDER BY is_default DESC, id DESC""",
        person_id,
    )
    return [row["id"] for row in rows]


def _seal(tx: Tx, address_id: int, address: NewAddress) -> bytes:
    inside = msgspec.json.encode(_Sealed(address.name, address.phone, address.detail)).decode()
    return tx.keys.seal(inside, place=ADDRESS_SEAL, row=address_id)


async def insert_address(tx: Tx, address_id: int, person_id: int, address: NewAddress) -> None:
    """Write a new address, sealed, not yet the default one."""
    await tx.execute(
        "INSERT INTO people_address (id, person_id, region_code, sealed, made_at) VALUES ($1, $2, $3, $4, $5)",
        address_id,
        person_id,
        address.region_code,
        _seal(tx, address_id, address),
        tx.now,
    )


async def update_address(tx: Tx, address_id: int, address: NewAddress) -> None:
    """Write an address anew."""
    await tx.execute(
        "UPDATE people_address SET region_code = $2, sealed = $3 WHERE id = $1",
        address_id,
        address.region_code,
        _seal(tx, address_id, address),
    )


async def set_default_address(tx: Tx, person_id: int, address_id: int) -> None:
    """Make this address the default, and no other."""
    await tx.execute(
        "UPDATE people_address SET is_default = false WHERE person_id = $1 AND is_default AND id <> $2",
        person_id,
        address_id,
    )
    await tx.execute("UPDATE people_address SET is_default = true WHERE id = $1 AND NOT is_default", address_id)


async def remove_address(tx: Tx, address_id: int) -> None:
    """Forget what an address said; the row stays, so that what named it still can."""
    await tx.execute(
        "UPDATE people_address SET removed_at = $2, is_default = false, sealed = '' WHERE id = $1", address_id, tx.now
    )


async def insert_address_read(tx: Tx, reader_id: int, order_id: int, why: str) -> None:
    """P1: write down that somebody read another person's address."""
    await tx.execute(
        "INSERT INTO people_address_read (id, reader_id, order_id, why, read_at) VALUES ($1, $2, $3, $4, $5)",
        tx.ids.new(),
        reader_id,
        order_id,
        why,
        tx.now,
    )


# shops and staff --------------------------------------------------------------------------------------------------
async def get_shop(tx: Reads, shop_id: int) -> Shop:
    """A shop by id. Raises ShopUnknown."""
    row = await tx.fetchrow(f"{_SHOP} WHERE id = $1", shop_id)
    if row is None:
        raise ShopUnknown
    return Shop(*row.values())


async def insert_shop(tx: Tx, shop_id: int, shop: NewShop) -> None:
    """Write a new shop."""
    await tx.execute(
        """INSERT INTO people_shop (id, name_zh, name_en, brief_zh, brief_en, logo, gifts_allowed, writes_cards,
                  opened_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        shop_id,
        *msgspec.structs.astuple(shop),
        tx.now,
    )


async def update_shop(tx: Tx, shop_id: int, shop: NewShop) -> None:
    """Write a shop anew."""
    done = await tx.execute(
        """UPDATE people_shop SET name_zh = $2, name_en = $3, brief_zh = $4, brief_en = $5, logo = $6,
                  gifts_allowed = $7, writes_cards = $8 WHERE id = $1""",
        shop_id,
        *msgspec.structs.astuple(shop),
    )
    assert done == "UPDATE 1", f"shop {shop_id} does not vanish"


async def set_staff(tx: Tx, shop_id: int, person_id: int, role: Role | None) -> bool:
    """Write somebody's role, or take it away. False where nothing changed."""
    if role is None:
        done = await tx.execute("DELETE FROM people_staff WHERE shop_id = $1 AND person_id = $2", shop_id, person_id)
    else:
        done = await tx.execute(
            """INSERT INTO people_staff (shop_id, person_id, role, made_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (shop_id, person_id) DO UPDATE SET role = EXCLUDED.role
               WHERE people_staff.role <> EXCLUDED.role""",
            shop_id,
            person_id,
            role.value,
            tx.now,
        )
    return done.endswith(" 1")


async def staff_with_role(tx: Reads, shop_id: int, role: Role) -> list[int]:
    """Who works for a shop in this role."""
    rows = await tx.fetch(
        "SELECT person_id FROM people_staff WHERE shop_id = $1 AND role = $2 ORDER BY person_id", shop_id, role.value
    )
    return [row["person_id"] for row in rows]


async def role_of(tx: Reads, shop_id: int, person_id: int) -> Role | None:
    """What somebody may do for a shop now; None where they do not work for it."""
    role = await tx.fetchval("SELECT role FROM people_staff WHERE shop_id = $1 AND person_id = $2", shop_id, person_id)
    return None if role is None else Role(role)


async def staff_among(tx: Reads, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (shop, person) work together."""
    rows = await tx.fetch(
        """SELECT shop_id, person_id FROM people_staff
           WHERE (shop_id, person_id) IN (SELECT s, p FROM unnest($1::bigint[], $2::bigint[]) AS t(s, p))""",
        [shop_id for shop_id, _ in pairs],
        [person_id for _, person_id in pairs],
    )
    return {(row["shop_id"], row["person_id"]) for row in rows}
