"""What may be answered to a person, and what is so afterwards, as the documents promise it. Reads no rule of ours.

``judge`` gives every answer that is allowed: mostly one, several where the outside world has a say. A refusal leaves
the world as it was.
"""

from __future__ import annotations

from datetime import datetime

from renqing.doors.cli.storming import gift_oracle, turns
from renqing.doors.cli.storming.asks import FOUND, Ask, Cast, Judged, Outcome, no, place, yes
from renqing.doors.cli.storming.model import (
    DONE,
    PARTLY,
    PAYING_BACK,
    TO_PAY,
    TO_RECEIVE,
    TO_SHIP,
    UNDECIDED,
    Case,
    Order,
    Piece,
    World,
    changed,
)

CART_PIECES_MAX = 999
_NOT_KEPT = frozenset({"start_payment"})


def judge(cast: Cast, world: World, ask: Ask, now: datetime, *, is_twin: bool = False) -> list[Outcome]:
    """Every allowed answer with the world after it. A twin races with the same key: it may be told to come back."""
    known = world.kept.get((ask.who, ask.key))
    busy: list[Outcome] = [("key_in_use", world)] if is_twin else []
    if known is not None:
        return [("ok" if known == ask else "key_reused", world), *busy]
    found = _JUDGES[ask.kind](cast, world, ask, now)
    if ask.token and ask.order in world.links:  # it may have been found before another ended it
        found = found + _JUDGES[ask.kind](cast, world, changed(ask, token=FOUND), now)
    for code, after in found:
        if code == "ok" and ask.kind not in _NOT_KEPT:
            after.kept[ask.who, ask.key] = ask
    return found + busy


