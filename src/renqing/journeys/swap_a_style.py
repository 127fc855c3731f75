"""After a gift was claimed and before it is shipped, its recipient asks for another style; the shop decides.

Each step is one transaction under the order's lock, so that asking, deciding, taking back, shipping and an after-sale
race to one winner. The other style is of the same product at exactly the gift-time price. Nothing moves while the
request waits; with the approval stock is held for the other style and the order's line is changed, and where the other
style has run out meanwhile the request is refused and what was given stays held. Silence refuses. Only once.

The giver is not told: that a gift was claimed is all they know of the choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from renqing.books import catalog, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_staff import check_staff
from renqing.journeys.check_out import line_of
from renqing.journeys.keep_a_surprise import check_known
from renqing.social import gifts
from renqing.trade import aftersales, orders, swaps
from renqing.trade.swaps import SwapState


class AskForAnotherStyle(msgspec.Struct, frozen=True):
    """Which style the owner of a claimed gift would rather have."""

    owner_id: int
    order_id: int
    sku_id: int


class TakeBackAsk(msgspec.Struct, frozen=True):
    """The owner keeps what was given after all."""

    owner_id: int
    order_id: int


class AnswerSwap(msgspec.Struct, frozen=True):
    """The shop's decision."""

    staff_id: int
    order_id: int
    verdict: Literal["approve", "reject"]


class SwapStands(msgspec.Struct, frozen=True):
    """How the request stands: WeChat Shop's number, and ``why`` it was rejected."""

    order_id: int
    state: int
    why: str = ""


async def ask_for_another_style(ground: Ground, ask: AskForAnotherStyle, once: Once) -> SwapStands:
    """Raises OrderUnknown for others than the owner, SurpriseWaits, SwapNotOffered, StyleNotOffered, StockRanOut."""
    return await run_once(ground.db, once, SwapStands, lambda tx: _ask(ground, tx, ask))


async def _ask(ground: Ground, tx: Tx, ask: AskForAnotherStyle) -> SwapStands:
    order = await _own(tx, ask.order_id, ask.owner_id)
    gift = await _gift_of(tx, order)
    await check_known(tx, order)
    hours = (gift.policy or ground.policy).gift_swap_answer_hours
    swaps.judge_ask(
        answer_hours=hours,
        shares=gift.things,
        state=int(order.state),
        chosen=order.part_of is not None,
        asked_before=await swaps.of_order(tx, order.id) is not None,
        aftersale_open=bool(await aftersales.undecided_of(tx, [order.id])),
    )
    line = (await orders.lines(tx, order.id))[0]
    offer = await _offer(tx, gift, ask.sku_id)
    if line.sku_id == ask.sku_id:
        raise gifts.StyleNotOffered
    if (await stock.available(tx, [ask.sku_id]))[ask.sku_id] < 1:
        raise stock.StockRanOut(sku_id=ask.sku_id)
    wish = swaps.Swap(
        order_id=order.id,
        shop_id=order.shop_id,
        owner_id=ask.owner_id,
        payer_id=order.payer_id,
        old_sku_id=line.sku_id,
        new_sku_id=offer.sku_id,
        state=SwapState.WAITING,
        why="",
        asked_at=tx.now,
        answer_by=tx.now + timedelta(hours=hours),
        ended_at=None,
    )
    await swaps.ask(tx, wish)
    return SwapStands(order.id, int(wish.state))


async def _own(tx: Tx, order_id: int, owner_id: int) -> orders.Order:
    """This person's order, locked. Raises OrderUnknown."""
    order = await orders.get(tx, order_id)
    if order.owner_id != owner_id:
        raise orders.OrderUnknown(order_id=order_id)
    return order


async def _gift_of(tx: Tx, order: orders.Order) -> gifts.Gift:
    """The gift that an order came from. Raises SwapNotOffered for what one bought for oneself."""
    gift_id = (await gifts.ids_of_orders(tx, [order.paid_as])).get(order.paid_as)
    if gift_id is None:
        raise swaps.SwapNotOffered(reason="no_gift")
    return (await gifts.by_ids(tx, [gift_id]))[gift_id]


async def _offer(tx: Tx, gift: gifts.Gift, sku_id: int) -> catalog.Offer:
    """The other style as it can be had for this gift. Raises StyleNotOffered."""
    offer = (await catalog.offers(tx, [sku_id])).get(sku_id)
    if offer is None:
        raise gifts.StyleNotOffered
    if sku_id != gift.sku_id:  # what was given is offered, whatever it costs now
        gifts.check_same_price(
            gift,
            sku_id=sku_id,
            product_id=offer.product_id,
            price=offer.price,
            currency=offer.currency,
            on_sale=offer.on_sale,
        )
    return offer


async def take_back_the_ask(ground: Ground, ask: TakeBackAsk, once: Once) -> SwapStands:
    """Raises OrderUnknown, SwapNotAsked, SwapNotNow."""
    return await run_once(ground.db, once, SwapStands, lambda tx: _take_back(tx, ask))


async def _take_back(tx: Tx, ask: TakeBackAsk) -> SwapStands:
    order = await _own(tx, ask.order_id, ask.owner_id)
    wish = await swaps.of_order(tx, order.id)
    if wish is None:
        raise swaps.SwapNotAsked
    return SwapStands(order.id, int((await swaps.cancel(tx, wish)).state))


async def answer_a_swap(ground: Ground, ask: AnswerSwap, once: Once) -> SwapStands:
    """Raises OrderUnknown for others than the shop's staff, SwapNotAsked, SwapNotNow.

    What is approved and has run out is rejected instead: the answer says so.
    """
    return await run_once(ground.db, once, SwapStands, lambda tx: _answer(tx, ask))


async def _answer(tx: Tx, ask: AnswerSwap) -> SwapStands:
    order = await orders.get(tx, ask.order_id)
    await check_staff(tx, order.shop_id, ask.staff_id, otherwise=orders.OrderUnknown(order_id=ask.order_id))
    wish = await swaps.of_order(tx, order.id)
    if wish is None:
        raise swaps.SwapNotAsked
    swaps.check_waits(wish, tx.now)
    ended = await swaps.reject(tx, wish, "shop") if ask.verdict == "reject" else await _approve(tx, order, wish)
    return SwapStands(order.id, int(ended.state), ended.why)


async def _approve(tx: Tx, order: orders.Order, wish: swaps.Swap) -> swaps.Swap:
    offer = (await catalog.offers(tx, [wish.new_sku_id])).get(wish.new_sku_id)
    if offer is None or await stock.move_hold(tx, order.paid_as, wish.old_sku_id, wish.new_sku_id, 1) is not None:
        return await swaps.reject(tx, wish, "stock")
    await orders.change_style(tx, order, line_of(offer, 1, 1))
    return await swaps.approve(tx, wish)


async def end_silent_swaps(_ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect; orders are locked in id order, then their requests."""
    locked = await orders.lock_many(tx, [timer.key for timer in timers])
    await swaps.time_out(tx, await swaps.lock_many(tx, locked))


async def drop_waiting_swap(tx: Tx, order: orders.Order) -> None:
    """A locked order's request that waits is taken back: an after-sale asks for the thing itself. Step of a journey."""
    wish = await swaps.of_order(tx, order.id)
    if wish is not None and wish.state is SwapState.WAITING and tx.now < wish.answer_by:
        await swaps.cancel(tx, wish)
