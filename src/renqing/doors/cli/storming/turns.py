"""How one order moves, in the model's own words: what people, the shop, the bank and the clock do to it.

``by_itself`` lists the moves that nobody asks for: a deadline, the bank's truth reaching us, a case that ends. A storm
explains what it sees after the worker ran by these, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from renqing.doors.cli.storming.model import (
    CANCELLED,
    CLAIMABLE,
    CLAIMED,
    CLOSED,
    DIVIDED,
    DONE,
    EXPIRED,
    GIVEN_BACK,
    PARTLY,
    PAYING_BACK,
    REFUNDED,
    TO_CLAIM,
    TO_PAY,
    TO_RECEIVE,
    TO_SHIP,
    Back,
    Case,
    Order,
    changed,
)

PAY_WITHIN = timedelta(minutes=15)
RECEIVE_AFTER = timedelta(days=10)
AFTERSALE_WITHIN = timedelta(days=7)
ANSWER_WITHIN = timedelta(days=2)
RETURN_WITHIN = timedelta(days=7)
RECEIPT_WITHIN = timedelta(days=10)
STEPS_ASIDE = timedelta(days=1)
CASES_MAX = 5


class Bank(msgspec.Struct, frozen=True):
    """The bank's truth: intents that were paid there, and refunds that it has given back."""

    paid: frozenset[int]
    given_back: frozenset[int]


def close_unpaid(order: Order) -> Order:
    """Nobody paid: order, intent and gift end."""
    gift = None if order.gift is None else changed(order.gift, state=CANCELLED, how="unpaid")
    return changed(order, state=CLOSED, intent="closed", gift=gift)


def capture(order: Order, now: datetime) -> Order:
    """The money came: in time the order goes on; too late, it goes straight back."""
    paid = changed(order, intent="captured")
    if order.state == CLOSED:
        return _all_back(paid, "late_payment")
    if order.gift is None:
        return changed(paid, state=TO_SHIP)
    gift = changed(order.gift, state=CLAIMABLE, expires_at=now + timedelta(hours=order.gift.hours))
    return changed(paid, state=TO_CLAIM, gift=gift)


def _all_back(order: Order, why: str) -> Order:
    rest = order.total - order.divided
    return changed(order, refunded=rest, backs=(*order.backs, Back(why, 0, rest)))


def end_gift(order: Order, how: str) -> Order:
    """Nobody keeps it, or all of it: the giver gets back what no share took, once; claimed shares stay."""
    assert order.gift is not None, "a gift's order has a gift"
    gift = changed(order.gift, state=EXPIRED if how == "expired" else CANCELLED, how=how)
    return _all_back(changed(order, state=DIVIDED if gift.claimers else CLOSED, gift=gift), "gift")


