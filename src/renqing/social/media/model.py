"""What people put with their gifts: a picture, a voice, a short video. Limits, and what may stop one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Literal, NamedTuple, get_args

import msgspec

from renqing.foundation.errors import NotFound, NotValid, TooMany
from renqing.foundation.facts import Fact

MediaKind = Literal["picture", "voice", "video"]
KINDS: tuple[MediaKind, ...] = get_args(MediaKind)

BYTES_MAX: dict[MediaKind, int] = {"picture": 8_000_000, "voice": 2_000_000, "video": 10_000_000}
MILLISECONDS_MAX: dict[MediaKind, int] = {"voice": 60_000, "video": 30_000}
GRACE_MILLISECONDS = 900  # a recorder that is told to stop at the limit ends a little behind it
PIXELS_MAX = 40_000_000  # what a telephone's camera makes; a picture that unfolds to more is a bomb
SIDE_MAX = 1_600  # what is kept
FILES_A_DAY_MAX = 60
BYTES_A_PERSON_MAX = 300_000_000
UNUSED_FOR = timedelta(days=1)

DROP_MEDIA = "drop_media"  # deadline: it was put with nothing


class MediaNotTaken(NotValid):
    """This file is not what it should be, or too large or long. Facts: ``kind``, ``reason`` and the limit ``max``."""

    code = "media_not_taken"


class MediaUnknown(NotFound):
    """There is no such file of yours, or it is with another gift already."""

    code = "media_unknown"


class MediaFull(TooMany):
    """One person keeps only so many files. Facts: ``reason`` (day or bytes), ``max``."""

    code = "media_full"


class Prepared(msgspec.Struct, frozen=True):
    """A file that was looked into and made anew: ready to keep. ``type`` is its media type."""

    kind: MediaKind
    type: str
    body: bytes
    milliseconds: int = 0
    width: int = 0
    height: int = 0


class MediaFile(msgspec.Struct, frozen=True):
    """A kept file. ``digest`` is the SHA-256 of what is kept; ``used_at``: since when it is with a gift."""

    id: int
    owner_id: int
    kind: MediaKind
    type: str
    bytes: int
    milliseconds: int
    width: int
    height: int
    digest: str
    made_at: datetime
    used_at: datetime | None

    @property
    def place(self) -> str:
        return place_of(self.digest, self.id)


def place_of(digest: str, media_id: int) -> str:
    """Where bytes are: by what they are, and of one row alone, so that dropping one drops no other."""
    return f"{digest[:2]}/{digest}-{media_id}"


class MediaDropped(Fact, frozen=True, kw_only=True):
    """Files whose rows are gone: their bytes follow."""

    kind: ClassVar[str] = "MediaDropped"
    places: list[str]


class NotAPicture(Exception):
    """Its message is the reason: ``not_a_picture`` or ``too_many_pixels``."""


class Developed(NamedTuple):
    """A picture as it is kept."""

    type: str
    body: bytes
    width: int
    height: int
