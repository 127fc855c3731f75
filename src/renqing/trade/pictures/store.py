"""The only SQL of a shop's pictures."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.trade.pictures.model import ShopPicture


async def lock(tx: Tx, shop_id: int) -> None:
    """Whoever adds to the same shop waits, so that none counts past the bound."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('pictures:' || $1::bigint, 20))", shop_id)


async def others(db: Database | Tx, shop_id: int, key: str) -> int:
    """How many pictures a shop keeps beside this one."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM picture_picture WHERE shop_id = $1 AND key <> $2", shop_id, key
    )
    return count


async def insert(tx: Tx, picture: ShopPicture) -> None:
    """Write one down, once."""
    await tx.execute(
        """INSERT INTO picture_picture (key, shop_id, bytes, width, height, made_at) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (key) DO NOTHING""",
        picture.key,
        picture.shop_id,
        picture.bytes,
        picture.width,
        picture.height,
        tx.now,
    )


async def keys(db: Database | Tx) -> list[str]:
    """The key of every picture of every shop: the places of their bytes."""
    return [row["key"] for row in await db.fetch("SELECT key FROM picture_picture ORDER BY key")]
