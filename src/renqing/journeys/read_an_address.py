"""A shop opens the address of an order that it has to send.

Steps, in one transaction: the order is read and its shop's staff let in, nobody else; the order must be on its way
from payment (a gift: its claim) to receipt, before and after that nobody at the shop has a reason; the reading is
written down first, then the address is opened. The answer is kept nowhere, and every reading leaves its own line.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.journeys.ask_the_staff import check_staff
from renqing.trade import orders
from renqing.trade.orders import Destination, OrderState

_MAY_READ = frozenset({OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE})


class AddressClosed(NotNow):
    """The order is not on its way: its address stays sealed. Fact: ``state``."""

    code = "address_closed"


class ReadAddress(msgspec.Struct, frozen=True):
    """Whose address, and why: ``ship`` or ``help``."""

    staff_id: int
    order_id: int
    why: str = "ship"


async def read_an_address(ground: Ground, ask: ReadAddress) -> Destination:
    """Raises OrderUnknown for others than the shop's staff, AddressClosed."""
    return await ground.db.run(lambda tx: _story(tx, ask), actor=ask.staff_id)


async def _story(tx: Tx, ask: ReadAddress) -> Destination:
    order = await orders.get(tx, ask.order_id, lock=False)
    await check_staff(tx, order.shop_id, ask.staff_id, otherwise=orders.OrderUnknown(order_id=ask.order_id))
    destination = await orders.destination(tx, tx.keys, order.id) if order.state in _MAY_READ else None
    if destination is None:
        raise AddressClosed(state=int(order.state))
    await people.note_address_read(tx, ask.staff_id, order.id, ask.why)
    return destination
