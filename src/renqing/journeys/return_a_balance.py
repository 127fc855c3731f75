"""The house gives a balance back by itself: an errand that comes every week, and at once where somebody named a way.

Each try is written before the channel is asked, under a number of its own that is the channel's key; while it is not
certain what became of it no other is begun, and the database knows only one that is not failed. So whoever dies
between any two steps leaves a try that is asked about, and nothing is given twice. What is certain is written with the
ledger's entry in one transaction. A way that is closed leads to the next of this round; after the last it is a week.

A channel's callback about a try changes nothing by itself: it makes the errand ask (``take_a_payment``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from renqing.books import ledger
from renqing.foundation import crash
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer, end_errand, put_off, still_lent
from renqing.social import gifts
from renqing.trade import balances, payments
from renqing.trade.balances import Balance, Try
from renqing.trade.payments.ports import (
    ChannelPayout,
    ChannelRefund,
    ChannelRefused,
    PaymentChannel,
    PayoutAsk,
    RefundAsk,
)

_AGAIN_AFTER_MAX = timedelta(minutes=10)
_AGAIN_AFTER_FIRST = timedelta(seconds=5)


class _Begun(NamedTuple):
    """What is to be tried, and through which channel."""

    balance: Balance
    one: Try
    channel: str


async def return_a_balance(
    ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer, notify_url_of: Callable[[str], str]
) -> None:
    """Run one lent errand. Raises ChannelSilent, which puts it off: the try stays and is asked about."""
    begun = await ground.db.run(lambda tx: _begin(tx, errand))
    if begun is None:
        return
    crash.point("return_begun")
    state, why = await _ask(channels[begun.channel], begun, notify_url_of(begun.channel))
    crash.point("return_asked")
    await ground.db.run(lambda tx: _write(tx, errand, begun, state, why))


async def _begin(tx: Tx, errand: Timer) -> _Begun | None:
    balance = await balances.lock_balance(tx, errand.key)
    assert balance is not None, f"balance {errand.key} does not vanish"
    if not await still_lent(tx, errand):
        return None
    if balance.state != "kept":
        await end_errand(tx, errand)
        return None
    one = await balances.begin_try(tx, balance, await _paid_since(tx, balance))
    intent = await payments.intent_by_id(tx, one.intent_id)
    assert intent is not None, f"intent {one.intent_id} does not vanish"
    return _Begun(balance, one, intent.channel)


async def _paid_since(tx: Tx, balance: Balance) -> int | None:
    """The payment that its person made last, if they made it after the way back was found closed."""
    latest = await payments.paid_by(tx, balance.person_id, balance.currency, 1)
    if not latest or latest[0].captured_at is None or latest[0].captured_at <= balance.kept_at:
        return None
    return latest[0].id


async def _ask(channel: PaymentChannel, begun: _Begun, notify_url: str) -> tuple[str, str]:
    """What became of a try at the channel, and why. Done only where it names the sum that was asked for."""
    balance, one = begun.balance, begun.one
    said: ChannelRefund | ChannelPayout
    why = ""
    try:
        if one.route == "refund":
            said = await channel.refund(RefundAsk(one.id, one.intent_id, balance.amount, balance.currency, notify_url))
        else:
            said = await channel.payout(PayoutAsk(one.id, one.intent_id, balance.amount, balance.currency))
    except ChannelRefused as no:  # an answer that was lost before may have been a yes: its record says
        why = f"{no.code} {no.facts.get('reason', '')}"
        said = await (channel.query_refund(one.id) if one.route == "refund" else channel.query_payout(one.id))
    if said.state == "done" and (said.amount, said.currency) != (balance.amount, balance.currency):
        return "processing", f"channel says {said.amount} {said.currency}"
    return said.state, why or f"channel says {said.state}"


async def _write(tx: Tx, errand: Timer, begun: _Begun, state: str, why: str) -> None:
    balance = await balances.lock_balance(tx, begun.balance.id)
    assert balance is not None, f"balance {errand.key} does not vanish"
    if not await still_lent(tx, errand) or balance.state != "kept":
        return
    if state == "done":
        await _give(tx, balance, begun)
        return
    if state == "processing":
        wait = min(_AGAIN_AFTER_MAX, _AGAIN_AFTER_FIRST * 2 ** min(errand.attempts, 8))
        await put_off(tx, errand, until=tx.now + wait, why=why)
        return
    is_more = await balances.end_try(tx, balance, begun.one, await _paid_since(tx, balance), why=why)
    await put_off(tx, errand, until=tx.now if is_more else tx.now + balances.TRY_EVERY, why=why)


async def _give(tx: Tx, balance: Balance, begun: _Begun) -> None:
    """It is back: a gift whose money this was knows it, and the books."""
    refund = await payments.refund_by_id(tx, balance.id)
    assert refund is not None, "a balance was a refund"
    await balances.give(tx, balance, begun.one, refund.cause_kind)
    if refund.cause_kind == "gift":
        await gifts.record_refunds(tx, {balance.order_id: (balance.amount, balance.currency)})
    legs = (
        ledger.Leg(ledger.person_balance(balance.person_id, balance.currency), -balance.amount),
        ledger.Leg(ledger.clearing(payments.CHANNEL_IDS[begun.channel], balance.currency), balance.amount),
    )
    entry = ledger.Entry("balance_returned", "balance", balance.id, f"returned:{balance.id}", legs)
    (verdict,) = await ledger.post(tx, [entry])
    assert verdict is ledger.Verdict.POSTED, f"balance {balance.id} is kept and given back once"
