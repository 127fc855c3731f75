"""What a shop gives away, for tests: an activity, who takes of it, and who is its customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from counter import buy
from town import Town, raised

from renqing.journeys.keep_activities import ActivityMade, MakeAnActivity, make_an_activity
from renqing.journeys.take_a_present import PresentTaken, TakeAPresent, take_presents


def ends_in(town: Town, **time: Any) -> datetime:
    """An instant from now."""
    return town.ground.clock.now() + timedelta(**(time or {"days": 1}))


async def offered(town: Town, stock: int = 3, *, moderator: Any = None, **asked: Any) -> ActivityMade:
    """An activity of the town's shop, by default for whoever has its link, for a day."""
    wanted: dict[str, Any] = {
        "staff_id": town.owner_id,
        "shop_id": town.shop_id,
        "name": "店庆",
        "sku_id": town.red,
        "stock": stock,
        "audience": "link",
        "ends_at": ends_in(town),
        "greeting": "谢谢你们",
        **asked,
    }
    key = town.key(wanted["staff_id"])
    return await make_an_activity(town.ground, MakeAnActivity(**wanted), key, moderator)


async def take(town: Town, person_id: int, code: str, address_id: int | None = None) -> PresentTaken:
    """Take a piece, to one's own address."""
    ask = TakeAPresent(person_id, code, town.addresses[person_id] if address_id is None else address_id)
    taken: PresentTaken = raised((await take_presents(town.ground, [(ask, town.key(person_id))]))[0])
    return taken


async def become_a_customer(town: Town, person_id: int) -> int:
    """Buy something of the shop; the order."""
    return (await buy(town, person_id, town.dear, 1)).order_id
