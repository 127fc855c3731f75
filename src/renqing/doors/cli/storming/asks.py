"""What somebody asks, who and what there is, and the shapes of verdicts: what every judge of the model shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from renqing.doors.cli.storming.model import Order, World, changed

FOUND = "found"  # instead of a token: the link lived when it was looked up


class Ask(msgspec.Struct, frozen=True):
    """What somebody asks, in the storm's own words. ``case`` and ``quantity`` where the kind needs them."""

    kind: str
    who: int
    key: str
    order: int = 0
    lines: tuple[tuple[int, int], ...] = ()
    other: int | None = None
    quantity: int = 0
    n: int = 1
    case: int = 0
    how: str = ""
    token: str = ""
    is_far: bool = False
    shares: int = 1
    to_group: bool = False
    from_cart: bool = False


class Cast(msgspec.Struct, frozen=True):
    """Who and what there is: friends, a group's members, the shop's owner, prices in fen, freight.

    ``styles`` are of one product and price.
    """

    people: tuple[int, ...]
    friends: frozenset[tuple[int, int]]
    members: frozenset[int]
    owner: int
    prices: dict[int, int]
    styles: frozenset[int]
    freight: int
    fee_ppm: int


Outcome = tuple[str, World]
Judged = Callable[[Cast, World, Ask, datetime], list[Outcome]]


def yes(world: World, order: Order) -> list[Outcome]:
    """It is done, and this order is so."""
    after = world.fork()
    after.put(order)
    return [("ok", after)]


def place(world: World, order: Order) -> list[Outcome]:
    """A new order has a number of the model's own, below zero, until it is seen."""
    after = world.fork()
    after.placed += 1
    after.put(changed(order, id=-after.placed))
    return [("ok", after)]


def no(world: World, code: str) -> list[Outcome]:
    """It is refused, and all is as it was."""
    return [(code, world)]
