"""Whether what is seen is one of the worlds that may be, and which.

Where nobody but the askers acted every order must be exactly as the model says. Where the worker ran or the bank was
heard, an order may have moved by itself, and only by the moves that ``turns.by_itself`` lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import permutations

from renqing.doors.cli.storming import oracle, turns
from renqing.doors.cli.storming.asks import Ask, Cast
from renqing.doors.cli.storming.model import CLAIMABLE, Order, World
from renqing.doors.cli.storming.sight import Seen, SeenOrder, named
from renqing.doors.cli.storming.turns import Bank

MOVES_MAX = 6
TORN = "torn"


def worlds_after(
    cast: Cast, before: World, asks: Sequence[Ask], answers: Sequence[str], now: datetime, *, works: bool = False
) -> Iterator[World]:
    """Every world in which these asks, made at once, were answered so, one after the other in some order.

    Of one that was torn the answer is not known: it happened or it did not. ``works``: the deadlines that are due fell
    due somewhere among them.
    """
    keys = [(ask.who, ask.key) for ask in asks]
    if len(asks) > 1 or works:
        before = before.fork()
        before.links = frozenset(one.id for one in before.orders.values() if one.gift and one.gift.state == CLAIMABLE)
    deadlines = len(asks)
    for order in permutations(range(len(asks) + works)):
        worlds = [before]
        for place in order:
            if place == deadlines:
                worlds = [_after_deadlines(world, now) for world in worlds]
                continue
            ask, answer = asks[place], answers[place]
            after = [world for world in worlds if answer == TORN]
            for world in worlds:
                is_twin = keys.count(keys[place]) > 1
                for code, next_world in oracle.judge(cast, world, ask, now, is_twin=is_twin):
                    if answer in (TORN, code):
                        after.append(next_world)
            worlds = after
        yield from worlds


def _after_deadlines(world: World, now: datetime) -> World:
    """The world once every deadline that is due has fallen due; what takes the bank's word waits for the bank."""
    after = world.fork()
    for order in world.orders.values():
        moved = order
        for _ in range(MOVES_MAX):
            moved = next(turns.by_the_clock(moved, now), moved)
        after.put(moved)
    return after


class Judge:
    """Compares; ``now`` and ``bank`` are as they were while it happened.

    ``known`` remembers what was compared: an order that neither the model nor anybody moved is not compared again.
    """

    def __init__(
        self,
        cast: Cast,
        seen: Seen,
        now: datetime,
        bank: Bank,
        known: dict[int, tuple[bytes, Order]],
        *,
        moves_alone: bool,
    ) -> None:
        self._cast = cast
        self._seen = seen
        self._now = now
        self._bank = bank
        self._seen_before = known
        self._moves_alone = moves_alone
        self.why = "no answer like these is allowed"

    def fits(self, world: World) -> World | None:
        """The world with every order as it was seen to be, or None where that cannot be."""
        after = world.fork()
        after.links = frozenset()
        for order_id in [order_id for order_id in after.orders if order_id < 0]:
            del after.orders[order_id]
        new = [order for order in world.orders.values() if order.id < 0]
        for seen in self._seen.orders:
            known = world.orders.get(seen.id)
            raw, before = self._seen_before.get(seen.id, (b"", None))
            if known is not None and known is before and raw == bytes(seen.raw):
                continue
            order = self._new(new, seen) if known is None else self._known(known, seen)
            if order is None:
                return None
            after.put(order)
            self._seen_before[seen.id] = (bytes(seen.raw), order)
        if new or len(after.orders) != len(self._seen.orders):
            self.why = f"orders are missing: {[*new, *(after.orders.keys() - {one.id for one in self._seen.orders})]}"
            return None
        return after if self._adds_up(after) else None

    def _new(self, new: list[Order], seen: SeenOrder) -> Order | None:
        face = seen.face
        for order in new:
            if order.face == face:
                new.remove(order)
                return named(order, seen)
        self.why = f"nobody placed order {seen.id}: {face}"
        return None

    def _known(self, order: Order, seen: SeenOrder) -> Order | None:
        face = seen.face
        if order.face == face:
            return named(order, seen)
        found = self._moved(order, face, seen) if self._moves_alone else None
        if found is None:
            self.why = f"order {order.id} should be\n  {order.face}\nand is\n  {face}\nby {order}"
        return found

    def _moved(self, order: Order, face: object, seen: SeenOrder) -> Order | None:
        """The order after the fewest moves by itself that make it look so."""
        reached, tried = [order], 0
        while reached and tried < MOVES_MAX:
            nexts = []
            for one in reached:
                for after in turns.by_itself(_known_backs(one, seen), self._now, self._bank):
                    if after.face == face:
                        return named(after, seen)
                    nexts.append(after)
            reached, tried = nexts, tried + 1
        return None

    def _adds_up(self, world: World) -> bool:
        stock = {sku: (on_hand, held) for sku, on_hand, held in self._seen.stock}
        accounts = {name: (balance, held) for name, balance, held in self._seen.accounts if name != "person"}
        if any(balance or held for name, balance, held in self._seen.accounts if name == "person"):
            self.why = "money stays with a person that should pass through"
        elif self._seen.kept != world.kept.keys():
            self.why = f"answers are kept for other keys: {sorted(self._seen.kept ^ world.kept.keys())}"
        elif {(person, sku): quantity for person, sku, quantity in self._seen.carts} != world.carts:
            self.why = f"carts should be {world.carts} and are {self._seen.carts}"
        elif stock != world.stock():
            self.why = f"stock should be {world.stock()} and is {stock}"
        elif accounts != {
            name: level for name, level in world.accounts(self._cast.fee_ppm).items() if name in accounts or any(level)
        }:
            self.why = f"accounts should be {world.accounts(self._cast.fee_ppm)} and are {accounts}"
        else:
            return True
        return False


def _known_backs(order: Order, seen: SeenOrder) -> Order:
    """A refund that was asked and done within one step has its number before it is told to be done."""
    if all(back.id for back in order.backs):
        return order
    return named(order, seen) if len(order.cases) == len(seen.cases) else order
