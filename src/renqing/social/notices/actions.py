"""What can be done with notices. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.social.notices import rules, store
from renqing.social.notices.model import NewNotice, Notice


async def tell(tx: Tx, notices: Sequence[NewNotice]) -> list[Notice]:
    """Tell people; what a person was told of a fact before is not told again. Answers what is new."""
    for notice in notices:
        rules.check(notice)
    return await store.insert(tx, notices) if notices else []


async def mark_read(tx: Tx, person_id: int, notice_id: int) -> None:
    """A person opens a notice; opening it again is no matter. Raises NoticeUnknown."""
    await store.set_read(tx, person_id, notice_id)


async def mark_all_read(tx: Tx, person_id: int, up_to: int) -> None:
    """A person has seen their inbox up to a notice; what comes later stays unread."""
    await store.set_all_read(tx, person_id, up_to)
