"""An operator gives a balance back by hand, where no channel can: a bank transfer, say. Recorded with who and why.

One transaction: the operator is let in, everybody else hears that there is no such balance; it is locked, and must be
kept with no try under way, since that may go. Its sum moves from the person's account to the platform's own of what
was paid by hand: what the channel still holds is the platform's to take now, and it is no income.
"""

from __future__ import annotations

import msgspec

from renqing.books import ledger, people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import gifts
from renqing.trade import balances, payments


class EndABalance(msgspec.Struct, frozen=True):
    """Which operator ended which balance, and how they gave it back."""

    operator_id: int
    balance_id: int
    reason: str


class BalanceEnded(msgspec.Struct, frozen=True):
    """It is over."""

    balance_id: int


async def end_a_balance(ground: Ground, ask: EndABalance, once: Once) -> BalanceEnded:
    """Raises BalanceUnknown for others than operators, BalanceOver, FieldNotValid."""
    return await run_once(ground.db, once, BalanceEnded, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: EndABalance) -> BalanceEnded:
    if await people.role_of(tx, people.PLATFORM, ask.operator_id) is not people.Role.OPERATOR:
        raise balances.BalanceUnknown
    balance = await balances.lock_balance(tx, ask.balance_id)
    if balance is None:
        raise balances.BalanceUnknown
    refund = await payments.refund_by_id(tx, balance.id)
    assert refund is not None, "a balance was a refund"
    await balances.end_by_hand(tx, balance, ask.operator_id, ask.reason, refund.cause_kind)
    if refund.cause_kind == "gift":
        await gifts.record_refunds(tx, {balance.order_id: (balance.amount, balance.currency)})
    legs = (
        ledger.Leg(ledger.person_balance(balance.person_id, balance.currency), -balance.amount),
        ledger.Leg(ledger.by_hand(balance.currency), balance.amount),
    )
    (verdict,) = await ledger.post(
        tx, [ledger.Entry("balance_ended", "balance", balance.id, f"returned:{balance.id}", legs)]
    )
    assert verdict is ledger.Verdict.POSTED, f"balance {balance.id} is kept and ends once"
    return BalanceEnded(balance.id)
