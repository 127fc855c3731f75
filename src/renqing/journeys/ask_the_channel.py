"""Errands to the payment channel: what became of a payment, close it, give money back.

Each is lent to this worker, asked between transactions with our own id as the key, and ended by the transaction that
writes the answer; a worker that froze and lost its loan writes nothing. Silence puts the errand off and never decides.

A refund whose route is closed for good (the payer's account is gone), or that the channel still refuses after
``REFUND_TRIES_MAX`` tries, becomes the payer's balance: not before the channel has said that it did nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.logs import log
from renqing.foundation.metrics import TIMERS_FAILED
from renqing.foundation.timers import Timer, end_errand, put_off, still_lent
from renqing.journeys.close_unpaid_orders import close_now
from renqing.journeys.fund_a_gift import lapse_shares, share_out_refund
from renqing.journeys.keep_a_balance import keep_as_balance
from renqing.journeys.return_a_balance import return_a_balance
from renqing.journeys.take_a_payment import Heard, take_payments
from renqing.social import funds, gifts
from renqing.trade import balances, orders, payments
from renqing.trade.payments.ports import (
    ChannelPayment,
    ChannelRefund,
    ChannelRefused,
    PaymentChannel,
    PaymentNews,
    RefundAsk,
)

_AGAIN_AFTER_MAX = timedelta(minutes=10)
_AGAIN_AFTER_FIRST = timedelta(seconds=5)
REFUND_TRIES_MAX = 24  # over three hours and a half


async def run_errand(
    ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer, notify_url_of: Callable[[str], str]
) -> None:
    """Run one lent errand. Errors of the outside world put it off; it stays until it is answered."""
    stories: dict[str, Callable[[], Awaitable[None]]] = {
        payments.QUERY_PAYMENT: lambda: _query(ground, channels, errand),
        payments.CLOSE_AT_CHANNEL: lambda: _close(ground, channels, errand),
        payments.SEND_REFUND: lambda: _refund(ground, channels, errand, notify_url_of),
        balances.RETURN_BALANCE: lambda: return_a_balance(ground, channels, errand, notify_url_of),
    }
    try:
        await stories[errand.kind]()
    except Refusal as said:
        why = f"{said.code} {said.facts.get('reason', said.facts.get('why', ''))}"
        is_no = isinstance(said, ChannelRefused) and errand.kind == payments.SEND_REFUND
        await (_is_refused(ground, channels, errand, why) if is_no else _put_off(ground, errand, why))


async def _is_refused(
    ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer, why: str, *, closed: bool = False
) -> None:
    """The channel says no to a refund: it may be for now. Where it is for good, or the last try, it is asked once more.

    What it says then is its record: an answer that was lost may have been a yes.
    """
    if not closed and errand.attempts < REFUND_TRIES_MAX:
        await _put_off(ground, errand, why)
        return
    refund = await payments.refund_by_id(ground.db, errand.key)
    assert refund is not None, f"refund {errand.key} does not vanish"
    intent = await _intent(ground, refund.intent_id)
    try:
        said = await channels[intent.channel].query_refund(refund.id)
    except Refusal as silence:
        await _put_off(ground, errand, silence.code)
        return
    if said.state == "done":
        await _take(ground, errand, intent, _refund_news(said))
    elif said.state == "processing":
        await _put_off(ground, errand, "channel says processing")
    else:
        await ground.db.run(lambda tx: _keep(tx, errand, "closed" if closed else "refused"))
        TIMERS_FAILED.labels(errand.kind).inc()
        log.error("refund_kept_as_balance", refund=errand.key, why=why)


async def _keep(tx: Tx, errand: Timer, why: Literal["closed", "refused"]) -> None:
    """The money is the payer's balance, if this worker may still say so and nobody has said that it is back."""
    refund = await payments.refund_by_id(tx, errand.key)
    assert refund is not None, f"refund {errand.key} does not vanish"
    intent = (await payments.lock_intents(tx, [refund.intent_id]))[refund.intent_id]
    refund = (await payments.lock_refunds(tx, [errand.key]))[errand.key]
    if await still_lent(tx, errand) and refund.state in ("due", "sent"):
        await keep_as_balance(tx, refund, intent, why)


async def _put_off(ground: Ground, errand: Timer, why: str) -> None:
    wait = min(_AGAIN_AFTER_MAX, _AGAIN_AFTER_FIRST * 2 ** min(errand.attempts, 8))

    async def story(tx: Tx) -> None:
        if await still_lent(tx, errand):
            await put_off(tx, errand, until=tx.now + wait, why=why)

    await ground.db.run(story)


async def _end(ground: Ground, errand: Timer) -> None:
    async def story(tx: Tx) -> None:
        if await still_lent(tx, errand):
            await end_errand(tx, errand)

    await ground.db.run(story)


async def _intent(ground: Ground, intent_id: int) -> payments.Intent:
    intent = (await ground.db.run(lambda tx: payments.lock_intents(tx, [intent_id]))).get(intent_id)
    assert intent is not None, f"intent {intent_id} does not vanish"
    return intent


