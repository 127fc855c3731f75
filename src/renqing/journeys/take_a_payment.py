"""The channel says that money came, or went back.

One transaction: the orders are locked, then their intents and refunds; what was kept before is only repeated; what
does not fit amount, currency or state is kept aside for a person and changes nothing; a capture is booked, its order
moves on (for a gift: its time to be claimed begins, or the wait for its moment; vouchers are issued); a capture whose
order is closed is booked and goes straight back. Every callback is stored with its verdict in the same transaction, so
it is acknowledged only once it is kept.

What is paid for may be a share of a fund: with the last one the fund buys its gift (``fund_a_gift``).

Told for many at once, because callbacks come in storms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotFound, NotNow, NotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.metrics import CALLBACKS
from renqing.journeys.fund_a_gift import bought_entry, take_shares
from renqing.journeys.give_money_back import give_rest_back
from renqing.journeys.issue_vouchers import issue_vouchers
from renqing.social import draws, funds, gifts, schedules
from renqing.trade import balances, orders, payments
from renqing.trade.payments import Effect, JudgedCallback
from renqing.trade.payments.ports import PaymentNews


class CallbackOrderUnknown(NotFound):
    """The callback names a payment we never asked for. Nothing changed."""

    code = "callback_order_unknown"


class CallbackAmountDiffers(NotValid):
    """The callback's amount or currency is not ours. It is kept for a person; nothing changed."""

    code = "callback_amount_differs"


class CallbackContradicts(NotNow):
    """The callback contradicts what is booked. It is kept for a person; nothing changed."""

    code = "callback_contradicts"


class Heard(msgspec.Struct, frozen=True):
    """One callback or query answer: who said it, what, and the raw body as evidence."""

    channel: str
    news: PaymentNews
    body: bytes


class Taken(msgspec.Struct, frozen=True):
    """What became of it."""

    effect: Effect


_REFUSALS: dict[Effect, type[Refusal]] = {
    Effect.QUARANTINE_AMOUNT: CallbackAmountDiffers,
    Effect.QUARANTINE_STATE: CallbackContradicts,
    Effect.QUARANTINE_REFUND: CallbackOrderUnknown,
}


async def take_payments(ground: Ground, heard: Sequence[Heard]) -> list[Taken | Exception]:
    """For each callback what became of it; one that is kept aside answers its refusal."""
    effects = await ground.db.run(lambda tx: _story(tx, heard))
    for said, effect in zip(heard, effects, strict=True):
        CALLBACKS.labels(said.channel, effect or "unknown").inc()
    return [_answer(effect) for effect in effects]


def _answer(effect: Effect | None) -> Taken | Exception:
    if effect is None:
        return CallbackOrderUnknown()
    return _REFUSALS[effect]() if effect in _REFUSALS else Taken(effect)


async def _story(tx: Tx, heard: Sequence[Heard]) -> list[Effect | None]:
    order_ids = await payments.order_ids_of(tx, [said.news.intent_id for said in heard])
    table = await _lock(tx, order_ids.values())
    intents = await payments.lock_intents(tx, order_ids)
    refunds = await payments.lock_refunds(tx, [said.news.refund_id for said in heard if said.news.refund_id])
    tries = await balances.tries_by_id(
        tx, [said.news.refund_id for said in heard if said.news.refund_id and said.news.refund_id not in refunds]
    )
    known = {
        channel: await payments.known_events(tx, channel, [said.news.event_id for said in heard])
        for channel in {said.channel for said in heard}
    }
    captured: dict[int, payments.Intent] = {}
    refunded: dict[int, payments.Refund] = {}
    effects: list[Effect | None] = []
    for said in heard:
        intent = intents.get(said.news.intent_id)
        if intent is None or intent.channel != said.channel:
            effects.append(None)
            continue
        is_known = said.news.event_id in known[said.channel]
        effect = Effect.REPEATED if is_known else _judge(said.news, intent, refunds, tries)
        if effect is Effect.CAPTURE:
            effect = Effect.REPEATED if intent.id in captured else effect
            captured[intent.id] = intent
        elif effect is Effect.REFUNDED and said.news.refund_id is not None:
            effect = Effect.REPEATED if said.news.refund_id in refunded else effect
            refunded[said.news.refund_id] = refunds[said.news.refund_id]
        effects.append(effect)
    entries = await _capture(tx, list(captured.values()), table)
    entries += await _confirm(tx, [(refund, intents[refund.intent_id]) for refund in refunded.values()])
    await _look(tx, heard, effects, tries)
    await payments.keep_callbacks(tx, _judged(heard, effects))
    verdicts = await ledger.post(tx, entries)
    assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), "what happens once is booked once"
    return effects


def _judge(
    news: PaymentNews,
    intent: payments.Intent,
    refunds: dict[int, payments.Refund],
    tries: dict[int, balances.Try],
) -> Effect:
    """A try to give a balance back is asked about, whatever a callback says of it: the answer is what counts."""
    if news.kind == "payment":
        return payments.judge(intent, news)
    one = tries.get(news.refund_id or 0)
    if one is not None and one.intent_id == intent.id:
        return Effect.LOOK if one.state == "asked" else Effect.REPEATED
    refund = refunds.get(news.refund_id) if news.refund_id is not None else None
    return payments.judge_refund(refund, intent.currency, news)


class _Table(msgspec.Struct):
    """What is paid for, locked: orders, and shares of funds with the funds and the orders that those pay for."""

    orders: dict[int, orders.Order]
    shares: dict[int, funds.Contribution]
    funds: dict[int, funds.Fund]


