"""Money cannot go back the way it came: it is kept for its person, who hears of it, and may name another way.

Keeping it is a step of the errand that gave up (``ask_the_channel``), in its transaction: the refund is due no more,
its sum moves from ``refunds_due`` to the person's own account in the ledger, where it stays until it is given back
(``return_a_balance``) or an operator ends it by hand (``end_a_balance``). It never expires and is nobody's income.

A deadline a month reminds them, by their quiet hours as every notice. They may name a payment of theirs whose account
they would have it on; it is tried at once. Steps of that: the balance is locked, the payment must be theirs, paid
through a channel and in the balance's currency, and everything else is the errand's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.trade import balances, payments

ROUTES_MAX = 12


class RouteUnknown(NotFound):
    """There is no such payment of this asker's that money could go to."""

    code = "route_unknown"


class NameARoute(msgspec.Struct, frozen=True):
    """Who would have which balance on the account of which payment of theirs."""

    person_id: int
    balance_id: int
    intent_id: int


class RouteNamed(msgspec.Struct, frozen=True):
    """It is tried now."""

    balance_id: int


async def keep_as_balance(
    tx: Tx, refund: payments.Refund, intent: payments.Intent, why: Literal["closed", "refused"]
) -> None:
    """A locked refund that is not done becomes its payer's balance."""
    await payments.give_up_refund(tx, refund, intent)
    kept = balances.NewBalance(
        refund.id, intent.payer_id, intent.order_id, intent.id, refund.amount, intent.currency, why
    )
    await balances.keep(tx, kept)
    legs = (
        ledger.Leg(ledger.refunds_due(intent.currency), -refund.amount),
        ledger.Leg(ledger.person_balance(intent.payer_id, intent.currency), refund.amount),
    )
    entry = ledger.Entry("refund_kept", "order", intent.order_id, f"kept:{refund.id}", legs)
    (verdict,) = await ledger.post(tx, [entry])
    assert verdict is ledger.Verdict.POSTED, f"refund {refund.id} was due"


async def remind_of_balances(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline: what is over meanwhile is not spoken of."""
    for timer in sorted(due, key=lambda one: one.key):
        balance = await balances.lock_balance(tx, timer.key)
        if balance is not None and balance.state == "kept":
            await balances.remind(tx, balance)


async def name_a_route(ground: Ground, ask: NameARoute, once: Once) -> RouteNamed:
    """Raises BalanceUnknown, BalanceOver, RouteUnknown."""
    return await run_once(ground.db, once, RouteNamed, lambda tx: _name(tx, ask))


async def _name(tx: Tx, ask: NameARoute) -> RouteNamed:
    balance = await balances.lock_balance(tx, ask.balance_id)
    if balance is None or balance.person_id != ask.person_id:
        raise balances.BalanceUnknown
    paid = await payments.paid_by(tx, ask.person_id, balance.currency, ROUTES_MAX)
    if ask.intent_id not in {balance.intent_id, *(intent.id for intent in paid)}:
        raise RouteUnknown
    await balances.name_route(tx, balance, ask.intent_id)
    return RouteNamed(balance.id)
