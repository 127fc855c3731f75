"""What people try next: drawn from the seed, mostly what makes sense, sometimes what nobody should be allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from renqing.doors.cli.storming.asks import Ask, Cast
from renqing.doors.cli.storming.model import (
    CLOSED,
    DONE,
    PARTLY,
    TO_CLAIM,
    TO_PAY,
    TO_RECEIVE,
    TO_SHIP,
    Case,
    Order,
    World,
    changed,
)
from renqing.foundation.ids import Chance

SILLY_PERCENT = 6
Maker = Callable[["Script", World], Ask | None]
_OF_CARTS = ("put_in_cart", "change_cart", "take_out")
_ANSWERABLE = ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT")


class Script:
    """Draws asks. ``said`` is everything that was asked, to be repeated; ``tokens`` the links that were seen."""

    def __init__(self, cast: Cast, chance: Chance) -> None:
        self.cast = cast
        self.chance = chance
        self.said: list[Ask] = []
        self.tokens: dict[int, str] = {}
        self._keys = 0

    def one(self, world: World) -> Ask:
        """Something that somebody asks now, with a fresh key."""
        while True:
            kind = self.chance.choices(list(_MAKERS), [weight for weight, _ in _MAKERS.values()])[0]
            ask = _MAKERS[kind][1](self, world)
            if ask is not None:
                self.said.append(ask)
                return ask

    def repeat(self) -> Ask | None:
        """Something that was asked before, with its key: the same, or another body."""
        kept = [ask for ask in self.said[-40:] if ask.kind != "start_payment"]
        if not kept:
            return None
        ask = self.chance.choice(kept)
        if self.chance.randrange(4):
            return ask
        other = self.chance.choice(kept)
        return changed(other, who=ask.who, key=ask.key)

    def rivals(self, world: World) -> list[Ask]:
        """Two or three asks about the same thing at once: mostly a gift, an order or a case, else the same pieces."""
        first = self.one(world)
        for _ in range(self.chance.randrange(4)):
            if first.order and first.kind != "start_payment":
                break
            first = self.one(world)
        if not first.order:
            return [first, *(self._again(first, world) for _ in range(1 + self.chance.randrange(2)))]
        order = world.orders[first.order]
        about = [maker for name, maker in _ABOUT.items() if name in _RIVALS.get(first.kind, ())]
        asks = [first]
        for _ in range(1 + self.chance.randrange(2)):
            other = self.chance.choice(about)(self, order) if about and self.chance.randrange(5) else first
            asks.append(other)
            self.said.append(other)
        return asks

    def _again(self, first: Ask, world: World) -> Ask:
        """The same key at the same time, another device at the same cart, or another person after the same pieces."""
        if not self.chance.randrange(3) or first.kind == "restock":
            return first
        if first.kind in _OF_CARTS or first.from_cart:
            ask = self.ask(self.chance.choice(_OF_CARTS), first.who, lines=(first.lines[0],), from_cart=False)
            if first.from_cart and self.chance.randrange(2):
                self._keys += 1
                ask = changed(first, key=f"k{self._keys}")
            self.said.append(ask)
            return ask
        sku = first.lines[0][0]
        ask = self.ask("check_out", self.chance.choice(self.cast.people), lines=((sku, self._pieces(world, sku)),))
        self.said.append(ask)
        return ask

    def _pieces(self, world: World, sku: int) -> int:
        return max(1, min(world.free(sku), 1 + self.chance.randrange(4)))

    def ask(self, kind: str, who: int, **said: Any) -> Ask:
        """An ask with a fresh key."""
        self._keys += 1
        return Ask(kind, who, f"k{self._keys}", **said)

    def somebody(self, right: int | None) -> int:
        """The right person, or now and then anybody."""
        if right is None or self.chance.randrange(100) < SILLY_PERCENT:
            return self.chance.choice(self.cast.people)
        return right

    def among(self, world: World, fits: Callable[[Order], bool]) -> Order | None:
        """An order that fits; now and then any at all. The late ones are drawn more often."""
        orders = list(world.orders.values())
        if self.chance.randrange(100) >= SILLY_PERCENT:
            orders = [order for order in orders if fits(order)]
        if not orders:
            return None
        return orders[-1 - min(self.chance.randrange(len(orders)), self.chance.randrange(len(orders)))]

    def to_pay(self, world: World, paid: frozenset[int]) -> Order | None:
        """An order that its payer may pay at the bank now: mostly one that waits, sometimes one that was closed."""
        late = not self.chance.randrange(6)
        return self.among(
            world,
            lambda order: (
                order.asked
                and order.intent_id not in paid
                and order.state == (CLOSED if late else TO_PAY)
                and order.intent_id > 0
            ),
        )


def _check_out(script: Script, _: World) -> Ask:
    chance = script.chance
    skus = chance.sample(list(script.cast.prices), 2 if chance.randrange(3) == 0 else 1)
    lines = tuple((sku, 1 + chance.randrange(2)) for sku in skus)
    return script.ask("check_out", chance.choice(script.cast.people), lines=lines, is_far=not chance.randrange(25))


def _order_cart(script: Script, world: World) -> Ask | None:
    """What lies in somebody's cart, whole or a line of it; now and then what another device saw before."""
    chance = script.chance
    who = chance.choice(sorted({person for person, _ in world.carts})) if world.carts else None
    if who is None:
        return None
    lines = [(sku, quantity) for (person, sku), quantity in world.carts.items() if person == who]
    lines = lines if chance.randrange(2) else lines[:1]
    if not chance.randrange(8):
        lines = [(sku, quantity + 1) for sku, quantity in lines]
    return script.ask("check_out", who, lines=tuple(lines), from_cart=True, is_far=_far(script))


