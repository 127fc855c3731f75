"""The payer goes to the cashier.

First transaction: the intent is the payer's own and open; from now on we are not sure, and a query is set for later.
Between: the channel is asked for a payment page, with the intent's id as its key. Second transaction: the page is
kept, so that a repeat goes there without asking. When the channel does not answer the payer hears that nothing is
certain and tries again; asking twice opens one payment.

Both transactions are told for many at once; each payer asks the channel for themselves in between, so that one that is
silent holds up nobody else. What a payer's key stands for is kept with the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from renqing.foundation.batcher import Batcher
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, recall, remember
from renqing.journeys.bind_a_key import Bound
from renqing.journeys.fund_a_gift import titles_of
from renqing.social import funds, holds
from renqing.trade import orders, payments
from renqing.trade.payments.ports import OpenPayment, PaymentChannel

_BOUND = msgspec.json.encode(Bound()).decode()


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


class Begun(msgspec.Struct, frozen=True):
    """A payment that the channel may be asked for, and what it is for."""

    intent: payments.Intent
    title: str


class PaymentStarts:
    """Where payers go to the cashier: those who begin together share a transaction, and so do pages that come."""

    def __init__(self, ground: Ground, channels: Mapping[str, PaymentChannel]) -> None:
        self._channels = channels
        self._begins: Batcher[tuple[StartPayment, Once | None], Begun] = Batcher(
            partial(begin_payments, ground), key=lambda ask: (ask[0].payer_id, ask[0].order_id)
        )
        self._pages: Batcher[payments.Cashier, None] = Batcher(
            partial(_keep_pages, ground), key=lambda page: page.intent_id
        )

    async def start(self, ask: StartPayment, once: Once | None = None) -> CashierReady:
        """The cashier's page. Raises PaymentUnknown, PaymentOver, ChannelSilent, ChannelRefused, KeyReused, KeyInUse.

        OnHold for who may not pay for a while.
        Without ``once`` it is a form's deed, which is safe to repeat by itself.
        """
        begun = await self._begins.ask((ask, once))
        intent = begun.intent
        if intent.cashier_url:
            return CashierReady(intent.id, intent.cashier_url)
        opened = await self._channels[intent.channel].open(
            OpenPayment(
                intent_id=intent.id,
                amount=intent.amount,
                currency=intent.currency,
                description=begun.title,
                notify_url=ask.notify_url_of(intent.channel),
                return_url=ask.return_url,
            )
        )
        await self._pages.ask(payments.Cashier(intent.id, opened.channel_ref, opened.cashier_url))
        return CashierReady(intent.id, opened.cashier_url)


async def begin_payments(ground: Ground, asks: Sequence[tuple[StartPayment, Once | None]]) -> list[Begun | Exception]:
    """For each the payment that the channel may now be asked for, or PaymentUnknown, PaymentOver, KeyReused."""
    return await ground.db.run(lambda tx: _begin(ground, tx, asks))


async def _begin(ground: Ground, tx: Tx, asks: Sequence[tuple[StartPayment, Once | None]]) -> list[Begun | Exception]:
    keyed = [once for _, once in asks if once is not None]
    known = dict(zip(keyed, await recall(tx, keyed), strict=True)) if keyed else {}
    intents = await payments.intents_of_orders(tx, [ask.order_id for ask, _ in asks], lock=True)
    titles = await orders.titles(tx, list(intents))
    of_funds = [paid_for for paid_for in intents if paid_for not in titles]
    titles |= await titles_of(tx, of_funds) if of_funds else {}
    held = await holds.held_among(tx, {ask.payer_id for ask, _ in asks}, "pay", tx.now)
    answers: list[Begun | Exception] = []
    for ask, once in asks:
        kept = known.get(once) if once is not None else None
        answers.append(kept if isinstance(kept, Refusal) else _judge(ask, intents.get(ask.order_id), titles, held))
    began = [answer.intent for answer in answers if isinstance(answer, Begun)]
    await payments.start_asking(
        tx,
        [intent for intent in began if not intent.cashier_url],
        first_query_seconds=ground.policy.payment_first_query_seconds,
    )
    await remember(tx, [(once, _BOUND) for once in keyed if known[once] is None])
    return answers


def _judge(
    ask: StartPayment, intent: payments.Intent | None, titles: Mapping[int, str], held: Mapping[int, holds.OnHold]
) -> Begun | Refusal:
    if intent is None or intent.payer_id != ask.payer_id or intent.channel == funds.FUND:
        return payments.PaymentUnknown()
    if ask.payer_id in held:
        return held[ask.payer_id]
    if intent.state != "open":
        return payments.PaymentOver(state=intent.state)
    return Begun(intent, titles[intent.order_id])


async def _keep_pages(ground: Ground, pages: Sequence[payments.Cashier]) -> list[None]:
    await ground.db.run(lambda tx: payments.note_cashiers(tx, pages))
    return [None for _ in pages]
