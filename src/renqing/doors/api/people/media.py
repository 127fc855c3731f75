"""What one puts with a gift: a picture for its cover, a voice, a short video. Sent as it is, shown by signed paths."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import QueryParameter

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, key_of, reader_of
from renqing.doors.problems import RequestNotValid
from renqing.foundation.errors import TooMany
from renqing.foundation.once import once
from renqing.journeys.keep_media import KeepMedia, keep_media
from renqing.social import media
from renqing.social.media import BYTES_MAX, MediaFull, MediaKind, MediaNotTaken

allow(Audience.PERSON, "POST /v1/media")

UPLOAD_BYTES_MAX = max(BYTES_MAX.values()) + 1_000  # one byte too many is a refusal that says so


class MediaOut(msgspec.Struct, frozen=True):
    """A kept file: name ``id`` in ``POST /v1/gifts`` within a day. ``path`` shows it."""

    id: str
    kind: MediaKind
    type: str
    milliseconds: int
    width: int
    height: int
    path: str


@post(
    "/v1/media",
    tags=["giving"],
    request_max_body_size=UPLOAD_BYTES_MAX,
    takes=("image/jpeg", "image/png", "image/webp", "audio/webm", "audio/ogg", "audio/mp4", "video/webm", "video/mp4"),
    refuses=(MediaNotTaken, MediaFull, TooMany, RequestNotValid),
)
async def keep(
    request: AnyRequest,
    kind: Annotated[MediaKind, QueryParameter(description="What the body is to be taken for")],
) -> MediaOut:
    """Hand over a file for a gift of yours: the body is the file itself.

    A picture is decoded and encoded anew, a recording's container read to its end; whatever says where it was made is
    gone. A voice lasts a minute at most, a video half a minute.
    """
    house, owner_id, body = house_of(request), reader_of(request).person_id, await request.body()
    asked = once(owner_id, key_of(request), f"POST {request.url.path}", [kind, media.digest_of(body)])
    kept = await keep_media(house.ground, house.shelf, KeepMedia(owner_id, kind, body), asked)
    path = media.link(house.ground.keys, kept.media_id, house.ground.clock.now())
    return MediaOut(str(kept.media_id), kept.kind, kept.type, kept.milliseconds, kept.width, kept.height, path)


routes = [keep]
