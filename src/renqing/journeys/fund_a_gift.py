"""The money of funds: shares come, the gift is bought, or everything goes back. Steps of other journeys.

A share that is paid goes through its payer's account to the fund's own. With the last one the fund pays for the gift
in the same transaction, and the gift takes the way of every paid gift. A share that comes too late, and all shares of a
fund that ends short or is called off, go back as they came, whole. What is refunded of a gift that a fund bought comes
back to the fund, and from there, in one transaction, to everybody by the parts that they paid.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.social import funds
from renqing.social.funds import Contribution, Fund, Part
from renqing.trade import orders, payments


async def take_shares(
    tx: Tx, shares: Sequence[tuple[payments.Intent, Contribution]], locked: dict[int, Fund]
) -> tuple[list[ledger.Entry], list[int]]:
    """Captured payments of contributions; their funds are locked. Answers what to post, and which funds are full."""
    entries, full, late = [], [], []
    for intent, one in shares:
        fund = locked[one.fund_id]
        entries.append(_share_entry(intent, fund))
        if one.state == "open" and fund.state == "open":
            locked[fund.id] = await funds.take(tx, fund, one)
            if locked[fund.id].state == "full":
                full.append(fund.id)
        else:
            late.append((one, fund))
    return [*entries, *await _give_back(tx, late, "late_payment")], full


def _share_entry(intent: payments.Intent, fund: Fund) -> ledger.Entry:
    person = ledger.person_balance(intent.payer_id, intent.currency)
    channel = ledger.clearing(payments.CHANNEL_IDS[intent.channel], intent.currency)
    legs = (
        ledger.Leg(channel, -intent.amount),
        ledger.Leg(person, intent.amount),
        ledger.Leg(person, -intent.amount),
        ledger.Leg(ledger.fund(fund.id, fund.currency), intent.amount),
    )
    return ledger.Entry("order_paid", "order", intent.order_id, f"paid:{intent.order_id}", legs)


def bought_entry(fund: Fund) -> ledger.Entry:
    """The fund pays for its gift."""
    legs = (
        ledger.Leg(ledger.fund(fund.id, fund.currency), -fund.target),
        ledger.Leg(ledger.escrow(fund.currency), fund.target),
    )
    return ledger.Entry("order_paid", "order", fund.id, f"paid:{fund.id}", legs)


async def _give_back(tx: Tx, shares: Sequence[tuple[Contribution, Fund]], reason: str) -> list[ledger.Entry]:
    """All of these shares go back by the original route, once each; answers what to post."""
    asks = [payments.NewRefund(one.id, one.amount, "fund", one.id, reason) for one, _ in shares]
    asked = await payments.ask_refunds(tx, asks)
    return [
        _back_entry(fund, one, refund) for (one, fund), (refund, is_new) in zip(shares, asked, strict=True) if is_new
    ]


def _back_entry(fund: Fund, one: Contribution, refund: payments.Refund) -> ledger.Entry:
    person = ledger.person_balance(one.person_id, fund.currency)
    legs = (
        ledger.Leg(ledger.fund(fund.id, fund.currency), -refund.amount),
        ledger.Leg(person, refund.amount),
        ledger.Leg(person, -refund.amount),
        ledger.Leg(ledger.refunds_due(fund.currency), refund.amount),
    )
    return ledger.Entry("refund", "order", one.id, f"refund:{refund.id}", legs)


async def end_funds(tx: Tx, locked: Sequence[Fund], why: str) -> list[ledger.Entry]:
    """Open funds end before they are full: what is paid goes back, who is at the cashier is let down.

    Answers what to post. Their orders are locked, closed by the caller.
    """
    entries = []
    for fund in locked:
        found = await funds.contributions_of(tx, [fund.id])
        waiting = await payments.intents_of_orders(tx, [one.id for one in found if one.state == "open"], lock=True)
        await funds.end(tx, fund, "short" if why == "unpaid" else "called_off")
        await payments.close_at_channel(tx, [one for one in waiting.values() if one.asked_at is not None], why)
        await payments.close_intents(tx, [one for one in waiting.values() if one.asked_at is None])
        paid = [(one, fund) for one in found if one.state == "paid"]
        entries += await _give_back(tx, paid, "fund_short" if why == "unpaid" else "fund_called_off")
    return entries


async def lapse_shares(tx: Tx, contribution_ids: Sequence[int], *, at_channel: bool) -> None:
    """Nobody has paid these in time. ``at_channel``: one that may be in flight is closed there first."""
    known = await funds.contributions_by_id(tx, contribution_ids)
    locked = await funds.lock(tx, {one.fund_id for one in known.values()})
    known = await funds.contributions_by_id(tx, known)
    intents = await payments.intents_of_orders(tx, known, lock=True)
    waiting = {key: intent for key, intent in intents.items() if intent.state == "open"}
    asked = [intent for intent in waiting.values() if at_channel and intent.asked_at is not None]
    await payments.close_at_channel(tx, asked, "unpaid")
    closing = [intent for intent in waiting.values() if intent not in asked]
    await payments.close_intents(tx, closing)
    lapsed = [known[intent.order_id] for intent in closing if known[intent.order_id].state == "open"]
    await funds.set_over(tx, locked, lapsed)


async def share_out_refund(tx: Tx, refund: payments.Refund, intent: payments.Intent, fund: Fund) -> list[ledger.Entry]:
    """What went back of a funded gift goes on to who paid, by their parts. Answers what to post after it came."""
    paid = await funds.paid_contributions(tx, fund.id)
    intents = await payments.intents_of_orders(tx, [one.id for one in paid], lock=True)
    left = [intents[one.id].captured_amount - intents[one.id].refunded_amount for one in paid]
    shares = [(one, amount) for one, amount in zip(paid, funds.split_back(refund.amount, left), strict=True) if amount]
    parts = [Part(tx.ids.new(), refund.id, one.id, amount) for one, amount in shares]
    await funds.return_parts(tx, parts)
    asks = [
        payments.NewRefund(part.contribution_id, part.amount, "fund_return", part.id, refund.reason) for part in parts
    ]
    asked = await payments.ask_refunds(tx, asks)
    legs = (
        ledger.Leg(ledger.refunds_due(intent.currency), -refund.amount),
        ledger.Leg(ledger.fund(fund.id, fund.currency), refund.amount),
    )
    came = ledger.Entry("refund_done", "order", intent.order_id, f"refunded:{refund.id}", legs)
    back = [_back_entry(fund, one, done) for (one, _), (done, _) in zip(shares, asked, strict=True)]
    return [came, *back]


async def titles_of(tx: Tx, contribution_ids: Sequence[int]) -> dict[int, str]:
    """What the cashier calls these: the goods of their funds."""
    known = await funds.contributions_by_id(tx, contribution_ids)
    titles = await orders.titles(tx, [one.fund_id for one in known.values()])
    return {one.id: titles[one.fund_id] for one in known.values()}
