"""The time to pay is over.

An order whose channel was never asked closes at once: its stock is free, a gift of it ends. Where a payment may be in
flight the channel is asked to close it first (``ask_the_channel``): what it says then decides, and a payment that
won the race is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books import ledger, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.fund_a_gift import end_funds, lapse_shares
from renqing.social import funds, gifts, schedules
from renqing.trade import orders, payments
from renqing.trade.orders import OrderState


async def close_unpaid_orders(ground: Ground, tx: Tx, timers: Sequence[Timer]) -> None:
    """The deadline's effect, for many orders at once."""
    locked = await orders.lock_many(tx, [timer.key for timer in timers])
    await lapse_shares(tx, [timer.key for timer in timers if timer.key not in locked], at_channel=True)
    await funds.lock(tx, locked)
    waiting = [order for order in locked.values() if order.state is OrderState.TO_PAY]
    intents = await payments.intents_of_orders(tx, [order.id for order in waiting], lock=True)
    asked = [intents[order.id] for order in waiting if intents[order.id].asked_at is not None]
    await payments.close_at_channel(tx, asked, "unpaid")
    await close_now(ground, tx, [order for order in waiting if intents[order.id].asked_at is None], "unpaid")


async def close_now(ground: Ground, tx: Tx, locked: Sequence[orders.Order], why: str) -> None:
    """Close locked orders that nobody has paid: their intents end, their stock is free, gifts of them end.

    One that a fund collects for gives everybody their share back.
    """
    if not locked:
        return
    order_ids = [order.id for order in locked]
    collecting = await funds.lock(tx, order_ids)
    intents = await payments.intents_of_orders(tx, order_ids, lock=True)
    await payments.close_intents(tx, list(intents.values()))
    unpaid = await gifts.lock_of_orders(tx, order_ids)
    await gifts.end(tx, unpaid, "unpaid", ground.policy)
    await schedules.drop(tx, [gift.id for gift in unpaid if gift.scheduled])
    await stock.release(tx, order_ids)
    await orders.close(tx, locked, why)
    if collecting:
        verdicts = await ledger.post(tx, await end_funds(tx, list(collecting.values()), why))
        assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), (
            "a fund has what was put in, and ends once"
        )
