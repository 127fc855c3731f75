"""On the mornings of who asked for it, they hear of the days of their friends that are near.

The deadline's effect, and the next morning's deadline with it, in one transaction. What is near is read as it is now:
who hid their birthday, parted, blocked or was erased is not spoken of. Each day is told once in each year of its own,
however often a morning is looked at: a clock that jumps back tells nothing twice, and one that jumped over a morning,
or a house that was down, tells what is still ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.social import days, peace


async def remind_of_days(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline. Who asked not to be reminded any more hears nothing."""
    for timer in sorted(due, key=lambda one: one.key):
        before = await days.watch_of(tx, timer.key)
        if before is None:
            continue
        zone = (await peace.rule_of(tx, timer.key)).time_zone
        today = tx.now.astimezone(ZoneInfo(zone)).date()
        known = await days.known_to(tx, timer.key, await people.friends_of(tx, timer.key))
        await days.tell_of(tx, timer.key, days.coming(known, today, before))
        await days.watch_next(tx, timer.key, zone)
