"""A draw falls due: its winners are drawn; and later, who of them has not claimed makes room for the next in order.

Both are deadlines under the locks of order and gift, where an entry, a claim and the gift's own end are decided too:
an entry that committed first is in the draw, one that comes later is told that it is over; a claim that committed
first stays. The seed was fixed before the first entry, so nothing is decided here: it is only looked up. Where nobody
entered, or everybody who did has had their chance, the gift ends, and what nobody claimed goes back as one refund.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.end_a_gift import end_locked
from renqing.social import draws, gifts
from renqing.trade import orders


async def draw_gifts(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many draws at once; one that is over already, or whose gift is, stays as it is."""
    over = []
    for gift, draw in await locked_draws(tx, timers):
        if draws.is_due(draw, tx.now) and gift.expires_at is not None:
            await draws.make(tx, draw, gift.expires_at, ground.policy)
            if not draw.entrants:
                over.append(gift)
    await end_locked(ground, tx, over, "nobody_left")


async def pass_awards_on(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The winners' own time is over, or the last of them has claimed: the next in order, or the end."""
    over = []
    for gift, draw in await locked_draws(tx, timers):
        if draw.drawn_at is None or gift.expires_at is None:
            continue
        if not await draws.pass_on(tx, draw, gift.expires_at, ground.policy):
            over.append(gift)
    await end_locked(ground, tx, over, "nobody_left")


async def locked_draws(tx: Tx, timers: Sequence[Timer]) -> list[tuple[gifts.Gift, draws.Draw]]:
    """The gifts that still wait to be claimed, locked behind their orders, with their draws."""
    order_ids = await gifts.order_ids_of(tx, [timer.key for timer in timers])
    await orders.lock_many(tx, order_ids)
    waiting = [gift for gift in await gifts.lock_of_orders(tx, order_ids) if gifts.is_claimable(gift, tx.now)]
    known = await draws.of_gifts(tx, [gift.id for gift in waiting])
    return [(gift, known[gift.id]) for gift in waiting]