def _cart_ask(kind: str) -> Maker:
    def make(script: Script, world: World) -> Ask:
        chance, cast = script.chance, script.cast
        who, sku = chance.choice(cast.people), chance.choice(list(cast.prices))
        if kind != "put_in_cart" and world.carts and chance.randrange(6):
            who, sku = chance.choice(sorted(world.carts))
        quantity = 1 + chance.randrange(2) if chance.randrange(12) else chance.choice((0, 998, 999, 1_000))
        return script.ask(kind, who, lines=((sku, quantity),))

    return make


def _give(script: Script, _: World) -> Ask:
    """For a friend; for the group or whoever has the link, of one share or several."""
    chance = script.chance
    an, bo, cai, stranger = script.cast.people
    giver = chance.choice((an, bo, cai))
    friends = [one for one in (an, bo, cai) if one != giver]
    to: int | None = chance.choice([*friends, *friends, None, None, None])
    shares, to_group = (1, False) if to else (1 + chance.randrange(4), not chance.randrange(3))
    if chance.randrange(100) < SILLY_PERCENT:
        to, giver = (chance.choice((giver, stranger)), giver) if chance.randrange(2) else (to, stranger)
    lines = ((chance.choice(list(script.cast.prices)), 1),)
    said = {"shares": shares, "to_group": to_group, "quantity": chance.choice((1, 1, 24, 72))}
    return script.ask("give", giver, lines=lines, other=to, **said)


def _restock(script: Script, _: World) -> Ask:
    lines = ((script.chance.choice(list(script.cast.prices)), 1 + script.chance.randrange(4)),)
    return script.ask("restock", script.somebody(script.cast.owner), lines=lines)


def _about(kind: str, fits: Callable[[Order], bool]) -> Maker:
    def make(script: Script, world: World) -> Ask | None:
        order = script.among(world, fits)
        return None if order is None else _ABOUT[kind](script, order)

    return make


def _gift_ask(kind: str) -> Callable[[Script, Order], Ask]:
    def make(script: Script, order: Order) -> Ask:
        gift, said = order.gift, {}
        right = None if gift is None else gift.claimed_by or gift.recipient
        if gift is not None and gift.to_group:
            right = script.chance.choice(sorted(script.cast.members - {order.payer}))
        token = script.tokens.get(order.id)
        if token and script.chance.randrange(4):
            said["token"] = token
            right = script.chance.choice(script.cast.people) if right is None else right
        if kind == "claim" and not script.chance.randrange(3):
            style = script.chance.choice([*script.cast.styles, *script.cast.prices])
            return script.ask(
                kind, script.somebody(right), order=order.id, lines=((style, 1),), is_far=_far(script), **said
            )
        return script.ask(kind, script.somebody(right), order=order.id, is_far=kind == "claim" and _far(script), **said)

    return make


def _far(script: Script) -> bool:
    return not script.chance.randrange(25)


def _ship(script: Script, order: Order) -> Ask:
    who = script.somebody(script.cast.owner)
    if script.chance.randrange(3):
        return script.ask("ship", who, order=order.id)
    n = 1 + script.chance.randrange(len(order.pieces))
    return script.ask("ship", who, order=order.id, n=n, quantity=1 + script.chance.randrange(2))


def _ask_aftersale(script: Script, order: Order) -> Ask:
    n = 1 + script.chance.randrange(len(order.pieces))
    piece = order.pieces[n - 1]
    quantity = 1 + script.chance.randrange(piece.quantity)
    how = "return" if piece.shipped and script.chance.randrange(3) else "refund"
    return script.ask("ask_aftersale", script.somebody(order.owner), order=order.id, n=n, quantity=quantity, how=how)


