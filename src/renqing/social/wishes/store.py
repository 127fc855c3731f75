"""The wishes room's only SQL. A list is changed under its row's lock; making one under its owner's."""

from __future__ import annotations

from renqing.foundation.database import Database, Row, Tx
from renqing.social.wishes.model import ListDraft, NewWish, WishList, WishListUnknown

_LIST = ", ".join(WishList.__struct_fields__)


def _list(row: Row) -> WishList:
    return WishList(*row.values())


async def lock_owner(tx: Tx, owner_id: int) -> int:
    """Wait for whoever makes a list of this person's at the moment; how many they have then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('wishes:' || $1::bigint, 8))", owner_id)
    return int(await tx.fetchval("SELECT count(*) FROM wish_list WHERE owner_id = $1", owner_id))


async def insert_list(tx: Tx, owner_id: int, draft: ListDraft) -> WishList:
    """Write a new list."""
    row = await tx.fetchrow(
        f"INSERT INTO wish_list (id, owner_id, name, seen_by, made_at) VALUES ($1, $2, $3, $4, $5) RETURNING {_LIST}",
        tx.ids.new(),
        owner_id,
        draft.name,
        draft.seen_by,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return _list(row)


async def set_list(tx: Tx, owner_id: int, list_id: int, draft: ListDraft) -> WishList:
    """Change a list of this owner's. Raises WishListUnknown."""
    row = await tx.fetchrow(
        f"UPDATE wish_list SET name = $3, seen_by = $4 WHERE id = $1 AND owner_id = $2 RETURNING {_LIST}",
        list_id,
        owner_id,
        draft.name,
        draft.seen_by,
    )
    if row is None:
        raise WishListUnknown
    return _list(row)


async def lock_list(tx: Tx, owner_id: int, list_id: int) -> None:
    """Lock a list of this owner's. Raises WishListUnknown."""
    if not await tx.fetchval(
        "SELECT true FROM wish_list WHERE id = $1 AND owner_id = $2 FOR NO KEY UPDATE", list_id, owner_id
    ):
        raise WishListUnknown


async def delete_list(tx: Tx, list_id: int) -> None:
    """A list and its wishes go."""
    await tx.execute("DELETE FROM wish_wish WHERE list_id = $1", list_id)
    await tx.execute("DELETE FROM wish_list WHERE id = $1", list_id)


async def count_wishes(tx: Tx, list_id: int, product_id: int) -> tuple[int, bool]:
    """How many wishes a locked list has, and whether this product is one of them."""
    row = await tx.fetchrow(
        "SELECT count(*), coalesce(bool_or(product_id = $2), false) FROM wish_wish WHERE list_id = $1",
        list_id,
        product_id,
    )
    assert row is not None, "a count answers a row"
    return row[0], row[1]


async def put_wish(tx: Tx, wish: NewWish) -> None:
    """A product stands on a locked list, as it was last wished for."""
    await tx.execute(
        """INSERT INTO wish_wish (list_id, product_id, sku_id, note, wished_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (list_id, product_id) DO UPDATE SET sku_id = excluded.sku_id, note = excluded.note""",
        wish.list_id,
        wish.product_id,
        wish.sku_id,
        wish.note,
        tx.now,
    )


async def set_at_home(tx: Tx, list_id: int, product_id: int, *, at_home: bool) -> bool:
    """A wish of a locked list is at home, or not. False where it is not on the list."""
    done = await tx.execute(
        "UPDATE wish_wish SET at_home = $3 WHERE list_id = $1 AND product_id = $2", list_id, product_id, at_home
    )
    return done == "UPDATE 1"


async def delete_wish(tx: Tx, list_id: int, product_id: int) -> bool:
    """A wish leaves a locked list. False where it is not on it."""
    done = await tx.execute("DELETE FROM wish_wish WHERE list_id = $1 AND product_id = $2", list_id, product_id)
    return done == "DELETE 1"


async def delete_all(tx: Tx, owner_id: int) -> None:
    """Everything of this owner's goes."""
    await tx.execute("DELETE FROM wish_wish w USING wish_list l WHERE l.id = w.list_id AND l.owner_id = $1", owner_id)
    await tx.execute("DELETE FROM wish_list WHERE owner_id = $1", owner_id)
    await tx.execute("DELETE FROM wish_owner WHERE person_id = $1", owner_id)


async def still_wished(db: Database | Tx, list_id: int) -> list[tuple[int, int | None]]:
    """What of a list is not at home yet, product and style (None: any); what has waited longest comes first."""
    rows = await db.fetch(
        """SELECT product_id, sku_id FROM wish_wish WHERE list_id = $1 AND NOT at_home
           ORDER BY wished_at, product_id""",
        list_id,
    )
    return [(row["product_id"], row["sku_id"]) for row in rows]


async def list_by_id(db: Database | Tx, list_id: int) -> WishList:
    """One list, whoever may see it. Raises WishListUnknown."""
    row = await db.fetchrow(f"SELECT {_LIST} FROM wish_list WHERE id = $1", list_id)
    if row is None:
        raise WishListUnknown
    return _list(row)


async def lists_of(db: Database | Tx, owner_id: int) -> list[WishList]:
    """Somebody's lists, the oldest first, whoever may see them."""
    return [
        _list(row) for row in await db.fetch(f"SELECT {_LIST} FROM wish_list WHERE owner_id = $1 ORDER BY id", owner_id)
    ]


async def says_what_is_at_home(db: Database | Tx, person_id: int) -> bool:
    """Whether somebody lets friends be told that they may have a thing already; so it is until they say otherwise."""
    said = await db.fetchval("SELECT says_what_is_at_home FROM wish_owner WHERE person_id = $1", person_id)
    return True if said is None else bool(said)


async def set_says_what_is_at_home(tx: Tx, person_id: int, *, says: bool) -> None:
    """Let friends be told, or not."""
    await tx.execute(
        """INSERT INTO wish_owner (person_id, says_what_is_at_home) VALUES ($1, $2)
           ON CONFLICT (person_id) DO UPDATE SET says_what_is_at_home = excluded.says_what_is_at_home""",
        person_id,
        says,
    )
