"""Who may ask for what, how much goes back, and how a case moves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from renqing.trade.aftersales.model import (
    ANSWER_CHARACTERS_MAX,
    MOVES,
    REASON_CHARACTERS_MAX,
    AftersaleNothingPaid,
    AftersaleNotNow,
    AftersaleNotYet,
    AftersaleQuantityNotValid,
    AftersaleReasonNotValid,
    AftersaleTooLate,
    AftersaleUnknown,
    Case,
    Kind,
    NewCase,
    Ordered,
    OrderedLine,
    State,
    Step,
)

# WeChat Shop's order states in which something was paid for and belongs to somebody
_TO_SHIP, _PARTLY_SHIPPED, _TO_RECEIVE, _DONE = 20, 21, 30, 100
_MAY_OPEN = frozenset({_TO_SHIP, _PARTLY_SHIPPED, _TO_RECEIVE, _DONE})
_SILENCE = {State.PROCESSING: Step.AGREE, State.WAIT_RECEIPT: Step.AGREE, State.WAIT_RETURN: Step.GIVE_UP}


def pieces_left(line: OrderedLine, kind: Kind) -> int:
    """How many pieces of a line can still be asked for: any that is not refunded; to return, one that was shipped."""
    if kind is Kind.RETURN:
        return line.shipped - (line.refunded - line.cancelled)
    return line.quantity - line.refunded


def check_may_open(
    order: Ordered, line: OrderedLine, asker_id: int, ask: NewCase, within_days: int, now: datetime
) -> None:
    """Raises what forbids this person to open this case now; others than the owner learn nothing.

    The owner of a gift is its recipient: only they open its after-sales, as on WeChat (its in-app rules, 2.1).
    """
    if order.owner_id != asker_id:
        raise AftersaleUnknown
    if line.unit_price == 0:
        raise AftersaleNothingPaid
    if order.state not in _MAY_OPEN:
        raise AftersaleNotYet(state=order.state)
    if order.received_at is not None and now > order.received_at + timedelta(days=within_days):
        raise AftersaleTooLate(n=within_days)
    most = pieces_left(line, ask.kind)
    if not 0 < ask.quantity <= most:
        raise AftersaleQuantityNotValid(max=most)
    if not 0 < len(ask.reason.strip()) <= REASON_CHARACTERS_MAX:
        raise AftersaleReasonNotValid(field="reason", max=REASON_CHARACTERS_MAX)


def check_answer(answer: str) -> None:
    """Raises AftersaleReasonNotValid for an answer that is too long."""
    if len(answer) > ANSWER_CHARACTERS_MAX:
        raise AftersaleReasonNotValid(field="answer", max=ANSWER_CHARACTERS_MAX)


def refund_amount(order: Ordered, lines: Sequence[OrderedLine], line_n: int, quantity: int) -> int:
    """What goes back for pieces of a line: their price, and freight with the last piece of an order that never left.

    What came back of their price already, because they were late, does not come back again.
    """
    by_n = {line.n: line for line in lines}
    goods = by_n[line_n].unit_price * quantity - _came_back(by_n[line_n], quantity)
    nothing_left = any(line.shipped for line in lines)
    left = sum(line.quantity - line.refunded for line in lines) - quantity
    return goods if nothing_left or left else goods + order.freight_amount


def _came_back(line: OrderedLine, quantity: int) -> int:
    """What lateness gave back of the price of the next ``quantity`` pieces; over all of them it adds up exactly."""
    if not line.late_amount:
        return 0
    gone = line.refunded - (line.quantity - line.late_of)
    return line.late_amount * (gone + quantity) // line.late_of - line.late_amount * gone // line.late_of


def state_after(case: Case, step: Step) -> State:
    """Where this step leads. Raises AftersaleNotNow where the table has no such edge."""
    to = MOVES.get((case.state, case.kind, step))
    if to is None:
        raise AftersaleNotNow(state=case.state.value)
    return to


def step_of_silence(case: Case) -> Step | None:
    """What silence means: the shop's is consent, the owner's gives up the return. None: nobody's turn any more."""
    return _SILENCE.get(case.state)


def days_of_silence(state: State, *, answer_days: int, return_days: int, receipt_days: int) -> int | None:
    """How many days whoever's turn it is has; None where it is nobody's."""
    return {State.PROCESSING: answer_days, State.WAIT_RETURN: return_days, State.WAIT_RECEIPT: receipt_days}.get(state)
