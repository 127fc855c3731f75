"""What may be answered to a person, and what is so afterwards, as the documents promise it. Reads no rule of ours.

``judge`` gives every answer that is allowed: mostly one, several where the outside world has a say. A refusal leaves
the world as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from renqing.doors.cli.storming import turns
from renqing.doors.cli.storming.model import (
    CANCELLED,
    CLAIMABLE,
    CLAIMED,
    DONE,
    PARTLY,
    PAYING_BACK,
    TO_PAY,
    TO_RECEIVE,
    TO_SHIP,
    UNDECIDED,
    Case,
    Gift,
    Order,
    Piece,
    World,
    changed,
)


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


class Cast(msgspec.Struct, frozen=True):
    """Who and what there is: friends, the shop's owner, prices in fen, freight, and styles of one product and price."""

    people: tuple[int, ...]
    friends: frozenset[tuple[int, int]]
    owner: int
    prices: dict[int, int]
    styles: frozenset[int]
    freight: int
    fee_ppm: int


Outcome = tuple[str, World]
_NOT_KEPT = frozenset({"start_payment"})
_FOUND = "found"  # instead of a token: the link lived when it was looked up


def judge(cast: Cast, world: World, ask: Ask, now: datetime, *, is_twin: bool = False) -> list[Outcome]:
    """Every allowed answer with the world after it. A twin races with the same key: it may be told to come back."""
    known = world.kept.get((ask.who, ask.key))
    busy: list[Outcome] = [("key_in_use", world)] if is_twin else []
    if known is not None:
        return [("ok" if known == ask else "key_reused", world), *busy]
    found = _JUDGES[ask.kind](cast, world, ask, now)
    if ask.token and ask.order in world.links:  # it may have been found before another ended it
        found = found + _JUDGES[ask.kind](cast, world, changed(ask, token=_FOUND), now)
    for code, after in found:
        if code == "ok" and ask.kind not in _NOT_KEPT:
            after.kept[ask.who, ask.key] = ask
    return found + busy


def _yes(world: World, order: Order) -> list[Outcome]:
    after = world.fork()
    after.put(order)
    return [("ok", after)]


def _place(world: World, order: Order) -> list[Outcome]:
    """A new order has a number of the model's own, below zero, until it is seen."""
    after = world.fork()
    after.placed += 1
    after.put(changed(order, id=-after.placed))
    return [("ok", after)]


def _no(world: World, code: str) -> list[Outcome]:
    return [(code, world)]


