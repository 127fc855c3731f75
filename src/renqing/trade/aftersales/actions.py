"""What can be done about after-sales cases. Nothing here commits; the order is locked before its case."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.trade.aftersales import rules, store
from renqing.trade.aftersales.model import (
    CASES_A_LINE_MAX,
    AftersaleMoved,
    AftersaleOpen,
    AftersaleUnknown,
    Case,
    NewCase,
    Ordered,
    OrderedLine,
    State,
    Step,
    TooManyCases,
)


async def open_case(
    tx: Tx, order: Ordered, lines: Sequence[OrderedLine], asker_id: int, ask: NewCase, *, within_days: int
) -> Case:
    """The owner asks for money back, or to return goods. Raises what forbids it; then nothing has changed."""
    line = next((line for line in lines if line.n == ask.line_n), None)
    if line is None:
        raise AftersaleUnknown
    rules.check_may_open(order, line, asker_id, ask, within_days, tx.now)
    known = await store.open_of_line(tx, order.order_id, ask.line_n)
    if known is not None:
        raise AftersaleOpen(case_id=known.id)
    if await store.count_of_line(tx, order.order_id, ask.line_n) >= CASES_A_LINE_MAX:
        raise TooManyCases(max=CASES_A_LINE_MAX)
    case = Case(
        id=tx.ids.new(),
        order_id=order.order_id,
        line_n=ask.line_n,
        shop_id=order.shop_id,
        owner_id=asker_id,
        kind=ask.kind,
        state=State.PROCESSING,
        quantity=ask.quantity,
        amount=rules.refund_amount(order, lines, ask.line_n, ask.quantity),
        reason=ask.reason.strip(),
        answer="",
        return_carrier="",
        return_tracking_number="",
        opened_at=tx.now,
        changed_at=tx.now,
    )
    written = await store.insert(tx, case)
    assert written, f"order {order.order_id} is locked and had no open case for line {ask.line_n}"
    await outbox.leave(tx, _moved(case, order.payer_id, "open"))
    return case


async def agree(tx: Tx, case: Case, order: Ordered, lines: Sequence[OrderedLine], *, answer: str = "") -> Case:
    """The shop agrees, or has the goods that came back, or its time is over. The amount is settled with the money.

    Raises AftersaleNotNow.
    """
    rules.check_answer(answer)
    state = rules.state_after(case, Step.AGREE)
    amount = case.amount
    if state is State.REFUNDING:
        amount = rules.refund_amount(order, lines, case.line_n, case.quantity)
    return await _move(tx, case, order.payer_id, Step.AGREE, state, amount=amount, answer=answer or case.answer)


async def reject(tx: Tx, case: Case, order: Ordered, *, answer: str) -> Case:
    """The shop rejects and says why. Raises AftersaleNotNow."""
    rules.check_answer(answer)
    return await _move(tx, case, order.payer_id, Step.REJECT, rules.state_after(case, Step.REJECT), answer=answer)


async def cancel(tx: Tx, case: Case, order: Ordered) -> Case:
    """The owner takes the case back. Raises AftersaleNotNow."""
    return await _move(tx, case, order.payer_id, Step.CANCEL, rules.state_after(case, Step.CANCEL))


async def give_up(tx: Tx, case: Case, order: Ordered) -> Case:
    """The owner sent nothing back in time. Raises AftersaleNotNow."""
    return await _move(tx, case, order.payer_id, Step.GIVE_UP, rules.state_after(case, Step.GIVE_UP))


async def send_back(tx: Tx, case: Case, order: Ordered, carrier: str, tracking_number: str) -> Case:
    """The owner sent the goods back. Raises AftersaleNotNow."""
    return await _move(
        tx,
        case,
        order.payer_id,
        Step.SEND_BACK,
        rules.state_after(case, Step.SEND_BACK),
        return_carrier=carrier,
        return_tracking_number=tracking_number,
    )


async def finish(tx: Tx, case: Case, payer_id: int) -> Case:
    """The channel has given the money back. Raises AftersaleNotNow."""
    return await _move(tx, case, payer_id, Step.REFUND, rules.state_after(case, Step.REFUND))


async def _move(tx: Tx, case: Case, payer_id: int, step: Step, state: State, **changes: object) -> Case:
    moved = msgspec.structs.replace(case, state=state, changed_at=tx.now, **changes)
    await store.write(tx, moved)
    await outbox.leave(tx, _moved(moved, payer_id, step.value))
    return moved


def _moved(case: Case, payer_id: int, step: str) -> AftersaleMoved:
    return AftersaleMoved(
        subject_id=case.order_id,
        case_id=case.id,
        order_id=case.order_id,
        shop_id=case.shop_id,
        owner_id=case.owner_id,
        payer_id=payer_id,
        step=step,
        state=case.state.value,
    )
