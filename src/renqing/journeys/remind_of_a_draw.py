"""A draw is open or made, and somebody is late: who may enter and has not, who won and has not claimed.

Both are deadlines' effects under the locks of order and gift, where entries, claims and the draw are decided too: who
has entered or claimed is not reminded. Of a draw for a group its members hear it, of one for chosen guests those; of
one that a link alone leads to its giver does, before the draw. A draw may have very many winners: so many at a time are
reminded, and the others by the next look. Blocks and quiet hours are held where notices are written (``tell_people``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.draw_a_gift import locked_draws
from renqing.social import draws, gifts


async def remind_entrants(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """Half of the time until the draw is over, or it is near."""
    said: Mapping[int, draws.Reminder] = {timer.key: timer.payload["reminder"] for timer in timers}
    for gift, draw in await locked_draws(tx, timers):
        if draw.drawn_at is None and not draw.is_full and gift.claimable_at is not None:
            told = await _without_entry(tx, gift, draw)
            await draws.remind_entrants(tx, draw, gift.claimable_at, said[gift.id], told)


async def _without_entry(tx: Tx, gift: gifts.Gift, draw: draws.Draw) -> list[int] | None:
    """Who of its group may enter and has not; its giver where a link leads to it; None: ask the draw for its guests."""
    if draw.guests_only:
        return None
    if gift.group_id is None:
        return [gift.giver_id]
    others = [one for one in await people.members(tx, gift.group_id) if one != gift.giver_id]
    have = await draws.entries_among(tx, [(gift.id, one) for one in others])
    return [one for one in others if (gift.id, one) not in have]


async def remind_winners(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """Half of some winners' time is over, or all of it soon."""
    for _, draw in await locked_draws(tx, timers):
        assert draw.drawn_at is not None, f"the draw of gift {draw.gift_id} has winners"
        await draws.remind_winners(tx, draw)
