"""A shop's staff hand over a picture to show a product by.

Steps: the staff are let in, nobody else, before anything of the file costs the house something; it is looked into and
made anew, off the event loop; its bytes go to the shelf, on disk, under a key that names them; then one transaction
writes down that the shop has them. Bytes come before their row, so that no product shows a picture that is not there;
bytes without a row are shown to nobody who was not told their key, and are there already when they are sent again.
"""

from __future__ import annotations

import asyncio

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.journeys.keep_media import MEDIA_TRIES
from renqing.social import media
from renqing.social.media.ports import Shelf
from renqing.trade import pictures
from renqing.trade.pictures import ShopPicture


class KeepPicture(msgspec.Struct, frozen=True):
    """Who asks, for which shop, and the file's bytes."""

    staff_id: int
    shop_id: int
    body: bytes


async def keep_product_picture(ground: Ground, shelf: Shelf, ask: KeepPicture, once: Once) -> ShopPicture:
    """Raises ShopUnknown for others than the staff, MediaNotTaken, PicturesFull, TooMany."""
    await check_staff(ground.db, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    ground.limits.spend(MEDIA_TRIES, str(ask.staff_id))
    made = await asyncio.to_thread(media.prepare, "picture", ask.body)
    key = pictures.key_of(ask.shop_id, media.digest_of(made.body))
    await pictures.check_room(ground.db, ask.shop_id, key)
    await asyncio.to_thread(shelf.put, key, made.body)
    picture = ShopPicture(key, ask.shop_id, len(made.body), made.width, made.height)
    return await run_once(ground.db, once, ShopPicture, lambda tx: _story(tx, ask, picture))


async def _story(tx: Tx, ask: KeepPicture, picture: ShopPicture) -> ShopPicture:
    await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    await pictures.keep(tx, picture)
    return picture
