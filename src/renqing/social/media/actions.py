"""What can be done to files. Nothing here commits, and nothing here touches a shelf."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.social.media import store
from renqing.social.media.model import (
    BYTES_A_PERSON_MAX,
    DROP_MEDIA,
    FILES_A_DAY_MAX,
    UNUSED_FOR,
    MediaDropped,
    MediaFile,
    MediaFull,
    MediaKind,
    MediaUnknown,
    Prepared,
)


async def keep(tx: Tx, media_id: int, owner_id: int, prepared: Prepared) -> MediaFile:
    """Write down a file that is on its shelf; it is dropped where nothing uses it in time. Raises MediaFull."""
    files, size = await store.kept_by(tx, owner_id)
    if files >= FILES_A_DAY_MAX:
        raise MediaFull(reason="day", max=FILES_A_DAY_MAX)
    if size + len(prepared.body) > BYTES_A_PERSON_MAX:
        raise MediaFull(reason="bytes", max=BYTES_A_PERSON_MAX // 1_000_000)
    file = MediaFile(
        id=media_id,
        owner_id=owner_id,
        kind=prepared.kind,
        type=prepared.type,
        bytes=len(prepared.body),
        milliseconds=prepared.milliseconds,
        width=prepared.width,
        height=prepared.height,
        digest=digest_of(prepared.body),
        made_at=tx.now,
        used_at=None,
    )
    await store.insert(tx, file)
    await set_timers(tx, [Deadline(DROP_MEDIA, file.id, tx.now + UNUSED_FOR)])
    return file


def digest_of(body: bytes) -> str:
    """What a file's bytes are known by."""
    return hashlib.sha256(body).hexdigest()


async def use(tx: Tx, owner_id: int, wanted: dict[int, MediaKind]) -> None:
    """Put files (id: kind) of somebody with a gift. Each is with one thing only. Raises MediaUnknown."""
    if not wanted:
        return
    files = {file.id: file for file in await store.lock_unused(tx, sorted(wanted))}
    for media_id, kind in wanted.items():
        file = files.get(media_id)
        if file is None or file.owner_id != owner_id or file.kind != kind:
            raise MediaUnknown
    await store.set_used(tx, sorted(wanted))
    await drop_timers(tx, DROP_MEDIA, sorted(wanted))


async def drop_unused(tx: Tx, media_ids: Sequence[int]) -> None:
    """Files that nothing used in time are gone. Leaves MediaDropped."""
    unused = [file.id for file in await store.lock_unused(tx, sorted(media_ids))]
    await _left(tx, await store.delete(tx, unused))


async def forget(tx: Tx, owner_id: int) -> None:
    """Everything that somebody put with their gifts is gone. Leaves MediaDropped."""
    files = await store.delete_of(tx, owner_id)
    await drop_timers(tx, DROP_MEDIA, [file.id for file in files])
    await _left(tx, files)


async def _left(tx: Tx, files: Sequence[MediaFile]) -> None:
    if files:
        await leave(tx, MediaDropped(subject_id=files[0].id, places=[file.place for file in files]))
