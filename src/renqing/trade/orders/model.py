"""The states of an order, how it moves, and its facts.

An order that pays for many shares of a gift is *divided*: each share that is claimed becomes an order of its own, a
*part* of it, with its share of the total. What is left undivided goes back when nobody claims it in time.

An order that pays for things of several shops is no shop's: each shop's lines are a *section* of it. When it gets its
owner it is divided whole, and each section becomes a part of its shop's own.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact


class OrderState(IntEnum):
    """WeChat Shop's order states (``/channels/ec/order/get``, ``status``); 110 is ours: its parts tell the rest."""

    TO_PAY = 10
    GIFT_TO_CLAIM = 12
    TO_REDEEM = 17
    TO_SHIP = 20
    PARTLY_SHIPPED = 21
    TO_RECEIVE = 30
    DONE = 100
    DIVIDED = 110
    REFUNDED = 200
    CLOSED = 250


MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.TO_PAY: frozenset(
        {OrderState.TO_SHIP, OrderState.TO_REDEEM, OrderState.GIFT_TO_CLAIM, OrderState.CLOSED}
    ),
    OrderState.GIFT_TO_CLAIM: frozenset(
        {OrderState.TO_SHIP, OrderState.TO_REDEEM, OrderState.DIVIDED, OrderState.CLOSED}
    ),
    OrderState.TO_REDEEM: frozenset({OrderState.DONE, OrderState.REFUNDED}),
    OrderState.TO_SHIP: frozenset({OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE, OrderState.REFUNDED}),
    OrderState.PARTLY_SHIPPED: frozenset({OrderState.TO_RECEIVE, OrderState.REFUNDED}),
    OrderState.TO_RECEIVE: frozenset({OrderState.DONE, OrderState.REFUNDED}),
    OrderState.DONE: frozenset({OrderState.REFUNDED}),
    OrderState.DIVIDED: frozenset(),
    OrderState.REFUNDED: frozenset(),
    OrderState.CLOSED: frozenset(),
}
QUANTITY_MAX = 999
SEVERAL_SHOPS = 0  # in place of a shop's id: its sections say whose it is


class OrderUnknown(NotFound):
    """There is no such order for this asker."""

    code = "order_unknown"


class OrderNotReady(NotNow):
    """The order's state forbids this. Facts: ``order_id``, ``state``."""

    code = "order_not_ready"


class Line(msgspec.Struct, frozen=True):
    """One line as it was bought. ``unit_price`` and ``amount`` in minor units of the order's currency.

    ``late_amount`` of it went back because ``late_of`` of its pieces, those that were not refunded by then, left late.
    """

    n: int
    product_id: int
    sku_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    quantity: int
    unit_price: int
    amount: int
    shipped: int = 0
    refunded: int = 0
    cancelled: int = 0
    late_amount: int = 0
    late_of: int = 0

    @property
    def to_ship(self) -> int:
        """Pieces that still have to leave the shop: ``cancelled`` ones were refunded before they were shipped."""
        return self.quantity - self.shipped - self.cancelled


class Destination(msgspec.Struct, frozen=True):
    """Where an order goes: sealed as one field. ``region`` is the full name down to the street."""

    region_code: int
    region: str
    name: str
    phone: str
    detail: str


class Section(msgspec.Struct, frozen=True):
    """What of an order of several shops is one shop's: its lines from ``first_line`` to ``last_line``, with freight.

    ``part_id``: the order that it becomes once there is an owner.
    """

    n: int
    shop_id: int
    part_id: int
    first_line: int
    last_line: int
    goods_amount: int
    freight_amount: int

    @property
    def total_amount(self) -> int:
        return self.goods_amount + self.freight_amount


class NewOrder(msgspec.Struct, frozen=True):
    """An order to place; its id was made before, so that stock could be held for it.

    One of several shops (``SEVERAL_SHOPS``) has ``sections`` that share out its lines and its total.

    A ``present`` of a shop costs nothing and waits for no payment; its payer and its owner are who gets it.
    """

    id: int
    shop_id: int
    payer_id: int
    purpose: Literal["self", "gift", "present"]
    currency: str
    lines: tuple[Line, ...]
    freight_amount: int
    fee_ppm: int
    pay_by: datetime
    note: str = ""
    destination: Destination | None = None
    by_voucher: bool = False
    sections: tuple[Section, ...] = ()

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def goods_amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def total_amount(self) -> int:
        return self.goods_amount + self.freight_amount


