"""Media: what people put with their gifts. A picture, a voice of a minute at most, a video of half a minute.

Promises:
1. What is kept was looked into and is what it says: a picture is decoded and encoded anew, a recording's container is
   read to its end. Nothing of where it was made or with what stays in it.
2. It is kept by the SHA-256 of its bytes; the database says whose it is, and nobody's count goes past its bounds.
3. It is opened by a link that we signed for who may see the gift, and that is dead after two days.
4. It is with one gift, or dropped after a day; and it goes with who made it.
"""

from renqing.social.media.actions import digest_of, drop_unused, forget, keep, use
from renqing.social.media.model import (
    BYTES_MAX,
    DROP_MEDIA,
    KINDS,
    MILLISECONDS_MAX,
    MediaDropped,
    MediaFile,
    MediaFull,
    MediaKind,
    MediaNotTaken,
    MediaUnknown,
    Prepared,
    place_of,
)
from renqing.social.media.rules import is_open, link, prepare
from renqing.social.media.store import by_id, places

__all__ = [
    "BYTES_MAX",
    "DROP_MEDIA",
    "KINDS",
    "MILLISECONDS_MAX",
    "MediaDropped",
    "MediaFile",
    "MediaFull",
    "MediaKind",
    "MediaNotTaken",
    "MediaUnknown",
    "Prepared",
    "by_id",
    "digest_of",
    "drop_unused",
    "forget",
    "is_open",
    "keep",
    "link",
    "place_of",
    "places",
    "prepare",
    "use",
]