async def _lock(tx: Tx, paid_for: Iterable[int]) -> _Table:
    ids = set(paid_for)
    shares = await funds.contributions_by_id(tx, ids)
    fund_ids = {one.fund_id for one in shares.values()}
    locked = await orders.lock_many(tx, (ids - shares.keys()) | fund_ids)
    locked_funds = await funds.lock(tx, fund_ids)
    return _Table(locked, await funds.contributions_by_id(tx, shares), locked_funds)


async def _capture(tx: Tx, intents: Sequence[payments.Intent], table: _Table) -> list[ledger.Entry]:
    """Move the captured orders, start the gifts among them, send back what came too late; answers what to post."""
    await payments.capture(tx, intents)
    of_orders = [intent for intent in intents if intent.order_id not in table.shares]
    shares = [(intent, table.shares[intent.order_id]) for intent in intents if intent.order_id in table.shares]
    put_in, full = await take_shares(tx, shares, table.funds)
    await payments.capture(tx, list((await payments.intents_of_orders(tx, full, lock=True)).values()))
    waiting = [table.orders[order_id] for order_id in (*(intent.order_id for intent in of_orders), *full)]
    in_time = [order for order in waiting if order.state is orders.OrderState.TO_PAY]
    too_late = [order for order in waiting if order.state is orders.OrderState.CLOSED]
    assert len(in_time) + len(too_late) == len(waiting), "an order that is paid is captured"
    moved = await orders.mark_paid(tx, in_time)
    of_gifts = [order.id for order in in_time if order.purpose == "gift"]
    paid = await gifts.lock_of_orders(tx, of_gifts) if of_gifts else []
    later = [gift for gift in paid if gift.scheduled]
    await gifts.let_wait(tx, later)
    await schedules.start(tx, [gift.id for gift in later])
    await gifts.make_claimable(tx, [gift for gift in paid if not gift.scheduled])
    drawn_for = [gift for gift in paid if gift.mode == "draw" and not gift.scheduled]
    of_groups = {gift.id for gift in drawn_for if gift.group_id is not None}
    await draws.open_for_entries(tx, [gift.id for gift in drawn_for], of_groups)
    await issue_vouchers(tx, [order for order in moved if order.state is orders.OrderState.TO_REDEEM])
    back = [(order, order.id) for order in too_late]
    return [
        *(_paid_entry(intent) for intent in of_orders),
        *put_in,
        *(bought_entry(table.funds[fund_id]) for fund_id in full),
        *await give_rest_back(tx, back, cause_kind="late_payment", reason="late_payment"),
    ]


def _paid_entry(intent: payments.Intent) -> ledger.Entry:
    person = ledger.person_balance(intent.payer_id, intent.currency)
    channel = ledger.clearing(payments.CHANNEL_IDS[intent.channel], intent.currency)
    return ledger.Entry(
        kind="order_paid",
        cause_kind="order",
        cause_id=intent.order_id,
        key=f"paid:{intent.order_id}",
        legs=(
            ledger.Leg(channel, -intent.amount),
            ledger.Leg(person, intent.amount),
            ledger.Leg(person, -intent.amount),
            ledger.Leg(ledger.escrow(intent.currency), intent.amount),
        ),
    )


async def _confirm(tx: Tx, done: Sequence[tuple[payments.Refund, payments.Intent]]) -> list[ledger.Entry]:
    """The channel has given money back: a gift that ended knows it. Answers what to post."""
    await payments.confirm_refunds(tx, done)
    of_gifts = {
        intent.order_id: (refund.amount, intent.currency) for refund, intent in done if refund.cause_kind == "gift"
    }
    await gifts.record_refunds(tx, of_gifts)
    return [_refunded_entry(refund, intent) for refund, intent in done]


def _refunded_entry(refund: payments.Refund, intent: payments.Intent) -> ledger.Entry:
    channel = ledger.clearing(payments.CHANNEL_IDS[intent.channel], intent.currency)
    return ledger.Entry(
        kind="refund_done",
        cause_kind="order",
        cause_id=intent.order_id,
        key=f"refunded:{refund.id}",
        legs=(ledger.Leg(ledger.refunds_due(intent.currency), -refund.amount), ledger.Leg(channel, refund.amount)),
    )


async def _look(
    tx: Tx, heard: Sequence[Heard], effects: Sequence[Effect | None], tries: dict[int, balances.Try]
) -> None:
    """What is not certain is asked for at once, through the errands."""
    doubtful = [said.news for said, effect in zip(heard, effects, strict=True) if effect is Effect.LOOK]
    await payments.look_soon(
        tx, payments.QUERY_PAYMENT, sorted({news.intent_id for news in doubtful if news.kind == "payment"})
    )
    refunds = {news.refund_id for news in doubtful if news.refund_id is not None}
    await payments.look_soon(tx, payments.SEND_REFUND, sorted(refunds - tries.keys()))
    await balances.try_now(tx, sorted({tries[one].balance_id for one in refunds & tries.keys()}))


def _judged(heard: Sequence[Heard], effects: Sequence[Effect | None]) -> list[JudgedCallback]:
    kept = []
    for said, effect in zip(heard, effects, strict=True):
        quarantined = effect is None or effect in _REFUSALS
        verdict: payments.CallbackVerdict = (
            "quarantined" if quarantined else "repeated" if effect is Effect.REPEATED else "applied"
        )
        kept.append(
            JudgedCallback(
                channel=said.channel,
                event_id=said.news.event_id,
                kind=said.news.kind,
                intent_id=said.news.intent_id,
                body=said.body,
                verdict=verdict,
                why=str(effect or "order_unknown") if quarantined else "",
            )
        )
    return kept
