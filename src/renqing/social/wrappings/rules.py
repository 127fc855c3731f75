"""What may lie in a gift. Pure."""

from __future__ import annotations

from renqing.foundation.lines import text
from renqing.social.wrappings.model import NOTE_CHARACTERS_MAX, OWN_COVER, Extras, Wrapping


def check_extras(extras: Extras) -> Extras:
    """What is asked for, as it is kept. Raises FieldNotValid."""
    return extras.but(note=text(extras.note, field="inside_note", most=NOTE_CHARACTERS_MAX))


def cover_of(cover: str, extras: Extras) -> str:
    """The name of the cover that a gift wears: the giver's own picture where there is one."""
    return cover if extras.cover_picture_id is None else f"{OWN_COVER}{extras.cover_picture_id}"


def own_picture(cover: str) -> int | None:
    """The id of the picture that a cover is, where it is somebody's own."""
    number = cover.removeprefix(OWN_COVER)
    return int(number) if cover.startswith(OWN_COVER) and number.isdigit() else None


def wrapping_of(gift_id: int, giver_id: int, extras: Extras) -> Wrapping | None:
    """What is kept of what was asked for; None where there is nothing to keep."""
    made = Wrapping(
        gift_id=gift_id, giver_id=giver_id, voice_id=extras.voice_id, video_id=extras.video_id, note=extras.note
    )
    return None if made == Wrapping(gift_id=gift_id, giver_id=giver_id) else made
