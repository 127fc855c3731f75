"""What is so, as the storm's own model has it: small dictionaries that know none of the rules they check.

An order carries everything that is about it; stock, escrow and every balance are not kept but derived from the orders,
so that they cannot agree with the house by repeating its mistakes. States are WeChat Shop's numbers.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
TO_PAY, TO_CLAIM, TO_SHIP, PARTLY, TO_RECEIVE, DONE, DIVIDED, REFUNDED, CLOSED = 10, 12, 20, 21, 30, 100, 110, 200, 250
UNPAID, CLAIMABLE, CLAIMED, EXPIRED, GIVEN_BACK, CANCELLED = 0, 10, 20, 180, 181, 250
UNDECIDED = frozenset({"MERCHANT_PROCESSING", "USER_WAIT_RETURN", "MERCHANT_WAIT_RECEIPT"})
PAYING_BACK = "PLATFORM_REFUNDING"
MILLION = 1_000_000


class Piece(msgspec.Struct, frozen=True):
    """A line: so many of a style, how many left the shop, whose money went back, and which of those never left."""

    sku: int
    quantity: int
    price: int
    shipped: int = 0
    refunded: int = 0
    cancelled: int = 0

    @property
    def to_ship(self) -> int:
        return self.quantity - self.shipped - self.cancelled


class Case(msgspec.Struct, frozen=True):
    """An after-sale of the ``n``-th line. ``silent_at``: when silence moves it. Id 0: not seen yet.

    ``moves`` counts its steps, the opening too: each is told.
    """

    id: int
    n: int
    kind: str
    state: str
    quantity: int
    amount: int
    silent_at: datetime | None = None
    moves: int = 1


class Back(msgspec.Struct, frozen=True):
    """Money on its way back, or there. Case 0 is a whole order's; id 0: not seen yet."""

    why: str
    case_n: int
    amount: int
    done: bool = False
    id: int = 0


class Gift(msgspec.Struct, frozen=True):
    """What makes an order a gift: for a friend, for the members of the group, or for whoever has the link.

    ``claimers`` are who has a share of one for many, as they came. ``told_opened``: opened by a deed and not by a
    claim, which alone is told. ``how`` it ended: refused, withdrawn, expired or unpaid.
    """

    id: int
    recipient: int | None
    hours: int
    sku: int
    shares: int = 1
    to_group: bool = False
    state: int = UNPAID
    claimed_by: int | None = None
    claimers: tuple[int, ...] = ()
    opened: bool = False
    told_opened: bool = False
    expires_at: datetime | None = None
    how: str = ""

    @property
    def left(self) -> int:
        """Shares that nobody has."""
        return self.shares - len(self.claimers) - (self.claimed_by is not None)

    @property
    def face(self) -> tuple[Any, ...]:
        """What can be seen of it from outside."""
        who = (self.claimed_by, self.opened, self.recipient)
        return (self.state, *who, self.shares, self.claimers, self.how, self.told_opened)


class Order(msgspec.Struct, frozen=True):
    """An order with its payment, gift, after-sales and refunds.

    It may count as received from ``receive_from`` on and must at ``receive_at``: an open case puts that off by a day.
    ``closing``: the channel may be asked to close its payment. ``whole`` is the order of a gift for many of which this
    one is a claimed share: paid with it, and otherwise an order of its own.
    """

    id: int
    payer: int
    owner: int | None
    pieces: tuple[Piece, ...]
    freight: int
    pay_by: datetime
    state: int = TO_PAY
    intent: str = "open"
    intent_id: int = 0
    asked: bool = False
    closing: bool = False
    refunded: int = 0
    settled: bool = False
    received_at: datetime | None = None
    receive_from: datetime | None = None
    receive_at: datetime | None = None
    gift: Gift | None = None
    cases: tuple[Case, ...] = ()
    backs: tuple[Back, ...] = ()
    whole: int = 0
    parcels: int = 0

    @property
    def total(self) -> int:
        return self.freight + sum(piece.price * piece.quantity for piece in self.pieces)

    @property
    def divided(self) -> int:
        """What of it is with the orders of its claimed shares."""
        return 0 if self.gift is None else len(self.gift.claimers) * (self.total // self.gift.shares)

    @property
    def in_time(self) -> bool:
        """Whether it was paid before it was closed."""
        return self.intent == "captured" and not any(back.why == "late_payment" for back in self.backs)

    @property
    def is_undecided(self) -> bool:
        return any(case.state in UNDECIDED for case in self.cases)

    @property
    def face(self) -> tuple[Any, ...]:
        """What can be seen of it from outside, to be compared with what is seen."""
        gift = self.gift
        return (
            self.payer,
            self.owner,
            self.state,
            self.refunded,
            self.settled,
            self.intent,
            self.asked,
            tuple((one.sku, one.quantity, one.shipped, one.refunded, one.cancelled) for one in self.pieces),
            gift and gift.face,
            tuple((case.n, case.kind, case.state, case.quantity, case.amount) for case in self.cases),
            tuple(sorted((back.why, back.case_n, back.amount, back.done) for back in self.backs)),
            self.whole,
            self.parcels,
        )


class World(msgspec.Struct):
    """Everything. ``kept`` is who asked what with which key and was told yes; ``arrived`` the pieces that came.

    ``carts`` are pieces by person and style. ``links`` are the gifts whose links lived when those who race now began:
    one that was found is looked at again.
    """

    orders: dict[int, Order]
    arrived: Counter[int]
    kept: dict[tuple[int, str], Any]
    placed: int = 0
    links: frozenset[int] = frozenset()
    carts: dict[tuple[int, int], int] = {}

    def fork(self) -> World:
        return World(
            dict(self.orders), Counter(self.arrived), dict(self.kept), self.placed, self.links, dict(self.carts)
        )

    def put(self, order: Order) -> None:
        self.orders[order.id] = order

    def stock(self) -> dict[int, tuple[int, int]]:
        """On hand and held, a style: what arrived less what left; what open orders still have to send."""
        on_hand, held = Counter(self.arrived), Counter[int]()
        for order in self.orders.values():
            for piece in order.pieces:
                on_hand[piece.sku] -= piece.shipped
                if order.state in (TO_PAY, TO_CLAIM) and order.gift is not None:
                    held[piece.sku] += order.gift.left
                elif order.state in (TO_PAY, TO_SHIP, PARTLY):
                    held[piece.sku] += piece.to_ship
        return {sku: (on_hand[sku], held[sku]) for sku in self.arrived}

    def free(self, sku: int) -> int:
        on_hand, held = self.stock()[sku]
        return on_hand - held

    def accounts(self, fee_ppm: int) -> dict[str, tuple[int, int]]:
        """Every account's balance and what of it is held, from the orders alone."""
        sums, held = Counter[str](), 0
        for order in self.orders.values():
            if order.intent != "captured":
                continue
            kept = order.total - order.divided - order.refunded
            if not order.whole:
                sums["clearing"] -= order.total
            for back in order.backs:
                sums["clearing" if back.done else "refunds_due"] += back.amount
            if not order.settled:
                sums["escrow"] += kept
                continue
            fee = kept * fee_ppm // MILLION
            sums["fee"] += fee
            sums["shop"] += kept - fee
            for case in order.cases:
                if case.state in UNDECIDED:
                    held += max(0, case.amount - case.amount * fee_ppm // MILLION - 1)
        names = ("clearing", "refunds_due", "escrow", "fee", "shop")
        return {name: (sums[name], held if name == "shop" else 0) for name in names}


def changed(of: S, **fields: Any) -> S:
    """A copy with other fields."""
    return msgspec.structs.replace(of, **fields)
