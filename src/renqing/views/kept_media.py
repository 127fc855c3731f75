"""A kept file for whoever has its link: the bytes, and what they are."""

from __future__ import annotations

import asyncio

import msgspec

from renqing.foundation.ground import Ground
from renqing.social import media
from renqing.social.media import MediaUnknown
from renqing.social.media.ports import Shelf


class KeptFile(msgspec.Struct, frozen=True):
    """Bytes with their media type, and the digest that names them."""

    type: str
    digest: str
    body: bytes


async def kept_file(ground: Ground, shelf: Shelf, media_id: int, until: int, signature: str) -> KeptFile:
    """Raises MediaUnknown for a link that we did not make, that is over, or whose file is gone: one answer for all."""
    if not media.is_open(ground.keys, media_id, until, signature, ground.clock.now()):
        raise MediaUnknown
    file = await media.by_id(ground.db, media_id)
    body = None if file is None else await asyncio.to_thread(shelf.get, file.place)
    if file is None or body is None:
        raise MediaUnknown
    return KeptFile(file.type, file.digest, body)