def _case(order: Order, states: Sequence[str]) -> Case | None:
    waiting = [case for case in order.cases if case.state in states] or list(order.cases)
    return waiting[-1] if waiting else None


def _answer(script: Script, order: Order) -> Ask:
    case = _case(order, _ANSWERABLE)
    how = script.chance.choice(("agree", "agree", "agree", "reject"))
    if case is not None and case.state == "MERCHANT_WAIT_RECEIPT" and script.chance.randrange(2):
        how = "back_to_stock"
    who = script.somebody(script.cast.owner)
    return script.ask("answer", who, order=order.id, case=0 if case is None else case.id, how=how)


def _of_case(kind: str, *states: str) -> Callable[[Script, Order], Ask]:
    def make(script: Script, order: Order) -> Ask:
        case = _case(order, states)
        return script.ask(kind, script.somebody(order.owner), order=order.id, case=0 if case is None else case.id)

    return make


_ABOUT: dict[str, Callable[[Script, Order], Ask]] = {
    "cancel": lambda script, order: script.ask("cancel", script.somebody(order.payer), order=order.id),
    "start_payment": lambda script, order: script.ask("start_payment", script.somebody(order.payer), order=order.id),
    "open": _gift_ask("open"),
    "claim": _gift_ask("claim"),
    "refuse": _gift_ask("refuse"),
    "withdraw": lambda script, order: script.ask("withdraw", script.somebody(order.payer), order=order.id),
    "ship": _ship,
    "receive": lambda script, order: script.ask("receive", script.somebody(order.owner), order=order.id),
    "ask_aftersale": _ask_aftersale,
    "answer": _answer,
    "send_back": _of_case("send_back", "USER_WAIT_RETURN"),
    "cancel_case": _of_case("cancel_case", "MERCHANT_PROCESSING", "USER_WAIT_RETURN"),
}
_RIVALS: dict[str, tuple[str, ...]] = {
    "cancel": ("cancel", "start_payment"),
    "start_payment": ("cancel", "start_payment"),
    "open": ("open", "claim", "withdraw", "refuse"),
    "claim": ("claim", "claim", "withdraw", "refuse", "open"),
    "refuse": ("claim", "withdraw", "refuse"),
    "withdraw": ("claim", "open", "withdraw", "refuse"),
    "ship": ("ship", "ask_aftersale"),
    "receive": ("receive", "ask_aftersale", "answer"),
    "ask_aftersale": ("ask_aftersale", "ship", "receive"),
    "answer": ("answer", "cancel_case", "receive"),
    "send_back": ("cancel_case", "send_back"),
    "cancel_case": ("answer", "cancel_case", "send_back"),
}


def _has_case(*states: str) -> Callable[[Order], bool]:
    return lambda order: any(case.state in states for case in order.cases)


def _in(*states: int) -> Callable[[Order], bool]:
    return lambda order: order.state in states


def _is_unasked(order: Order) -> bool:
    return order.state == TO_PAY and not order.asked


_MAKERS: dict[str, tuple[int, Maker]] = {
    "check_out": (14, _check_out),
    "give": (16, _give),
    "restock": (6, _restock),
    "put_in_cart": (6, _cart_ask("put_in_cart")),
    "change_cart": (2, _cart_ask("change_cart")),
    "take_out": (1, _cart_ask("take_out")),
    "order_cart": (5, _order_cart),
    "start_payment": (24, _about("start_payment", _is_unasked)),
    "cancel": (2, _about("cancel", _in(TO_PAY))),
    "open": (6, _about("open", _in(TO_CLAIM))),
    "claim": (24, _about("claim", _in(TO_CLAIM))),
    "refuse": (3, _about("refuse", _in(TO_CLAIM))),
    "withdraw": (4, _about("withdraw", _in(TO_CLAIM))),
    "ship": (14, _about("ship", _in(TO_SHIP, PARTLY))),
    "receive": (7, _about("receive", _in(TO_RECEIVE))),
    "ask_aftersale": (11, _about("ask_aftersale", _in(TO_SHIP, PARTLY, TO_RECEIVE, DONE))),
    "answer": (9, _about("answer", _has_case(*_ANSWERABLE))),
    "send_back": (6, _about("send_back", _has_case("USER_WAIT_RETURN"))),
    "cancel_case": (2, _about("cancel_case", _has_case("MERCHANT_PROCESSING", "USER_WAIT_RETURN"))),
}
