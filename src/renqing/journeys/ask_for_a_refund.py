"""After the claim, the giver asks for a refund; who has the gift agrees with one tap, declines, or is silent.

Only who has a gift opens its after-sales (as on WeChat, whose users complain that a giver can do nothing). So the giver
asks them, once, with a ready sentence. A yes opens an after-sale in their name, in the same transaction and by the same
rules: what has not left the shop is refunded, what has is returned; the money goes to the giver. A no, and silence for
some days, decline, and the giver is not told which of the two it was. Where one has blocked the other the ask is taken
all the same, nobody hears of it, and silence declines: a block is never told.

Every step is one transaction under the order's lock, so that asking, answering, the deadline and an after-sale of their
own race to one winner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.text import say
from renqing.foundation.timers import Timer
from renqing.journeys.move_an_aftersale import ordered_lines
from renqing.journeys.open_an_aftersale import OpenAftersale, open_on_locked
from renqing.social import gifts, masks
from renqing.trade import aftersales, choices, orders, refund_asks
from renqing.trade.refund_asks import REASONS, RefundAsk, RefundAskNotNow, RefundNotAsked


class AskForARefund(msgspec.Struct, frozen=True):
    """The giver of which claimed gift, and why: one of ``refund_asks.REASONS``."""

    giver_id: int
    gift_id: int
    reason: str


class AnswerARefundAsk(msgspec.Struct, frozen=True):
    """Who has the gift says yes or no."""

    owner_id: int
    gift_id: int
    agrees: bool


class RefundAskStands(msgspec.Struct, frozen=True):
    """How the ask stands; ``case_id`` is the after-sale that a yes opened."""

    gift_id: int
    state: refund_asks.RefundAskState
    case_id: int | None = None


async def ask_for_a_refund(ground: Ground, ask: AskForARefund, once: Once) -> RefundAskStands:
    """Raises GiftNotAvailable for who did not give it, RefundAskNotNow, FieldNotValid."""
    return await run_once(ground.db, once, RefundAskStands, lambda tx: _ask(ground, tx, ask))


async def _ask(ground: Ground, tx: Tx, ask: AskForARefund) -> RefundAskStands:
    reason = next((one for one in REASONS if one == ask.reason), None)
    if reason is None:
        raise FieldNotValid(field="reason", reason="unknown")
    gift = await gifts.by_id(tx, ask.gift_id)
    if gift is None or gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    order = await orders.get(tx, await choices.serving(tx, gift.order_id))
    days = ground.policy.aftersale_within_days
    why = refund_asks.why_not(
        shares=max(gift.things, len(await orders.lines(tx, order.id))),
        state=int(order.state),
        is_over=order.received_at is not None and tx.now > order.received_at + timedelta(days=days),
        asked_before=await refund_asks.of_order(tx, order.id) is not None,
        case_open=bool(await aftersales.undecided_of(tx, [order.id])),
    )
    if why:
        raise RefundAskNotNow(reason=why)
    assert order.owner_id is not None, "what is to be shipped has an owner"
    new = RefundAsk(
        order_id=order.id,
        gift_id=gift.id,
        giver_id=gift.giver_id,
        owner_id=order.owner_id,
        reason=reason,
        state="waiting",
        asked_at=tx.now,
        answer_by=tx.now + timedelta(days=ground.policy.refund_ask_days),
    )
    await refund_asks.ask(tx, new)
    return RefundAskStands(gift.id, new.state)


async def answer_a_refund_ask(ground: Ground, ask: AnswerARefundAsk, once: Once) -> RefundAskStands:
    """Raises RefundNotAsked for who does not have the gift, RefundAskNotNow, and what forbids an after-sale."""
    return await run_once(ground.db, once, RefundAskStands, lambda tx: _answer(ground, tx, ask))


async def _answer(ground: Ground, tx: Tx, ask: AnswerARefundAsk) -> RefundAskStands:
    gift = await gifts.by_id(tx, ask.gift_id)
    if gift is None or gift.claimed_by != ask.owner_id:
        raise RefundNotAsked
    order = await orders.get(tx, await choices.serving(tx, gift.order_id))
    asked = await refund_asks.of_order(tx, order.id)
    is_masked = bool(await masks.worn_on(tx, [gift.id]))  # a block would say whose it is
    if asked is None or (not is_masked and await people.either_blocks(tx, asked.giver_id, asked.owner_id)):
        raise RefundNotAsked
    if not ask.agrees:
        return RefundAskStands(gift.id, (await refund_asks.decline(tx, asked)).state)
    refund_asks.check_waits(asked, tx.now)
    case_id = await _open_case(ground, tx, order, asked)
    return RefundAskStands(gift.id, (await refund_asks.agree(tx, asked, case_id)).state, case_id)


async def _open_case(ground: Ground, tx: Tx, order: orders.Order, asked: RefundAsk) -> int:
    """The after-sale of who has the gift: what has left the shop is returned, what has not is refunded."""
    line = (await ordered_lines(tx, order))[0]
    has_left = line.shipped > 0
    language = (await people.get_person(tx, asked.owner_id)).language
    reason = say("refund_ask.case", language, reason=say(f"refund_ask.reason.{asked.reason}", language))
    kind = aftersales.Kind.RETURN if has_left else aftersales.Kind.REFUND
    quantity = line.shipped if has_left else line.quantity - line.refunded
    wanted = OpenAftersale(asked.owner_id, order.id, line.n, kind, quantity, reason)
    return (await open_on_locked(ground, tx, order, wanted)).case_id


async def end_silent_refund_asks(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect; orders are locked in id order, then their asks."""
    locked = await orders.lock_many(tx, [timer.key for timer in timers])
    await refund_asks.time_out(tx, await refund_asks.lock_many(tx, locked))
