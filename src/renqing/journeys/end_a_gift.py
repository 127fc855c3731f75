"""A gift that nobody keeps: refused by its recipient, withdrawn by its giver, or its time ran out.

One transaction under the locks of order and gift, so that a claim and an ending race to one winner: the gift ends,
its order closes, its stock is free, its link is dead, and the giver's money is on its way back by the original route,
in full, freight included.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.give_money_back import give_money_back
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import gifts
from renqing.trade import orders


class RefuseAGift(msgspec.Struct, frozen=True):
    """The recipient declines with one of the kind sentences (``gifts.REFUSALS``)."""

    person_id: int
    sentence: str
    gift_id: int | None = None
    token: str | None = None


class WithdrawAGift(msgspec.Struct, frozen=True):
    """The giver takes the gift back, where the policy lets them."""

    giver_id: int
    gift_id: int


class Ended(msgspec.Struct, frozen=True):
    """The gift is over. ``refund`` in minor units of ``currency`` goes back to the giver."""

    gift_id: int
    refund: int
    currency: str


class Declined(msgspec.Struct, frozen=True):
    """What the recipient is told: never an amount."""

    gift_id: int


async def refuse_a_gift(ground: Ground, ask: RefuseAGift, once: Once) -> Declined:
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, FieldNotValid."""
    return await run_once(ground.db, once, Declined, lambda tx: _refuse(ground, tx, ask))


async def _refuse(ground: Ground, tx: Tx, ask: RefuseAGift) -> Declined:
    if ask.sentence not in gifts.REFUSALS:
        raise FieldNotValid(field="sentence", reason="unknown")
    gift = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    gifts.judge_recipient(gift, ask.person_id)
    await _end(ground, tx, gift, "refused", refusal=ask.sentence)
    return Declined(gift.id)


async def withdraw_a_gift(ground: Ground, ask: WithdrawAGift, once: Once) -> Ended:
    """Raises GiftNotAvailable for a foreign or ended gift, GiftWithdrawalLate."""
    return await run_once(ground.db, once, Ended, lambda tx: _withdraw(ground, tx, ask))


async def _withdraw(ground: Ground, tx: Tx, ask: WithdrawAGift) -> Ended:
    gift = await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)
    if gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    return await _end(ground, tx, gift, "withdrawn")


async def expire_gifts(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many gifts at once; one that was claimed meanwhile stays claimed."""
    found = [await gifts.by_id(tx, timer.key) for timer in timers]
    order_ids = [gift.order_id for gift in found if gift is not None]
    await orders.lock_many(tx, order_ids)
    for gift in gifts.still_claimable(await gifts.lock_of_orders(tx, order_ids), tx.now):
        await _end(ground, tx, gift, "expired")


async def _end(ground: Ground, tx: Tx, gift: gifts.Gift, ending: gifts.Ending, *, refusal: str = "") -> Ended:
    """End one locked gift with everything that follows."""
    await gifts.end(tx, [gift], ending, ground.policy, refusal=refusal)
    order = await orders.get(tx, gift.order_id)
    await orders.close(tx, [order], ending)
    await stock.release(tx, [order.id])
    await give_money_back(tx, order, order.total_amount, cause_kind="gift", cause_id=gift.id, reason=ending)
    return Ended(gift.id, order.total_amount, order.currency)
