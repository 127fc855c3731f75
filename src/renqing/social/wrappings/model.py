"""What a giver puts with a gift, beside its cover and its line."""

from __future__ import annotations

from typing import Self

import msgspec

NOTE_CHARACTERS_MAX = 500
OWN_COVER = "own-"  # before the id of the giver's own picture, where a cover's name stands


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: ids of the giver's own files, and a note that lies inside. All of it may be absent."""

    cover_picture_id: int | None = None
    voice_id: int | None = None
    video_id: int | None = None
    note: str = ""

    def but(self, **changes: object) -> Self:
        """The same, but for these."""
        return msgspec.structs.replace(self, **changes)


class Wrapping(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a gift, as it is kept. Ids are of files in the media room."""

    gift_id: int
    giver_id: int
    voice_id: int | None = None
    video_id: int | None = None
    note: str = ""
