"""The cards room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from renqing.foundation.database import Database, Tx
from renqing.foundation.secrets import Keys
from renqing.social.cards.model import Batch, BatchUnknown, Card, PrintedCard
from renqing.social.cards.rules import pin_from

_CARD = ", ".join(Card.__struct_fields__)
_ROUNDS_MAX = 20


def pin_of(keys: Keys, number: str) -> str:
    """The PIN that is printed beside a number."""
    return pin_from(keys.keyed_hash("claim card pin", number))


def pin_hash(keys: Keys, number: str, pin: str) -> bytes:
    """What is kept of a PIN."""
    return keys.keyed_hash("claim card", f"{number}:{pin}")


async def new_numbers(tx: Tx, count: int) -> list[str]:
    """So many numbers that no card has."""
    numbers: dict[str, None] = {}
    for _ in range(_ROUNDS_MAX):
        drawn = [tx.ids.code() + tx.ids.code() for _ in range(count - len(numbers))]
        rows = await tx.fetch("SELECT number FROM card_card WHERE number = ANY($1)", drawn)
        known = {row["number"] for row in rows}
        numbers |= dict.fromkeys(number for number in drawn if number not in known)
        if len(numbers) == count:
            return list(numbers)
    raise AssertionError("numbers of twelve digits do not run out")


async def insert_batch(tx: Tx, batch: Batch, numbers: Sequence[str]) -> None:
    """Write a batch and its cards."""
    await tx.execute(
        """INSERT INTO card_batch (id, activity_id, shop_id, made_by, cards, made_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        batch.id,
        batch.activity_id,
        batch.shop_id,
        batch.made_by,
        batch.cards,
        batch.made_at,
    )
    await tx.execute(
        """INSERT INTO card_card (number, batch_id, n, activity_id, pin_hash)
           SELECT t.number, $1, t.n, $2, t.h FROM unnest($3::text[], $4::bytea[]) WITH ORDINALITY AS t(number, h, n)""",
        batch.id,
        batch.activity_id,
        list(numbers),
        [pin_hash(tx.keys, number, pin_of(tx.keys, number)) for number in numbers],
    )


async def count_issued(tx: Tx, activity_id: int) -> int:
    """How many cards of an activity there are."""
    sql = "SELECT coalesce(sum(cards), 0) FROM card_batch WHERE activity_id = $1"
    return int(await tx.fetchval(sql, activity_id))


async def printed(db: Database, keys: Keys, shop_id: int, batch_id: int) -> tuple[Batch, list[PrintedCard]]:
    """A batch of a shop's with what is printed on each card. Raises BatchUnknown."""
    row = await db.fetchrow(
        """SELECT id, activity_id, shop_id, made_by, cards, made_at FROM card_batch WHERE id = $1 AND shop_id = $2""",
        batch_id,
        shop_id,
    )
    if row is None:
        raise BatchUnknown
    rows = await db.fetch(
        "SELECT n, number, used_at IS NOT NULL AS used FROM card_card WHERE batch_id = $1 ORDER BY n", batch_id
    )
    made = [PrintedCard(one["n"], one["number"], pin_of(keys, one["number"]), one["used"]) for one in rows]
    return Batch(*row.values()), made


async def lock_tries(tx: Tx, person_id: int) -> tuple[int, datetime | None]:
    """How many wrong tries somebody made since when; their tries wait for each other."""
    await tx.execute(
        "INSERT INTO card_try (person_id, wrong, since) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING", person_id, tx.now
    )
    row = await tx.fetchrow("SELECT wrong, since FROM card_try WHERE person_id = $1 FOR UPDATE", person_id)
    assert row is not None, "it was written just now"
    return row["wrong"], row["since"] if row["wrong"] else None


async def put_tries(tx: Tx, person_id: int, wrong: int, since: datetime | None) -> None:
    """Count a person's wrong tries."""
    await tx.execute("UPDATE card_try SET wrong = $2, since = $3 WHERE person_id = $1", person_id, wrong, since)


async def lock_card(tx: Tx, number: str) -> Card | None:
    """A card, locked; None where there is none of this number."""
    row = await tx.fetchrow(f"SELECT {_CARD} FROM card_card WHERE number = $1 FOR UPDATE", number)
    return None if row is None else Card(*row.values())


async def set_wrong(tx: Tx, number: str, wrong: int, locked_until: datetime | None) -> None:
    """A wrong PIN was typed."""
    sql = "UPDATE card_card SET wrong = $2, locked_until = $3 WHERE number = $1"
    await tx.execute(sql, number, wrong, locked_until)


async def set_used(tx: Tx, number: str, person_id: int) -> None:
    """A card is somebody's."""
    sql = "UPDATE card_card SET used_by = $2, used_at = $3, wrong = 0, locked_until = NULL WHERE number = $1"
    await tx.execute(sql, number, person_id, tx.now)


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody typed wrong is gone; a card that they used stays used."""
    await tx.execute("DELETE FROM card_try WHERE person_id = $1", person_id)