class Order(msgspec.Struct, frozen=True):
    """An order as it stands. Amounts in minor units of ``currency``; ``shop_id`` may be ``SEVERAL_SHOPS``.

    ``freight_back``: what of its freight went back because its place cost less than was allowed.
    """

    id: int
    shop_id: int
    payer_id: int
    owner_id: int | None
    purpose: str
    state: OrderState
    why_closed: str
    currency: str
    goods_amount: int
    freight_amount: int
    total_amount: int
    refunded_amount: int
    fee_ppm: int
    note: str
    region_code: int | None
    placed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    ship_from: datetime | None
    received_at: datetime | None
    settled_at: datetime | None
    closed_at: datetime | None
    part_of: int | None
    divided_amount: int
    by_voucher: bool = False
    freight_back: int = 0

    @property
    def paid_as(self) -> int:
        """The order whose payment, and whose held stock, this one is served from: itself, or the one it is part of."""
        return self.part_of or self.id

    @property
    def rest_amount(self) -> int:
        """What is neither with its parts nor on its way back."""
        return self.total_amount - self.divided_amount - self.refunded_amount


class Part(msgspec.Struct, frozen=True):
    """A share of an order that becomes an order of its own: pieces of one of its lines, to their owner.

    ``purpose``: a claimed share is a gift to its owner; what a giver keeps is bought for themselves.
    """

    id: int
    whole: Order
    owner_id: int
    destination: Destination | None
    quantity: int
    goods_amount: int
    freight_amount: int
    line_n: int = 1
    purpose: Literal["gift", "self"] = "gift"


class HandedOut(msgspec.Struct, frozen=True):
    """What handing out came to: the wholes by id and their parts, as they are now."""

    wholes: dict[int, Order]
    parts: list[Order]


class Split(msgspec.Struct, frozen=True):
    """An order of several shops that gets its owner: its sections become their shops' orders."""

    whole: Order
    owner_id: int
    destination: Destination
    sections: tuple[Section, ...]


class Exchange(msgspec.Struct, frozen=True):
    """Other things of the same shop for no more than a gift's order came to: they become an order of their owner."""

    whole: Order
    part_id: int
    owner_id: int
    destination: Destination
    lines: tuple[Line, ...]
    freight_amount: int

    @property
    def goods_amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def total_amount(self) -> int:
        return self.goods_amount + self.freight_amount


class OrderPaid(Fact, frozen=True, kw_only=True):
    """The payer's money has arrived."""

    kind: ClassVar[str] = "OrderPaid"
    order_id: int
    payer_id: int
    shop_id: int
    purpose: str


class OrderClosed(Fact, frozen=True, kw_only=True):
    """An order ended before anything was shipped. ``why``: unpaid, cancelled, refused, expired, withdrawn."""

    kind: ClassVar[str] = "OrderClosed"
    order_id: int
    payer_id: int
    shop_id: int
    why: str


class OrderDivided(Fact, frozen=True, kw_only=True):
    """All that will ever be claimed of an order is in its parts. ``why``: claimed, expired, withdrawn, kept."""

    kind: ClassVar[str] = "OrderDivided"
    order_id: int
    payer_id: int
    shop_id: int
    why: str


class OrderSplit(Fact, frozen=True, kw_only=True):
    """A shop's part of another order is an order of its own now, paid and to be shipped.

    It was a section of an order of several shops, or is what somebody chose instead of what was given.
    """

    kind: ClassVar[str] = "OrderSplit"
    order_id: int
    owner_id: int
    payer_id: int
    shop_id: int


class OrderReceived(Fact, frozen=True, kw_only=True):
    """The owner has the goods, or vouchers are over. ``by``: owner, time or use."""

    kind: ClassVar[str] = "OrderReceived"
    order_id: int
    owner_id: int
    payer_id: int
    shop_id: int
    by: str