def share_out(order: Order, who: int) -> tuple[Order, Order]:
    """One more share of a gift for many is claimed: its order, and the new order that the share is from now on."""
    assert order.gift is not None, "a gift's order has a gift"
    claimed = changed(order.gift, claimers=(*order.gift.claimers, who), opened=True)  # who has it has opened it
    gift = claimed if claimed.left else changed(claimed, state=CLAIMED)
    (piece,) = order.pieces
    share = changed(
        Order(0, order.payer, who, (changed(piece, quantity=1),), order.freight // gift.shares, order.pay_by),
        state=TO_SHIP,
        intent="captured",
        asked=True,
        whole=order.id,
    )
    return changed(order, gift=gift, state=TO_CLAIM if gift.left else DIVIDED), share


def ship(order: Order, leaving: dict[int, int], now: datetime) -> Order:
    """Pieces leave; with the last of them the days begin after which it counts as received."""
    pieces = tuple(changed(piece, shipped=piece.shipped + leaving.get(n, 0)) for n, piece in enumerate(order.pieces, 1))
    after = changed(order, pieces=pieces, state=PARTLY, parcels=order.parcels + 1)
    return after if any(piece.to_ship for piece in pieces) else _to_receive(after, now)


def _to_receive(order: Order, now: datetime) -> Order:
    due = now + RECEIVE_AFTER
    return changed(order, state=TO_RECEIVE, receive_from=due, receive_at=due)


def receive(order: Order, now: datetime) -> Order:
    """The goods are there: the shop has its money."""
    is_settled = order.settled or order.refunded < order.total
    return changed(order, state=DONE, received_at=now, receive_from=None, receive_at=None, settled=is_settled)


def worth(order: Order, n: int, quantity: int) -> int:
    """What goes back for pieces: their price, and the freight with the last of an order of which nothing ever left."""
    goods = order.pieces[n - 1].price * quantity
    left = sum(piece.quantity - piece.refunded for piece in order.pieces) - quantity
    nothing_left_the_shop = not any(piece.shipped for piece in order.pieces)
    return goods + (order.freight if nothing_left_the_shop and left == 0 else 0)


def move_case(order: Order, case: Case, state: str, silent_at: datetime | None, amount: int | None = None) -> Order:
    """A case goes on or ends; its amount is final once the money goes."""
    final = case.amount if amount is None else amount
    moved = changed(case, state=state, silent_at=silent_at, amount=final, moves=case.moves + 1)
    return changed(order, cases=tuple(moved if one is case else one for one in order.cases))


def agree(order: Order, case: Case, now: datetime) -> Order:
    """The shop agrees: a return waits for the goods, else the money goes back."""
    if case.kind == "return" and case.state == "MERCHANT_PROCESSING":
        return move_case(order, case, "USER_WAIT_RETURN", now + RETURN_WITHIN)
    amount = worth(order, case.n, case.quantity)
    moved = move_case(order, case, PAYING_BACK, None, amount)
    piece = moved.pieces[case.n - 1]
    never_left = 0 if case.kind == "return" else min(case.quantity, piece.to_ship)
    piece = changed(piece, refunded=piece.refunded + case.quantity, cancelled=piece.cancelled + never_left)
    pieces = (*moved.pieces[: case.n - 1], piece, *moved.pieces[case.n :])
    backs = (*moved.backs, Back("aftersale", order.cases.index(case) + 1, amount))
    moved = changed(moved, pieces=pieces, backs=backs, refunded=moved.refunded + amount)
    if all(one.refunded == one.quantity for one in pieces):
        is_settled = moved.settled or moved.refunded < moved.total
        return changed(moved, state=REFUNDED, receive_from=None, receive_at=None, settled=is_settled)
    if moved.state == PARTLY and not any(one.to_ship for one in pieces):
        return _to_receive(moved, now)
    return moved


def by_the_clock(order: Order, now: datetime) -> Iterator[Order]:
    """Every single move that a deadline makes."""
    if order.state == TO_PAY and order.pay_by <= now and not order.asked:
        yield close_unpaid(order)
    if order.state == TO_CLAIM and order.gift is not None and _is_past(order.gift.expires_at, now):
        yield end_gift(order, "expired")
    if order.state == TO_RECEIVE and _is_past(order.receive_from, now) and not order.is_undecided:
        yield receive(order, now)
    for case in order.cases:
        if _is_past(case.silent_at, now):
            gives_up = case.state == "USER_WAIT_RETURN"
            yield move_case(order, case, "RETURN_CLOSED", None) if gives_up else agree(order, case, now)


def by_itself(order: Order, now: datetime, bank: Bank) -> Iterator[Order]:
    """Every single move that may happen to this order without anybody's asking: by the clock, or by the bank's word."""
    yield from by_the_clock(order, now)
    is_paid = order.intent_id in bank.paid
    if is_paid and order.intent != "captured":
        yield capture(order, now)
    if not is_paid and order.state == TO_PAY and order.asked and (order.closing or order.pay_by <= now):
        yield close_unpaid(order)
    yield from _refunds(order, bank)


def _refunds(order: Order, bank: Bank) -> Iterator[Order]:
    for place, back in enumerate(order.backs):
        if not back.done and back.id in bank.given_back:
            backs = (*order.backs[:place], changed(back, done=True), *order.backs[place + 1 :])
            gift = order.gift
            if gift is not None and back.why == "gift" and gift.state == EXPIRED:
                gift = changed(gift, state=GIVEN_BACK)
            yield changed(order, backs=backs, gift=gift)
    for place, case in enumerate(order.cases, 1):
        if case.state == PAYING_BACK and any(back.case_n == place and back.done for back in order.backs):
            ended = "MERCHANT_REFUND_SUCCESS" if case.kind == "refund" else "MERCHANT_RETURN_SUCCESS"
            yield move_case(order, case, ended, None)


def put_off(order: Order, now: datetime, *, was_undecided: bool) -> Order:
    """What the worker may have done that nobody sees: asked the channel to close, waited for an open case."""
    if order.state == TO_PAY and order.asked and order.pay_by <= now:
        return changed(order, closing=True)
    if order.state == TO_RECEIVE and _is_past(order.receive_at, now) and (was_undecided or order.is_undecided):
        return changed(order, receive_at=now + STEPS_ASIDE)
    return order


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def overdue(order: Order, now: datetime) -> str:
    """What of this order should have happened once the worker has run to its end; nothing where all has."""
    if order.state == TO_PAY and not order.asked and order.pay_by <= now:
        return "was not closed when its time to pay was over"
    if order.state == TO_CLAIM and order.gift is not None and _is_past(order.gift.expires_at, now):
        return "is a gift past its time that did not expire"
    if order.state == TO_RECEIVE and _is_past(order.receive_at, now) and not order.is_undecided:
        return "does not count as received though its days are over"
    if any(_is_past(case.silent_at, now) for case in order.cases):
        return "has an after-sale past its silence"
    return ""
