"""Somebody opens a notice, or has seen their inbox.

One transaction each, safe to repeat without a key. What comes in while the inbox is open stays unread: the inbox is
read up to the newest notice that was shown. Somebody else's notice is not there.
"""

from __future__ import annotations

from renqing.foundation.ground import Ground
from renqing.social import notices


async def read_a_notice(ground: Ground, person_id: int, notice_id: int) -> None:
    """Mark one notice read. Raises NoticeUnknown."""
    await ground.db.run(lambda tx: notices.mark_read(tx, person_id, notice_id), actor=person_id)


async def read_notices(ground: Ground, person_id: int, up_to: int) -> None:
    """Mark everything up to ``up_to``, the newest notice shown, read."""
    await ground.db.run(lambda tx: notices.mark_all_read(tx, person_id, up_to), actor=person_id)