def _check_out(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    if any(quantity > CART_PIECES_MAX for _, quantity in ask.lines):
        return no(world, "field_not_valid")
    if ask.is_far:
        return no(world, "not_delivered")
    if ask.from_cart and any(world.carts.get((ask.who, sku)) != quantity for sku, quantity in ask.lines):
        return no(world, "cart_changed")
    if any(world.free(sku) < quantity for sku, quantity in ask.lines):
        return no(world, "stock_ran_out")
    pieces = tuple(Piece(sku, quantity, cast.prices[sku]) for sku, quantity in ask.lines)
    ((code, after),) = place(world, Order(0, ask.who, ask.who, pieces, cast.freight, now + turns.PAY_WITHIN))
    for sku, _ in ask.lines if ask.from_cart else ():
        del after.carts[ask.who, sku]
    return [(code, after)]


def _cancel(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.payer != ask.who:
        return no(world, "order_unknown")
    if order.state != TO_PAY:
        return no(world, "order_not_ready")
    return yes(world, changed(order, closing=True) if order.asked else turns.close_unpaid(order))


def _start_payment(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.payer != ask.who or order.whole:  # a share was paid with its whole
        return no(world, "payment_unknown")
    if order.intent != "open":
        return no(world, "payment_over")
    after = yes(world, changed(order, asked=True))[0][1]
    return [(code, after) for code in ("ok", "channel_silent", "channel_refused")]


def _ship(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if ask.who != cast.owner:
        return no(world, "order_unknown")
    if order.state not in (TO_SHIP, PARTLY):
        return no(world, "order_not_ready")
    asked = {case.n: case.quantity for case in order.cases if case.kind == "refund" and case.state in UNDECIDED}
    free = {n: piece.to_ship - asked.get(n, 0) for n, piece in enumerate(order.pieces, 1)}
    leaving = {ask.n: ask.quantity} if ask.quantity else {n: most for n, most in free.items() if most > 0}
    if not leaving or any(n in asked and quantity > free[n] for n, quantity in leaving.items()):
        return no(world, "aftersale_open")
    if any(quantity > order.pieces[n - 1].to_ship for n, quantity in leaving.items()):
        return no(world, "order_not_ready")
    return yes(world, turns.ship(order, leaving, now))


def _receive(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    if order.owner != ask.who:
        return no(world, "order_unknown")
    return yes(world, turns.receive(order, now)) if order.state == TO_RECEIVE else no(world, "order_not_ready")


def _ask_aftersale(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:  # noqa: PLR0911 - in their order
    order = world.orders[ask.order]
    if order.owner != ask.who:
        return no(world, "order_unknown")
    if order.state not in (TO_SHIP, PARTLY, TO_RECEIVE, DONE):
        return no(world, "aftersale_not_yet")
    if order.received_at is not None and now > order.received_at + turns.AFTERSALE_WITHIN:
        return no(world, "aftersale_too_late")
    piece = order.pieces[ask.n - 1]
    most = piece.quantity - piece.refunded
    if ask.how == "return":
        most = piece.shipped - (piece.refunded - piece.cancelled)
    if not 0 < ask.quantity <= most:
        return no(world, "aftersale_quantity_not_valid")
    of_line = [case for case in order.cases if case.n == ask.n]
    if any(case.state in UNDECIDED or case.state == PAYING_BACK for case in of_line):
        return no(world, "aftersale_open")
    if len(of_line) >= turns.CASES_MAX:
        return no(world, "aftersale_too_many")
    amount = turns.worth(order, ask.n, ask.quantity)
    state = "MERCHANT_PROCESSING"
    case = Case(0, ask.n, ask.how, state, ask.quantity, amount, now + turns.ANSWER_WITHIN)
    return yes(world, changed(order, cases=(*order.cases, case)))


def _case_of(order: Order, case_id: int) -> Case | None:
    return next((case for case in order.cases if case.id == case_id), None)


def _answer(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or ask.who != cast.owner:
        return no(world, "aftersale_unknown")
    if ask.how == "back_to_stock" and case.state != "MERCHANT_WAIT_RECEIPT":
        return no(world, "field_not_valid")
    if case.state not in ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT"):
        return no(world, "aftersale_not_now")
    if ask.how == "reject":
        state = "MERCHANT_REJECT_REFUND" if case.kind == "refund" else "MERCHANT_REJECT_RETURN"
        return yes(world, turns.move_case(order, case, state, None))
    ((code, after),) = yes(world, turns.agree(order, case, now))
    if ask.how == "back_to_stock":
        after.arrived[order.pieces[case.n - 1].sku] += case.quantity
    return [(code, after)]


def _send_back(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or order.owner != ask.who:
        return no(world, "aftersale_unknown")
    if case.state != "USER_WAIT_RETURN":
        return no(world, "aftersale_not_now")
    return yes(world, turns.move_case(order, case, "MERCHANT_WAIT_RECEIPT", now + turns.RECEIPT_WITHIN))


def _cancel_case(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    order = world.orders[ask.order]
    case = _case_of(order, ask.case)
    if case is None or order.owner != ask.who:
        return no(world, "aftersale_unknown")
    if case.state not in ("MERCHANT_PROCESSING", "USER_WAIT_RETURN"):
        return no(world, "aftersale_not_now")
    return yes(world, turns.move_case(order, case, "USER_CANCELD", None))


def _restock(cast: Cast, world: World, ask: Ask, _: datetime) -> list[Outcome]:
    if ask.who != cast.owner:
        return no(world, "shop_unknown")
    after = world.fork()
    ((sku, quantity),) = ask.lines
    after.arrived[sku] += quantity
    return [("ok", after)]


def _put_in_cart(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    ((sku, quantity),) = ask.lines
    if not 0 < quantity <= CART_PIECES_MAX:
        return no(world, "field_not_valid")
    pieces = world.carts.get((ask.who, sku), 0) + quantity
    return no(world, "too_many_pieces") if pieces > CART_PIECES_MAX else _cart(world, ask.who, sku, pieces)


def _change_cart(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    ((sku, quantity),) = ask.lines
    if not 0 < quantity <= CART_PIECES_MAX:
        return no(world, "field_not_valid")
    known = (ask.who, sku) in world.carts
    return _cart(world, ask.who, sku, quantity) if known else no(world, "cart_line_unknown")


def _take_out(_: Cast, world: World, ask: Ask, __: datetime) -> list[Outcome]:
    ((sku, _n),) = ask.lines
    return _cart(world, ask.who, sku, 0) if (ask.who, sku) in world.carts else no(world, "cart_line_unknown")


def _cart(world: World, who: int, sku: int, pieces: int) -> list[Outcome]:
    after = world.fork()
    after.carts[who, sku] = pieces
    if not pieces:
        del after.carts[who, sku]
    return [("ok", after)]


_JUDGES: dict[str, Judged] = {
    "check_out": _check_out,
    "give": gift_oracle.give,
    "cancel": _cancel,
    "start_payment": _start_payment,
    "open": gift_oracle.open_gift,
    "claim": gift_oracle.claim,
    "refuse": gift_oracle.refuse,
    "withdraw": gift_oracle.withdraw,
    "ship": _ship,
    "receive": _receive,
    "ask_aftersale": _ask_aftersale,
    "answer": _answer,
    "send_back": _send_back,
    "cancel_case": _cancel_case,
    "restock": _restock,
    "put_in_cart": _put_in_cart,
    "change_cart": _change_cart,
    "take_out": _take_out,
}
