"""A shop is late: who paid for the order, or gets its goods, reminds it with one tap, once a day.

One transaction under the order's lock, so that shipping and hurrying race to one answer: what has left is not hurried.
The clock is the ship-by of the order, which for a gift starts at the claim. The shop's people and programs are told.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.trade import hurries, orders


class HurryAShop(msgspec.Struct, frozen=True):
    """Who hurries the shop of which order."""

    person_id: int
    order_id: int


class Hurried(msgspec.Struct, frozen=True):
    """The shop was told, for the ``times``-th time."""

    hurried_order_id: int
    times: int


async def hurry_a_shop(ground: Ground, ask: HurryAShop, once: Once) -> Hurried:
    """Raises OrderUnknown for who neither paid nor gets it, HurryNotNow."""
    return await run_once(ground.db, once, Hurried, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: HurryAShop) -> Hurried:
    order = await orders.get(tx, ask.order_id)
    if ask.person_id not in (order.payer_id, order.owner_id):
        raise orders.OrderUnknown(order_id=ask.order_id)
    staff = [await people.staff_with_role(tx, order.shop_id, role) for role in (people.Role.OWNER, people.Role.CLERK)]
    ship_by = order.ship_from + timedelta(hours=ground.policy.ship_within_hours) if order.ship_from else None
    late = hurries.SomeOrder(
        order_id=order.id,
        shop_id=order.shop_id,
        payer_id=order.payer_id,
        owner_id=order.owner_id or order.payer_id,
        state=int(order.state),
        ship_by=ship_by,
    )
    told_ids = sorted({person_id for role in staff for person_id in role})
    return Hurried(order.id, await hurries.hurry(tx, late, ask.person_id, told_ids))
