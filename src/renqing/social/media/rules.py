"""What is taken, and which links open it. Pure."""

from __future__ import annotations

import base64
import importlib
from datetime import datetime
from typing import cast

from renqing.foundation.secrets import Keys, same_bytes
from renqing.social.media.containers import Container, NotMedia, look_into
from renqing.social.media.model import (
    BYTES_MAX,
    GRACE_MILLISECONDS,
    MILLISECONDS_MAX,
    PIXELS_MAX,
    Developed,
    MediaKind,
    MediaNotTaken,
    NotAPicture,
    Prepared,
)

LINK_SECONDS = 86_400
SIGNATURE_BYTES = 18
_PURPOSE = "link of a kept file"
_NOT_THIS: dict[MediaKind, str] = {"picture": "not_a_picture", "voice": "not_audio", "video": "not_video"}


def prepare(kind: MediaKind, body: bytes) -> Prepared:
    """A file as it will be kept: looked into, and with nothing of where and by which device. Raises MediaNotTaken."""
    if not body:
        raise MediaNotTaken(kind=kind, reason="empty", max=BYTES_MAX[kind] // 1_000_000)
    if len(body) > BYTES_MAX[kind]:
        raise MediaNotTaken(kind=kind, reason="too_large", max=BYTES_MAX[kind] // 1_000_000)
    if kind == "picture":
        try:
            picture = _develop(body)
        except NotAPicture as why:
            raise MediaNotTaken(kind=kind, reason=str(why), max=PIXELS_MAX // 1_000_000) from why
        return Prepared(kind, picture.type, picture.body, width=picture.width, height=picture.height)
    try:
        found = look_into(body)
    except NotMedia as why:
        raise MediaNotTaken(kind=kind, reason=_NOT_THIS[kind], max=MILLISECONDS_MAX[kind] // 1000) from why
    return _judge(kind, found)


def _develop(body: bytes) -> Developed:
    # By name: a decoder of pictures is 7 MB, and only a process that was sent a picture carries it.
    return cast("Developed", importlib.import_module("renqing.social.media.pictures").develop(body))


def _judge(kind: MediaKind, found: Container) -> Prepared:
    if not found.milliseconds or (found.has_video if kind == "voice" else not found.has_video):
        raise MediaNotTaken(kind=kind, reason=_NOT_THIS[kind], max=MILLISECONDS_MAX[kind] // 1000)
    if found.milliseconds > MILLISECONDS_MAX[kind] + GRACE_MILLISECONDS:
        raise MediaNotTaken(kind=kind, reason="too_long", max=MILLISECONDS_MAX[kind] // 1000)
    family = "audio" if kind == "voice" else "video"
    return Prepared(kind, f"{family}/{found.format}", found.body, milliseconds=found.milliseconds)


def link(keys: Keys, media_id: int, now: datetime) -> str:
    """The path that opens a file for whoever is shown it: the same all day, and dead the day after the next."""
    until = (int(now.timestamp()) // LINK_SECONDS + 2) * LINK_SECONDS
    return f"/kept/{media_id}/{until}/{_signature(keys, media_id, until)}"


def is_open(keys: Keys, media_id: int, until: int, signature: str, now: datetime) -> bool:
    """Whether a link was made by us and still opens."""
    known = _signature(keys, media_id, until)
    return same_bytes(known.encode(), signature.encode()) and now.timestamp() < until


def _signature(keys: Keys, media_id: int, until: int) -> str:
    whole = keys.keyed_hash(_PURPOSE, f"{media_id}:{until}")
    return base64.urlsafe_b64encode(whole[:SIGNATURE_BYTES]).decode()