async def _query(ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer) -> None:
    """What became of a payment: taken if paid; while it is open we ask again, ever more seldom."""
    intent = await _intent(ground, errand.key)
    if intent.state != "open":
        await _end(ground, errand)
        return
    said = await channels[intent.channel].query(intent.id)
    if said.state == "paid":
        await _take(ground, errand, intent, _payment_news(said))
        return
    wait = payments.wait_before_query(errand.attempts, ground.policy.payment_first_query_seconds)

    async def story(tx: Tx) -> None:
        if await still_lent(tx, errand):
            await put_off(tx, errand, until=tx.now + wait, why=f"channel says {said.state}")

    await ground.db.run(story)


async def _close(ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer) -> None:
    """Nobody shall pay any more: the channel closes it, or tells that it was paid."""
    intent = await _intent(ground, errand.key)
    if intent.state != "open":
        await _end(ground, errand)
        return
    said = await channels[intent.channel].close(intent.id)
    if said.state == "paid":
        await _take(ground, errand, intent, _payment_news(said))
        return
    if said.state == "open":
        await _put_off(ground, errand, "channel still has it open")
        return

    async def story(tx: Tx) -> None:
        order = (await orders.lock_many(tx, [intent.order_id])).get(intent.order_id)
        if await still_lent(tx, errand):
            if order is None:
                await lapse_shares(tx, [intent.order_id], at_channel=False)
                await end_errand(tx, errand)
                return
            assert order.state is orders.OrderState.TO_PAY, "an order waits for payment as long as its intent is open"
            await close_now(ground, tx, [order], errand.payload["why"])
            await end_errand(tx, errand)

    await ground.db.run(story)


async def _refund(
    ground: Ground, channels: Mapping[str, PaymentChannel], errand: Timer, notify_url_of: Callable[[str], str]
) -> None:
    """Give money back: ask, and ask again until the channel says that it is done."""
    refund = await payments.refund_by_id(ground.db, errand.key)
    assert refund is not None, f"refund {errand.key} does not vanish"
    if refund.state in ("done", "kept"):
        await _end(ground, errand)
        return
    intent = await _intent(ground, refund.intent_id)
    if intent.channel == funds.FUND:
        await ground.db.run(lambda tx: _refund_to_fund(tx, errand, intent))
        return
    said = await channels[intent.channel].refund(
        RefundAsk(
            refund_id=refund.id,
            intent_id=intent.id,
            amount=refund.amount,
            currency=intent.currency,
            notify_url=notify_url_of(intent.channel),
        )
    )
    if said.state == "done":
        await _take(ground, errand, intent, _refund_news(said))
        return
    await ground.db.run(lambda tx: payments.note_refund_sent(tx, refund.id, said.channel_ref))
    why = f"channel says {said.state}"
    if said.state in ("failed", "closed"):
        await _is_refused(ground, channels, errand, why, closed=said.state == "closed")
    else:
        await _put_off(ground, errand, why)


async def _refund_to_fund(tx: Tx, errand: Timer, intent: payments.Intent) -> None:
    """Several people paid: what goes back is with their fund at once, and on its way to each of them."""
    locked = await orders.lock_many(tx, [intent.order_id])
    fund = (await funds.lock(tx, locked))[intent.order_id]
    await payments.lock_intents(tx, [intent.id])
    refund = (await payments.lock_refunds(tx, [errand.key]))[errand.key]
    if not await still_lent(tx, errand) or refund.state == "done":
        return
    entries = await share_out_refund(tx, refund, intent, fund)
    await payments.confirm_refunds(tx, [(refund, intent)])
    if refund.cause_kind == "gift":
        await gifts.record_refunds(tx, {intent.order_id: (refund.amount, intent.currency)})
    await end_errand(tx, errand)
    verdicts = await ledger.post(tx, entries)
    assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), "what went back is there to be shared out"


def _payment_news(said: ChannelPayment) -> PaymentNews:
    return PaymentNews(
        event_id=f"query:{said.intent_id}:{said.state}:{said.amount}{said.currency}",
        kind="payment",
        intent_id=said.intent_id,
        refund_id=None,
        state="paid",
        amount=said.amount,
        currency=said.currency,
        channel_ref=said.channel_ref,
    )


def _refund_news(said: ChannelRefund) -> PaymentNews:
    return PaymentNews(
        event_id=f"query:refund:{said.refund_id}:{said.state}:{said.amount}{said.currency}",
        kind="refund",
        intent_id=said.intent_id,
        refund_id=said.refund_id,
        state="done",
        amount=said.amount,
        currency=said.currency,
        channel_ref=said.channel_ref,
    )


async def _take(ground: Ground, errand: Timer, intent: payments.Intent, news: PaymentNews) -> None:
    """The channel's certain answer goes the way a callback goes; it ends the errands of what it settles.

    An answer that was kept aside for a person when it was given first settles nothing when it is repeated.
    """
    taken = (await take_payments(ground, [Heard(intent.channel, news, msgspec.json.encode(news))]))[0]
    if isinstance(taken, Exception):
        raise taken
    if taken.effect is payments.Effect.REPEATED:
        await _put_off(ground, errand, "the channel says again what was not taken")