def _check_out(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    if ask.is_far:
        return _no(world, "not_delivered")
    if any(world.free(sku) < quantity for sku, quantity in ask.lines):
        return _no(world, "stock_ran_out")
    pieces = tuple(Piece(sku, quantity, cast.prices[sku]) for sku, quantity in ask.lines)
    return _place(world, Order(0, ask.who, ask.who, pieces, cast.freight, now + turns.PAY_WITHIN))


def _give(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    if ask.other == ask.who:
        return _no(world, "gift_is_your_own")
    if ask.other is not None and (ask.who, ask.other) not in cast.friends:
        return _no(world, "recipient_not_reachable")
    ((sku, _),) = ask.lines
    if world.free(sku) < 1:
        return _no(world, "stock_ran_out")
    gift = Gift(0, ask.other, ask.quantity, sku)
    pieces = (Piece(sku, 1, cast.prices[sku]),)
    return _place(world, Order(0, ask.who, None, pieces, cast.freight, now + turns.PAY_WITHIN, gift=gift))


def _cancel(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.payer != ask.who:
        return _no(world, "order_unknown")
    if order.state != TO_PAY:
        return _no(world, "order_not_ready")
    return _yes(world, changed(order, closing=True) if order.asked else turns.close_unpaid(order))


def _start_payment(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.payer != ask.who:
        return _no(world, "payment_unknown")
    if order.intent != "open":
        return _no(world, "payment_over")
    after = _yes(world, changed(order, asked=True))[0][1]
    return [(code, after) for code in ("ok", "channel_silent", "channel_refused")]


def _sees(gift: Gift, order: Order, ask: Ask) -> bool:
    """By id a gift is found by who gave it, for whom it is and who has it; by its link while the link lives."""
    if ask.token:
        return gift.state == CLAIMABLE or ask.token == _FOUND
    return ask.who in (order.payer, gift.recipient, gift.claimed_by)


def _not_for(gift: Gift, order: Order, who: int) -> str:
    if who == order.payer:
        return "gift_is_your_own"
    return "gift_not_for_you" if gift.recipient not in (None, who) else ""


def _waits(gift: Gift, now: datetime) -> bool:
    return gift.state == CLAIMABLE and gift.expires_at is not None and now < gift.expires_at


def _open(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(gift, order, ask):
        return _no(world, "gift_not_available")
    why = _not_for(gift, order, ask.who) or ("" if _waits(gift, now) else "gift_not_available")
    return _no(world, why) if why else _yes(world, changed(order, gift=changed(gift, opened=True)))


def _claim(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(gift, order, ask):
        return _no(world, "gift_not_available")
    if gift.claimed_by == ask.who:
        after = world.fork()
        return [("ok", after)]
    why = _not_for(gift, order, ask.who) or ("" if _waits(gift, now) else "gift_not_available")
    if not why and ask.is_far:
        why = "gift_undeliverable"
    (piece,) = order.pieces
    wanted = ask.lines[0][0] if ask.lines else gift.sku
    if not why and wanted != gift.sku:
        why = "" if wanted in cast.styles and gift.sku in cast.styles else "style_not_offered"
        why = why or ("" if world.free(wanted) >= 1 else "stock_ran_out")
    if why:
        return _no(world, why)
    got = changed(gift, state=CLAIMED, claimed_by=ask.who, opened=True)  # who has it has opened it
    return _yes(world, changed(order, state=TO_SHIP, owner=ask.who, gift=got, pieces=(changed(piece, sku=wanted),)))


def _refuse(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(gift, order, ask):
        return _no(world, "gift_not_available")
    why = _not_for(gift, order, ask.who) or ("" if _waits(gift, now) else "gift_not_available")
    return _no(world, why) if why else _yes(world, turns.end_gift(order, CANCELLED))


def _withdraw(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or order.payer != ask.who or not _waits(gift, now):
        return _no(world, "gift_not_available")
    return _no(world, "gift_withdrawal_late") if gift.opened else _yes(world, turns.end_gift(order, CANCELLED))


def _ship(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if ask.who != cast.owner:
        return _no(world, "order_unknown")
    if order.state not in (TO_SHIP, PARTLY):
        return _no(world, "order_not_ready")
    asked = {case.n: case.quantity for case in order.cases if case.kind == "refund" and case.state in UNDECIDED}
    free = {n: piece.to_ship - asked.get(n, 0) for n, piece in enumerate(order.pieces, 1)}
    leaving = {ask.n: ask.quantity} if ask.quantity else {n: most for n, most in free.items() if most > 0}
    if not leaving or any(n in asked and quantity > free[n] for n, quantity in leaving.items()):
        return _no(world, "aftersale_open")
    if any(quantity > order.pieces[n - 1].to_ship for n, quantity in leaving.items()):
        return _no(world, "order_not_ready")
    return _yes(world, turns.ship(order, leaving, now))


def _receive(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.owner != ask.who:
        return _no(world, "order_unknown")
    return _yes(world, turns.receive(order, now)) if order.state == TO_RECEIVE else _no(world, "order_not_ready")


def _ask_aftersale(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:  # noqa: PLR0911 - in their order
    order = world.orders[ask.order]
    if order.owner != ask.who:
        return _no(world, "order_unknown")
    if order.state not in (TO_SHIP, PARTLY, TO_RECEIVE, DONE):
        return _no(world, "aftersale_not_yet")
    if order.received_at is not None and now > order.received_at + turns.AFTERSALE_WITHIN:
        return _no(world, "aftersale_too_late")
    piece = order.pieces[ask.n - 1]
    most = piece.quantity - piece.refunded
    if ask.how == "return":
        most = piece.shipped - (piece.refunded - piece.cancelled)
    if not 0 < ask.quantity <= most:
        return _no(world, "aftersale_quantity_not_valid")
    of_line = [case for case in order.cases if case.n == ask.n]
    if any(case.state in UNDECIDED or case.state == PAYING_BACK for case in of_line):
        return _no(world, "aftersale_open")
    if len(of_line) >= turns.CASES_MAX:
        return _no(world, "aftersale_too_many")
    amount = turns.worth(order, ask.n, ask.quantity)
    state = "MERCHANT_PROCESSING"
    case = Case(0, ask.n, ask.how, state, ask.quantity, amount, now + turns.ANSWER_WITHIN)
    return _yes(world, changed(order, cases=(*order.cases, case)))


def _case_of(order: Order, case_id: int) -> Case | None:
    return next((case for case in order.cases if case.id == case_id), None)


def _answer(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or ask.who != cast.owner:
        return _no(world, "aftersale_unknown")
    if ask.how == "back_to_stock" and case.state != "MERCHANT_WAIT_RECEIPT":
        return _no(world, "field_not_valid")
    if case.state not in ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT"):
        return _no(world, "aftersale_not_now")
    if ask.how == "reject":
        state = "MERCHANT_REJECT_REFUND" if case.kind == "refund" else "MERCHANT_REJECT_RETURN"
        return _yes(world, turns.move_case(order, case, state, None))
    ((code, after),) = _yes(world, turns.agree(order, case, now))
    if ask.how == "back_to_stock":
        after.arrived[order.pieces[case.n - 1].sku] += case.quantity
    return [(code, after)]


def _send_back(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or order.owner != ask.who:
        return _no(world, "aftersale_unknown")
    if case.state != "USER_WAIT_RETURN":
        return _no(world, "aftersale_not_now")
    return _yes(world, turns.move_case(order, case, "MERCHANT_WAIT_RECEIPT", now + turns.RECEIPT_WITHIN))


def _cancel_case(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or order.owner != ask.who:
        return _no(world, "aftersale_unknown")
    if case.state not in ("MERCHANT_PROCESSING", "USER_WAIT_RETURN"):
        return _no(world, "aftersale_not_now")
    return _yes(world, turns.move_case(order, case, "USER_CANCELD", None))


def _restock(cast: Cast, world: World, ask: Ask, _: datetime) -> list[Outcome]:
    if ask.who != cast.owner:
        return _no(world, "shop_unknown")
    after = world.fork()
    ((sku, quantity),) = ask.lines
    after.arrived[sku] += quantity
    return [("ok", after)]


_JUDGES: dict[str, Callable[[Cast, World, Ask, datetime], list[Outcome]]] = {
    "check_out": _check_out,
    "give": _give,
    "cancel": _cancel,
    "start_payment": _start_payment,
    "open": _open,
    "claim": _claim,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "ship": _ship,
    "receive": _receive,
    "ask_aftersale": _ask_aftersale,
    "answer": _answer,
    "send_back": _send_back,
    "cancel_case": _cancel_case,
    "restock": _restock,
}
