"""The only SQL of lucky packs. Whoever writes holds the locks of the gifts."""

from __future__ import annotations

from collections.abc import Iterable

from renqing.foundation.database import Database, Tx
from renqing.social.lucky.model import NewPack, Pack
from renqing.social.lucky.rules import order_of

_PACK = ", ".join(Pack.__struct_fields__)
_SEED_SEALED = "lucky_pack.seed_sealed"


async def insert_pack(tx: Tx, pack: NewPack, *, seed: bytes, commitment: bytes) -> None:
    """Write a pack with its sealed seed."""
    await tx.execute(
        """INSERT INTO lucky_pack (gift_id, giver_id, shares, commitment, seed_sealed, made_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        pack.gift_id,
        pack.giver_id,
        pack.shares,
        commitment,
        tx.keys.seal(seed.hex(), place=_SEED_SEALED, row=pack.gift_id),
        tx.now,
    )


async def of_gifts(db: Database | Tx, gift_ids: Iterable[int]) -> dict[int, Pack]:
    """The packs of gifts, by gift; a gift without one is absent."""
    wanted = sorted(set(gift_ids))
    rows = await db.fetch(f"SELECT {_PACK} FROM lucky_pack WHERE gift_id = ANY($1)", wanted) if wanted else []
    return {row["gift_id"]: Pack(*row.values()) for row in rows}


async def seeds_of(tx: Tx, gift_ids: Iterable[int]) -> dict[int, tuple[bytes, int]]:
    """The secret seeds of packs that are not over, with how many shares each has."""
    rows = await tx.fetch(
        "SELECT gift_id, shares, seed_sealed FROM lucky_pack WHERE gift_id = ANY($1) AND seed IS NULL",
        sorted(set(gift_ids)),
    )
    return {
        row["gift_id"]: (
            bytes.fromhex(tx.keys.open(row["seed_sealed"], place=_SEED_SEALED, row=row["gift_id"])),
            row["shares"],
        )
        for row in rows
    }


async def orders_of(tx: Tx, gift_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The order in which each of these packs that is not over is dealt."""
    wanted = list(gift_ids)
    seeds = await seeds_of(tx, wanted) if wanted else {}
    return {gift_id: order_of(*found) for gift_id, found in seeds.items()}


async def set_shown(tx: Tx, seeds: dict[int, bytes]) -> None:
    """These packs are over: their seeds are public."""
    await tx.execute(
        """UPDATE lucky_pack p SET seed = t.s, shown_at = $3
           FROM unnest($1::bigint[], $2::bytea[]) AS t(g, s) WHERE p.gift_id = t.g""",
        list(seeds),
        list(seeds.values()),
        tx.now,
    )
