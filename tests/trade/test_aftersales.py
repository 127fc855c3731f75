"""After-sales cases: the state table, who may ask for what, and how much goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import verdict

from renqing.foundation.errors import Refusal
from renqing.foundation.text import knows
from renqing.trade import aftersales
from renqing.trade.aftersales import AftersaleNothingPaid, Case, Kind, NewCase, Ordered, OrderedLine, State, Step, rules
from renqing.trade.aftersales.model import MOVES

OWNER, GIVER = 7, 8
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LINE = OrderedLine(n=1, sku_id=11, quantity=3, unit_price=1000, shipped=0, refunded=0, cancelled=0)
ORDER = Ordered(order_id=1, shop_id=2, owner_id=OWNER, payer_id=GIVER, state=20, freight_amount=600, received_at=None)


def _case(kind: Kind, state: State = State.PROCESSING) -> Case:
    return Case(
        id=5,
        order_id=1,
        line_n=1,
        shop_id=2,
        owner_id=OWNER,
        kind=kind,
        state=state,
        quantity=1,
        amount=1000,
        reason="碎了",
        answer="",
        return_carrier="",
        return_tracking_number="",
        opened_at=NOON,
        changed_at=NOON,
    )


def test_every_state_is_reachable_and_no_edge_leads_back() -> None:
    reached = {(State.PROCESSING, kind) for kind in Kind}
    order = [State.PROCESSING, State.WAIT_RETURN, State.WAIT_RECEIPT, State.REFUNDING]
    while more := {(to, kind) for (at, kind, _), to in MOVES.items() if (at, kind) in reached} - reached:
        reached |= more
    assert {state for state, _ in reached} == set(State)
    assert {(at, kind) for at, kind, _ in MOVES} <= reached, "an edge that nothing can take"
    for (at, _, _), to in MOVES.items():
        assert to not in order or order.index(to) > order.index(at)


def test_what_is_not_in_the_table_is_refused() -> None:
    for kind in Kind:
        for state in State:
            for step in Step:
                to = MOVES.get((state, kind, step))
                if to is None:
                    with pytest.raises(aftersales.AftersaleNotNow):
                        rules.state_after(_case(kind, state), step)
                else:
                    assert rules.state_after(_case(kind, state), step) is to


def test_open_states_are_those_that_can_move() -> None:
    assert {at for at, _, _ in MOVES} == aftersales.OPEN
    assert aftersales.OPEN - {State.REFUNDING} == aftersales.UNDECIDED


def test_silence_ends_every_wait() -> None:
    waits = {state: rules.days_of_silence(state, answer_days=2, return_days=7, receipt_days=10) for state in State}
    assert {state: days for state, days in waits.items() if days} == {
        State.PROCESSING: 2,
        State.WAIT_RETURN: 7,
        State.WAIT_RECEIPT: 10,
    }
    for state in State:
        step = rules.step_of_silence(_case(Kind.RETURN, state))
        assert (step is not None) == (waits[state] is not None)
        if step is not None:
            assert rules.state_after(_case(Kind.RETURN, state), step)


@pytest.mark.parametrize("asker", [GIVER, 99, 0])
def test_only_the_owner_opens_a_case(asker: int) -> None:
    with pytest.raises(aftersales.AftersaleUnknown):
        rules.check_may_open(ORDER, LINE, asker, NewCase(1, Kind.REFUND, 1, "不想要了"), 7, NOON)


def test_a_gift_that_nobody_claimed_has_no_aftersales() -> None:
    unclaimed = msgspec.structs.replace(ORDER, owner_id=None, state=12)
    with pytest.raises(aftersales.AftersaleUnknown):
        rules.check_may_open(unclaimed, LINE, GIVER, NewCase(1, Kind.REFUND, 1, "不想要了"), 7, NOON)


@pytest.mark.parametrize("state", [10, 12, 200, 250])
def test_an_order_that_is_not_paid_or_is_over_has_none_either(state: int) -> None:
    with pytest.raises(aftersales.AftersaleNotYet):
        rules.check_may_open(
            msgspec.structs.replace(ORDER, state=state), LINE, OWNER, NewCase(1, Kind.REFUND, 1, "不想要了"), 7, NOON
        )


def test_the_days_after_receipt_are_counted_to_the_instant() -> None:
    done = msgspec.structs.replace(ORDER, state=100, received_at=NOON)
    ask = NewCase(1, Kind.REFUND, 1, "不想要了")
    rules.check_may_open(done, LINE, OWNER, ask, 7, NOON + timedelta(days=7))
    with pytest.raises(aftersales.AftersaleTooLate):
        rules.check_may_open(done, LINE, OWNER, ask, 7, NOON + timedelta(days=7, microseconds=1))


@pytest.mark.parametrize(
    ("shipped", "refunded", "cancelled", "to_refund", "to_return"),
    [
        (0, 0, 0, 3, 0),  # nothing has left: nothing to return
        (1, 0, 0, 3, 1),
        (3, 0, 0, 3, 3),
        (2, 1, 1, 2, 2),  # the refunded piece never left
        (3, 1, 0, 2, 2),  # it did
        (3, 3, 0, 0, 0),
        (0, 3, 3, 0, 0),
    ],
)
def test_a_piece_is_asked_for_once(shipped: int, refunded: int, cancelled: int, to_refund: int, to_return: int) -> None:
    line = msgspec.structs.replace(LINE, shipped=shipped, refunded=refunded, cancelled=cancelled)
    for kind, most in ((Kind.REFUND, to_refund), (Kind.RETURN, to_return)):
        assert rules.pieces_left(line, kind) == most
        for quantity in (-1, 0, most + 1):
            with pytest.raises(aftersales.AftersaleQuantityNotValid):
                rules.check_may_open(ORDER, line, OWNER, NewCase(1, kind, quantity, "不想要了"), 7, NOON)
        if most:
            rules.check_may_open(ORDER, line, OWNER, NewCase(1, kind, most, "不想要了"), 7, NOON)


@pytest.mark.parametrize(
    ("order", "asks", "refusal", "facts"),
    [
        ({"state": 10}, {}, aftersales.AftersaleNotYet, {"state": 10}),
        ({"received_at": NOON - timedelta(days=8)}, {}, aftersales.AftersaleTooLate, {"n": 7}),
        ({}, {"quantity": 4}, aftersales.AftersaleQuantityNotValid, {"max": 3}),
        ({}, {"reason": "长" * 201}, aftersales.AftersaleReasonNotValid, {"field": "reason", "max": 200}),
    ],
)
def test_a_refused_ask_says_what_would_be_right(
    order: dict[str, Any], asks: dict[str, Any], refusal: type[Refusal], facts: dict[str, Any]
) -> None:
    ask = msgspec.structs.replace(NewCase(1, Kind.REFUND, 1, "碎了"), **asks)
    with pytest.raises(refusal) as refused:
        rules.check_may_open(msgspec.structs.replace(ORDER, **order), LINE, OWNER, ask, 7, NOON)
    assert refused.value.facts == facts


def test_an_answer_may_be_empty_and_is_short() -> None:
    for answer in ("", "长" * 200):
        rules.check_answer(answer)
    with pytest.raises(aftersales.AftersaleReasonNotValid) as refused:
        rules.check_answer("长" * 201)
    assert refused.value.facts == {"field": "answer", "max": 200}


def test_a_step_that_is_not_in_the_table_names_the_state() -> None:
    with pytest.raises(aftersales.AftersaleNotNow) as refused:
        rules.state_after(_case(Kind.REFUND), Step.SEND_BACK)
    assert refused.value.facts == {"state": State.PROCESSING.value}


@pytest.mark.parametrize("reason", ["", "   ", "长" * 201])
def test_a_reason_is_said_and_short(reason: str) -> None:
    with pytest.raises(aftersales.AftersaleReasonNotValid):
        rules.check_may_open(ORDER, LINE, OWNER, NewCase(1, Kind.REFUND, 1, reason), 7, NOON)
    for said in ("碎", "长" * 200, f" {'长' * 200} "):
        rules.check_may_open(ORDER, LINE, OWNER, NewCase(1, Kind.REFUND, 1, said), 7, NOON)


@pytest.mark.parametrize(
    ("shipped", "refunded", "quantity", "amount"),
    [
        (0, 0, 1, 1000),  # a part of the order: no freight
        (0, 0, 3, 3600),  # all of it, nothing left: freight too
        (0, 2, 1, 1600),  # the last piece takes the freight along
        (1, 0, 3, 3000),  # something left: freight was used
        (3, 0, 3, 3000),
    ],
)
def test_freight_goes_back_with_the_last_piece_of_what_never_left(
    shipped: int, refunded: int, quantity: int, amount: int
) -> None:
    line = msgspec.structs.replace(LINE, shipped=shipped, refunded=refunded, cancelled=refunded)
    assert rules.refund_amount(ORDER, [line], 1, quantity) == amount


def test_another_line_that_is_still_there_keeps_the_freight() -> None:
    other = msgspec.structs.replace(LINE, n=2, unit_price=500)
    assert rules.refund_amount(ORDER, [LINE, other], 1, 3) == 3000
    gone = msgspec.structs.replace(other, refunded=3, cancelled=3)
    assert rules.refund_amount(ORDER, [LINE, gone], 1, 3) == 3600


@pytest.mark.parametrize(
    ("refunded", "quantity", "amount"),
    [
        (0, 1, 1000 - 33),  # 100 fen of three pieces' price came back before: 33, 33 and 34 of them
        (0, 2, 2000 - 66),
        (0, 3, 3600 - 100),
        (1, 1, 1000 - 33),
        (1, 2, 2600 - 67),
        (2, 1, 1600 - 34),
    ],
)
def test_what_lateness_gave_back_of_a_price_does_not_come_back_again(refunded: int, quantity: int, amount: int) -> None:
    line = msgspec.structs.replace(LINE, refunded=refunded, cancelled=refunded, late_amount=100, late_of=3)
    assert rules.refund_amount(ORDER, [line], 1, quantity) == amount


def test_of_pieces_that_were_refunded_before_it_was_late_nothing_is_taken_off() -> None:
    """One of four was gone by then, so the 100 fen are of three; with the next one 33 of them go."""
    line = OrderedLine(1, 11, 4, 1000, shipped=4, refunded=1, cancelled=0, late_amount=100, late_of=3)
    assert [rules.refund_amount(ORDER, [line], 1, quantity) for quantity in (1, 2, 3)] == [967, 1934, 2900]


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 10_000)), min_size=1, max_size=4),
    st.integers(0, 2000),
    st.data(),
)
def test_refunds_of_an_order_that_never_left_sum_to_what_was_paid(
    bought: list[tuple[int, int]], freight: int, data: st.DataObject
) -> None:
    """Whatever the order and size of the cases: no fen is kept, none is given twice."""
    order = msgspec.structs.replace(ORDER, freight_amount=freight)
    lines = {
        n: OrderedLine(n=n, sku_id=n, quantity=q, unit_price=p, shipped=0, refunded=0, cancelled=0)
        for n, (q, p) in enumerate(bought, 1)
    }
    given_back = 0
    while left := [n for n, line in lines.items() if line.refunded < line.quantity]:
        n = data.draw(st.sampled_from(left))
        quantity = data.draw(st.integers(1, lines[n].quantity - lines[n].refunded))
        given_back += rules.refund_amount(order, list(lines.values()), n, quantity)
        refunded = lines[n].refunded + quantity
        lines[n] = msgspec.structs.replace(lines[n], refunded=refunded, cancelled=refunded)
    assert given_back == freight + sum(q * p for q, p in bought)


def test_every_state_and_kind_has_its_words() -> None:
    assert all(knows(f"aftersale.state.{state.value}") for state in State)
    assert all(knows(f"aftersale.kind.{kind.value}") for kind in Kind)


def test_what_cost_nothing_is_not_asked_back_and_what_cost_a_fen_is():
    ask = NewCase(1, Kind.REFUND, 1, "不想要了")
    for price, answer in ((0, (AftersaleNothingPaid, {})), (1, None)):
        line = msgspec.structs.replace(LINE, unit_price=price)
        assert verdict(rules.check_may_open, ORDER, line, OWNER, ask, 7, NOON) == answer
