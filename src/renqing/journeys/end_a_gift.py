"""A gift that nobody keeps, or not all of it: refused, withdrawn by its giver, or its time ran out.

One transaction under the locks of order and gift, so that a claim and an ending race to one winner: the gift ends,
its order closes, the stock of what nobody claimed is free, its link is dead, and the giver's money for that is on its
way back by the original route, freight included: one refund a gift, however many shares it was for. Shares that were
claimed stay claimed. Vouchers whose terms say so return to their giver instead when nobody claims them in time.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import ledger, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.end_a_lucky_pack import end_lucky_packs
from renqing.journeys.give_money_back import give_rest_back
from renqing.journeys.open_a_gift import find_and_lock
from renqing.journeys.return_vouchers import return_for_use
from renqing.social import draws, gifts, schedules
from renqing.trade import orders


class RefuseAGift(msgspec.Struct, frozen=True):
    """The recipient declines with one of the kind sentences (``gifts.REFUSALS``)."""

    person_id: int
    sentence: str
    gift_id: int | None = None
    token: str | None = None


class WithdrawAGift(msgspec.Struct, frozen=True):
    """The giver takes the gift back, where the policy lets them; never once its draw is made: the result stands.

    One that is still to come is called off whatever the policy says: who it was for never hears of it.
    """

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
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded, FieldNotValid."""
    return await run_once(ground.db, once, Declined, lambda tx: _refuse(ground, tx, ask))


async def _refuse(ground: Ground, tx: Tx, ask: RefuseAGift) -> Declined:
    if ask.sentence not in gifts.REFUSALS:
        raise FieldNotValid(field="sentence", reason="unknown")
    found = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    gifts.judge_recipient(found.gift, ask.person_id, in_its_group=found.in_its_group)
    found.check_word()
    gifts.check_not_held(found.gift, tx.now)
    await end_locked(ground, tx, [found.gift], "refused", refusal=ask.sentence)
    return Declined(found.gift.id)


async def withdraw_a_gift(ground: Ground, ask: WithdrawAGift, once: Once) -> Ended:
    """Raises GiftNotAvailable for a foreign or ended gift, GiftWithdrawalLate."""
    return await run_once(ground.db, once, Ended, lambda tx: _withdraw(ground, tx, ask))


async def _withdraw(ground: Ground, tx: Tx, ask: WithdrawAGift) -> Ended:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    draw = (await draws.of_gifts(tx, [gift.id])).get(gift.id)
    if draw is not None and draw.drawn_at is not None:
        raise gifts.GiftWithdrawalLate(policy=ground.policy.gift_withdraw, reason="drawn")
    ending: gifts.Ending = "called_off" if gift.state is gifts.GiftState.SCHEDULED else "withdrawn"
    (order,) = await end_locked(ground, tx, [gift], ending)
    return Ended(gift.id, order.rest_amount, order.currency)


async def expire_gifts(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many gifts at once; one that was claimed meanwhile stays claimed."""
    order_ids = await gifts.order_ids_of(tx, [timer.key for timer in timers])
    await orders.lock_many(tx, order_ids)
    await end_locked(ground, tx, gifts.past_their_time(await gifts.lock_of_orders(tx, order_ids), tx.now), "expired")


async def end_locked(
    ground: Ground, tx: Tx, ended: Sequence[gifts.Gift], ending: gifts.Ending, *, refusal: str = ""
) -> list[orders.Order]:
    """End locked gifts with everything that follows, as one set; answers their orders, in order of their ids."""
    await gifts.end(tx, ended, ending, ground.policy, refusal=refusal)
    await draws.end(tx, [gift.id for gift in ended if gift.mode == "draw"])
    await end_lucky_packs(tx, [gift for gift in ended if gift.claimable_at is not None])
    await schedules.drop(tx, [gift.id for gift in ended if gift.scheduled])
    locked = await orders.lock_many(tx, [gift.order_id for gift in ended])
    returned = await return_for_use(tx, ended, locked) if ending in ("expired", "nobody_left") else {}
    closed = await orders.close(tx, list((locked | returned).values()), ending)
    refunded = [gift for gift in ended if gift.order_id not in returned]
    await stock.let_go(tx, await _unclaimed(tx, refunded))
    gift_of = {gift.order_id: gift.id for gift in refunded}
    entries = await give_rest_back(
        tx,
        [(order, gift_of[order.id]) for order in closed if order.id in gift_of],
        cause_kind="gift",
        reason=ending,
    )
    verdicts = await ledger.post(tx, entries)
    assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), "escrow has what was paid, a gift ends once"
    return closed


async def _unclaimed(tx: Tx, ended: Sequence[gifts.Gift]) -> list[tuple[int, int, int]]:
    """What nobody claimed of these gifts, as pieces (order, style, how many); of a set all that is in it."""
    of_sets = await orders.lines_of(tx, sets) if (sets := [gift.order_id for gift in ended if gift.is_set]) else {}
    pieces = [(order_id, line.sku_id, line.quantity) for order_id, lines in of_sets.items() for line in lines]
    return [*await gifts.unclaimed_pieces(tx, [gift for gift in ended if not gift.is_set]), *pieces]
