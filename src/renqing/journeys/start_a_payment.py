"""The payer goes to the cashier.

First transaction: the intent is the payer's own and open; from now on we are not sure, and a query is set for later.
Between: the channel is asked for a payment page, with the intent's id as its key. Second transaction: the page is
kept, so that a repeat goes there without asking. When the channel does not answer the payer hears that nothing is
certain and tries again; asking twice opens one payment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.trade import orders, payments
from renqing.trade.payments.ports import OpenPayment, PaymentChannel


class StartPayment(msgspec.Struct, frozen=True):
    """Whose order to pay, and where the channel tells us (by its name) and sends the payer back."""

    payer_id: int
    order_id: int
    notify_url_of: Callable[[str], str]
    return_url: str


class CashierReady(msgspec.Struct, frozen=True):
    """Where the person pays."""

    intent_id: int
    cashier_url: str


async def start_a_payment(ground: Ground, channels: Mapping[str, PaymentChannel], ask: StartPayment) -> CashierReady:
    """Answers the cashier's page. Raises PaymentUnknown, PaymentOver, ChannelSilent, ChannelRefused."""
    intent, title = await ground.db.run(lambda tx: _begin(ground, tx, ask), actor=ask.payer_id)
    if intent.cashier_url:
        return CashierReady(intent.id, intent.cashier_url)
    opened = await channels[intent.channel].open(
        OpenPayment(
            intent_id=intent.id,
            amount=intent.amount,
            currency=intent.currency,
            description=title,
            notify_url=ask.notify_url_of(intent.channel),
            return_url=ask.return_url,
        )
    )
    await ground.db.run(lambda tx: payments.note_cashier(tx, intent.id, opened.channel_ref, opened.cashier_url))
    return CashierReady(intent.id, opened.cashier_url)


async def _begin(ground: Ground, tx: Tx, ask: StartPayment) -> tuple[payments.Intent, str]:
    intent = await payments.intent_of_order(tx, ask.order_id, lock=True)
    if intent is None or intent.payer_id != ask.payer_id:
        raise payments.PaymentUnknown
    if intent.state != "open":
        raise payments.PaymentOver(state=intent.state)
    if not intent.cashier_url:
        await payments.start_asking(tx, intent, first_query_seconds=ground.policy.payment_first_query_seconds)
    bought = await orders.lines(tx, intent.order_id)
    return intent, bought[0].title_zh
