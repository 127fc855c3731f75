"""Somebody hands over a picture, a voice or a video to put with a gift; what nothing used is dropped.

Steps: the file is looked into and made anew, off the event loop, since a picture costs a tenth of a second; its bytes
go to the shelf, on disk; then one transaction writes down whose it is, within their bounds, and sets the day after
which it is dropped. Bytes come before their row, so that no row is without them; a row that is refused drops them
again. A repeated key is answered with the first file.

A file that is dropped or forgotten loses its row first; the worker then empties its place, as often as it must.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from renqing.foundation.database import DatabaseAway, Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Rate
from renqing.foundation.once import Once, run_once
from renqing.foundation.outbox import LeftFact
from renqing.foundation.timers import Timer
from renqing.social import media
from renqing.social.media.ports import Shelf

MEDIA_TRIES = Rate("media_tries", count=40, window_seconds=3_600)  # looking into a file costs what its maker likes


class KeepMedia(msgspec.Struct, frozen=True):
    """Whose file, what it shall be, and its bytes."""

    owner_id: int
    kind: media.MediaKind
    body: bytes


class Kept(msgspec.Struct, frozen=True):
    """A kept file: to be put with a gift by its id, and a path that shows it."""

    media_id: int
    kind: media.MediaKind
    type: str
    milliseconds: int
    width: int
    height: int


async def keep_media(ground: Ground, shelf: Shelf, ask: KeepMedia, once: Once) -> Kept:
    """Raises MediaNotTaken, MediaFull, TooMany."""
    ground.limits.spend(MEDIA_TRIES, str(ask.owner_id))
    prepared = await asyncio.to_thread(media.prepare, ask.kind, ask.body)
    media_id = ground.ids.new()
    place = media.place_of(media.digest_of(prepared.body), media_id)
    await asyncio.to_thread(shelf.put, place, prepared.body)
    try:
        kept = await run_once(ground.db, once, Kept, lambda tx: _story(tx, ask, media_id, prepared))
    except Refusal as refusal:
        if isinstance(refusal, DatabaseAway):  # its row may be there: then its bytes must be
            raise
        await asyncio.to_thread(shelf.drop, place)
        raise
    if kept.media_id != media_id:
        await asyncio.to_thread(shelf.drop, place)
    return kept


async def _story(tx: Tx, ask: KeepMedia, media_id: int, prepared: media.Prepared) -> Kept:
    file = await media.keep(tx, media_id, ask.owner_id, prepared)
    return Kept(file.id, file.kind, file.type, file.milliseconds, file.width, file.height)


async def drop_unused_media(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline: nothing used these files."""
    await media.drop_unused(tx, [timer.key for timer in due])


def empty_places(shelf: Shelf, facts: Sequence[LeftFact]) -> None:
    """The bytes of files whose rows are gone follow them. Twice is once."""
    for fact in facts:
        if fact.kind == media.MediaDropped.kind:
            for place in fact.payload["places"]:
                shelf.drop(place)
