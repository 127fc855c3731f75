"""What can be done to a shop's pictures. Nothing here commits, and nothing here touches a shelf."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.trade.pictures import store
from renqing.trade.pictures.model import PICTURES_MAX, PicturesFull, ShopPicture


async def check_room(db: Database | Tx, shop_id: int, key: str) -> None:
    """Raises PicturesFull where a shop that has not this one already keeps as many as it may."""
    if await store.others(db, shop_id, key) >= PICTURES_MAX:
        raise PicturesFull(max=PICTURES_MAX)


async def keep(tx: Tx, picture: ShopPicture) -> None:
    """Write down a picture that is on its shelf; one that is there stays as it is. Raises PicturesFull."""
    await store.lock(tx, picture.shop_id)
    await check_room(tx, picture.shop_id, picture.key)
    await store.insert(tx, picture)
