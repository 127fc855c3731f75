"""The shop answers an after-sale: it agrees or rejects, and later says whether the returned goods are there.

Steps, in one transaction: order and case are locked and the shop's staff let in, nobody else. Agreeing to a refund, or
having the returned goods, sends the money to the payer (on a gift: the giver) by the original route; goods that can
be sold again go back to stock. Rejecting says why and lets go what was held. Of the shop, the owner and the clock
racing, the first moves the case; the others hear that it has moved.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from renqing.books import stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.journeys.move_an_aftersale import AftersaleStands, agree_to_case, end_case, lock_case, ordered, stands
from renqing.trade import aftersales, orders
from renqing.trade.aftersales import Case, State


class AnswerAftersale(msgspec.Struct, frozen=True):
    """The shop's answer. ``back_to_stock``: the returned goods are here and can be sold again."""

    staff_id: int
    case_id: int
    verdict: Literal["agree", "reject"]
    answer: str = ""
    back_to_stock: bool = False


async def answer_an_aftersale(ground: Ground, ask: AnswerAftersale, once: Once) -> AftersaleStands:
    """Raises AftersaleUnknown for others than the shop's staff, AftersaleNotNow, AftersaleReasonNotValid."""
    return await run_once(ground.db, once, AftersaleStands, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: AnswerAftersale) -> AftersaleStands:
    case, order = await lock_case(tx, ask.case_id)
    await check_staff(tx, case.shop_id, ask.staff_id, otherwise=aftersales.AftersaleUnknown())
    answer = ask.answer.strip()
    if ask.verdict == "agree":
        moved = await _agree(ground, tx, case, order, answer=answer, back_to_stock=ask.back_to_stock)
    else:
        if not answer:
            raise aftersales.AftersaleReasonNotValid(field="answer", max=aftersales.ANSWER_CHARACTERS_MAX)
        moved = await aftersales.reject(tx, case, ordered(order), answer=answer)
        await end_case(ground, tx, moved)
    return stands(moved, ask.staff_id, order.payer_id, for_shop=True)


async def _agree(ground: Ground, tx: Tx, case: Case, order: orders.Order, *, answer: str, back_to_stock: bool) -> Case:
    if back_to_stock and case.state is not State.WAIT_RECEIPT:
        raise FieldNotValid(field="back_to_stock", reason="nothing_came_back")
    if back_to_stock:
        sku_id = next(line.sku_id for line in await orders.lines(tx, order.id) if line.n == case.line_n)
        await stock.put_back(tx, order.id, [(sku_id, case.quantity)])
    return await agree_to_case(ground, tx, case, order, answer=answer)
