"""The bank's verbs: each decides on the truth as it is, then writes, inside the batch's transaction.

A refusal (``Refused``) is raised before the first write, so that it leaves nothing in the transaction it shares.
"""

from __future__ import annotations

from dataclasses import dataclass

from renqing.providers.sandbox_channel.bank import rules, store
from renqing.providers.sandbox_channel.bank.books import Refused, Tx
from renqing.providers.sandbox_channel.bank.model import Operation, Payment, Payout, Refund, Switches
from renqing.providers.sandbox_channel.wire import OpenSaid, PayoutAskSaid, RefundAskSaid


def open_payment(tx: Tx, said: OpenSaid) -> Payment:
    """Open a payment, or answer the one that is there. Another amount for the same id is refused."""
    intent_id = int(said.intent_id)
    known = store.payment(tx.conn, intent_id)
    if known is not None:
        if (known.amount, known.currency) != (said.amount, said.currency):
            raise Refused("another_amount")
        return known
    new = Payment(
        intent_id,
        f"SBP{tx.ids.new()}",
        said.amount,
        said.currency,
        said.description,
        said.notify_url,
        said.return_url,
        "open",
        0,
    )
    store.add_payment(tx, new)
    switches = store.switches_for(tx.conn, intent_id)
    if switches.forge:
        news = rules.news_of_payment(_event_id(tx), new, tx.now_ms)
        store.queue(tx, rules.forgery_of(news, new.notify_url, intent_id, switches, tx.now_ms))
    return new


def pay(tx: Tx, intent_id: int) -> Payment:
    """The payer pays. Paid already: the same answer and nothing moves. Closed: refused."""
    known = _payment(tx, intent_id)
    if known.state == "paid":
        return known
    if known.state == "closed":
        raise Refused("payment_closed")
    store.end_payment(tx, intent_id, "paid")
    paid = _payment(tx, intent_id)
    store.add_movement(tx, paid)
    switches = store.switches_for(tx.conn, intent_id)
    if switches.forge:
        claim = rules.news_of_payment(_event_id(tx), paid, tx.now_ms)
        store.queue(tx, rules.forgery_of(claim, paid.notify_url, intent_id, switches, tx.now_ms))
    news = rules.news_of_payment(_event_id(tx), paid, tx.now_ms)
    may_hold = bool(switches.reorder) and not store.is_any_held(tx.conn)
    store.queue(tx, rules.letters_of(news, paid.notify_url, intent_id, switches, tx.now_ms, may_hold=may_hold))
    return paid


def close(tx: Tx, intent_id: int) -> Payment:
    """Close an open payment. One that is paid stays paid, and the answer says so."""
    known = _payment(tx, intent_id)
    if known.state != "open":
        return known
    store.end_payment(tx, intent_id, "closed")
    return _payment(tx, intent_id)


def _paid(tx: Tx, intent_id: int, currency: str) -> Payment:
    """A payment that was paid, in this currency; Refused otherwise."""
    paid = _payment(tx, intent_id)
    if paid.state != "paid":
        raise Refused("payment_not_paid")
    if currency != paid.currency:
        raise Refused("another_currency")
    return paid


def ask_refund(tx: Tx, said: RefundAskSaid) -> Refund:
    """Begin a refund, or answer the one that is there. Never more than is left of the payment."""
    refund_id, intent_id = int(said.refund_id), int(said.intent_id)
    known = store.refund(tx.conn, refund_id)
    if known is not None:
        if (known.intent_id, known.amount, known.currency) != (intent_id, said.amount, said.currency):
            raise Refused("another_amount")
        return known
    paid = _paid(tx, intent_id, said.currency)
    if said.amount > paid.amount - paid.refunded:
        raise Refused("more_than_is_left")
    switches = store.switches_for(tx.conn, intent_id)
    becomes = switches.refunds if rules.strikes(switches, "refunds", refund_id) else "done"
    ends_at_ms = None if becomes == "processing" else tx.now_ms + switches.refund_seconds * 1000
    new = Refund(
        refund_id,
        intent_id,
        f"SBR{tx.ids.new()}",
        said.amount,
        said.currency,
        said.notify_url,
        "processing",
        ends_at_ms,
        becomes,
    )
    store.move_refunded(tx, intent_id, said.amount)
    store.add_refund(tx, new)
    if switches.forge:
        claim = rules.news_of_refund(_event_id(tx), new, tx.now_ms)
        store.queue(tx, rules.forgery_of(claim, new.notify_url, refund_id, switches, tx.now_ms))
    if ends_at_ms == tx.now_ms:
        return _end_refund(tx, new, switches)
    tx.letters_left += 1  # so that the postman looks when this refund ends
    return new


def ask_payout(tx: Tx, said: PayoutAskSaid) -> Payout:
    """Pay to the account that paid an intent, once an id. Only to one that ever paid."""
    payout_id, intent_id = int(said.payout_id), int(said.to_intent_id)
    known = store.payout(tx.conn, payout_id)
    if known is not None:
        if (known.to_intent_id, known.amount, known.currency) != (intent_id, said.amount, said.currency):
            raise Refused("another_amount")
        return known
    _paid(tx, intent_id, said.currency)
    switches = store.switches_for(tx.conn, intent_id)
    becomes = switches.payouts if rules.strikes(switches, "payouts", payout_id) else "done"
    new = Payout(payout_id, intent_id, f"SBT{tx.ids.new()}", said.amount, said.currency, becomes)
    store.add_payout(tx, new)
    if becomes == "done":
        store.add_movement(tx, new)
    return new


def end_refunds(tx: Tx, until_ms: int) -> int:
    """End the refunds whose time has come; how many."""
    ending = store.refunds_to_end(tx.conn, until_ms)
    for refund in ending:
        _end_refund(tx, refund, store.switches_for(tx.conn, refund.intent_id))
    return len(ending)


def _end_refund(tx: Tx, refund: Refund, switches: Switches) -> Refund:
    store.end_refund(tx, refund.refund_id, refund.ends_as)
    ended = _refund(tx, refund.refund_id)
    if ended.state == "done":
        store.add_movement(tx, ended)
    else:
        store.move_refunded(tx, ended.intent_id, -ended.amount)
    news = rules.news_of_refund(_event_id(tx), ended, tx.now_ms)
    may_hold = bool(switches.reorder) and not store.is_any_held(tx.conn)
    store.queue(tx, rules.letters_of(news, ended.notify_url, ended.refund_id, switches, tx.now_ms, may_hold=may_hold))
    return ended


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the answer, or nothing (empty)."""

    kind: str = ""

    @property
    def comes_before_the_work(self) -> bool:
        return self.kind in {"fail_before", "refuse"}


def draw_fault(tx: Tx, operation: Operation, intent_id: int, key: int) -> Fault:
    """The fault that this answer gets; counted, so that it ends after ``answer_times``."""
    switches = store.switches_for(tx.conn, intent_id)
    kind = rules.fault_of(switches, operation, key)
    if kind and switches.answer_times and store.count_fault(tx, operation, key) > switches.answer_times:
        return Fault()
    return Fault(kind)


def _payment(tx: Tx, intent_id: int) -> Payment:
    found = store.payment(tx.conn, intent_id)
    if found is None:
        raise Refused("payment_unknown")
    return found


def _refund(tx: Tx, refund_id: int) -> Refund:
    found = store.refund(tx.conn, refund_id)
    assert found is not None, f"refund {refund_id} is there"
    return found


def _event_id(tx: Tx) -> str:
    return f"evt_{tx.ids.new()}"
