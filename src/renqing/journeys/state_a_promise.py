"""A shop says what it pays for a parcel that leaves late, or that it pays nothing any more.

One transaction: the shop's owner is let in, a clerk hears that the owner decides this, everybody else that there is no
such shop. The new promise is for orders that are placed from now on; those that are there keep theirs.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_owner
from renqing.trade import lateness
from renqing.trade.lateness import NewPromise, Promise


class StateAPromise(msgspec.Struct, frozen=True):
    """Who states what for which shop."""

    owner_id: int
    shop_id: int
    new: NewPromise


async def state_a_promise(ground: Ground, ask: StateAPromise, once: Once) -> Promise:
    """Raises ShopUnknown for strangers, OwnersOnly for a clerk, FieldNotValid."""

    async def story(tx: Tx) -> Promise:
        await check_owner(tx, ask.shop_id, ask.owner_id, otherwise=people.ShopUnknown())
        return await lateness.state(tx, ask.shop_id, ask.owner_id, ask.new, ground.policy.ship_within_hours)

    return await run_once(ground.db, once, Promise, story)
