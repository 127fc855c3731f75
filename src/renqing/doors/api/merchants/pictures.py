"""Pictures that a shop shows its products by."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in, key_of, reader_of
from renqing.foundation.errors import TooMany
from renqing.foundation.once import once
from renqing.journeys.keep_product_pictures import KeepPicture, keep_product_picture
from renqing.social import media
from renqing.social.media import BYTES_MAX, MediaNotTaken
from renqing.trade.pictures import PicturesFull

allow(Audience.STAFF, "POST /v1/shops/{shop_id:str}/pictures")


class PictureOut(msgspec.Struct, frozen=True):
    """A kept picture: name ``key`` among a product's ``pictures``. ``path`` shows it; sizes are pixels."""

    key: str
    path: str
    width: int
    height: int


@post(
    "/v1/shops/{shop_id:str}/pictures",
    tags=["merchants: products"],
    request_max_body_size=BYTES_MAX["picture"] + 1_000,  # one byte too many is a refusal that says so
    takes=("image/jpeg", "image/png", "image/webp"),
    refuses=(ShopUnknown, MediaNotTaken, PicturesFull, TooMany),
)
async def keep_shop_picture(request: AnyRequest, shop_id: FromPath[str]) -> PictureOut:
    """Hand over a picture for a product of yours: the body is the file itself.

    It is decoded and encoded anew, at most 1,600 pixels a side; whatever says where it was made is gone. The same
    picture again has the same key.
    """
    house, staff_id, body = house_of(request), reader_of(request).person_id, await request.body()
    asked = once(staff_id, key_of(request), f"POST {request.url.path}", media.digest_of(body))
    kept = await keep_product_picture(house.ground, house.shelf, KeepPicture(staff_id, id_in(shop_id), body), asked)
    return PictureOut(kept.key, f"/media/{kept.key}", kept.width, kept.height)


routes = [keep_shop_picture]
