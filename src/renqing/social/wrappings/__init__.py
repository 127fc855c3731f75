"""Wrappings: what a giver puts with a gift. Their own picture as its cover, their voice, a video, a note inside.

Promises:
1. What lies inside is shown to who has opened the gift, and to its giver; nobody else has a page that holds it.
2. A note's length is counted as its reader sees it.
3. A gift without any of it has no row, and costs nothing.
"""

from renqing.social.wrappings.actions import forget, keep
from renqing.social.wrappings.model import NOTE_CHARACTERS_MAX, OWN_COVER, Extras, Wrapping
from renqing.social.wrappings.rules import check_extras, cover_of, own_picture, wrapping_of
from renqing.social.wrappings.store import of_gift, put_in

__all__ = [
    "NOTE_CHARACTERS_MAX",
    "OWN_COVER",
    "Extras",
    "Wrapping",
    "check_extras",
    "cover_of",
    "forget",
    "keep",
    "of_gift",
    "own_picture",
    "put_in",
    "wrapping_of",
]
