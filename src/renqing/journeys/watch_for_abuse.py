"""Rules that watch for abuse: each hears one kind of fact, counts, and may put a hold on who caused it.

The worker hands facts over in the transaction that marks them told. A rule decides nothing about anybody's money and
takes nothing back: it stops one verb for a while, which an operator may lift, and whose end is written beside it. What
a rule counts is in its own words in ``RULES``; the limits are the operator's (``Policy``). Before they count, what was
claimed that is one a person is noted by the phone it goes to: ``docs/decisions/guises.md``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.metrics import HOLDS
from renqing.foundation.outbox import LeftFact
from renqing.foundation.settings import Policy
from renqing.social import gifts, holds
from renqing.trade import orders

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_WEEK = timedelta(days=7)


class Rule(msgspec.Struct, frozen=True):
    """``hears`` a fact, takes ``who`` from it, stops their ``verb`` for ``lasts`` where ``count`` reaches ``limit``.

    ``why``: what it is for, for operators who ask.
    """

    hears: str
    who: str
    verb: holds.Verb
    lasts: timedelta
    count: Callable[[Tx, Sequence[int]], Awaitable[Mapping[int, int]]]
    limit: Callable[[Policy], int]
    why: str


async def _unanswered(tx: Tx, givers: Sequence[int]) -> Mapping[int, int]:
    return {one: await gifts.count_unanswered(tx, one, tx.now - _DAY) for one in givers}


async def _never_paid(tx: Tx, payers: Sequence[int]) -> Mapping[int, int]:
    return {one: await orders.count_unpaid(tx, one, tx.now - _HOUR) for one in payers}


async def _reporters(tx: Tx, about: Sequence[int]) -> Mapping[int, int]:
    return {one: await holds.reporters_since(tx, one, tx.now - _WEEK) for one in about}


async def _accounts(tx: Tx, claimers: Sequence[int]) -> Mapping[int, int]:
    """Of everybody at once: a gift for many is claimed by thousands in a second."""
    return await holds.accounts_beside(tx, claimers, tx.now - _DAY)


RULES: Mapping[str, Rule] = {
    "gift_spam": Rule(
        "GiftReadyToClaim",
        "giver_id",
        "give",
        _DAY,
        _unanswered,
        lambda policy: policy.abuse_gifts_unanswered_max,
        "so many different people were sent gifts within a day that none of them took",
    ),
    "card_testing": Rule(
        "OrderClosed",
        "payer_id",
        "pay",
        _HOUR,
        _never_paid,
        lambda policy: policy.abuse_orders_unpaid_max,
        "so many orders within an hour were never paid: cards are tried out like that",
    ),
    "reported": Rule(
        "PersonReported",
        "about_id",
        "give",
        _WEEK,
        _reporters,
        lambda policy: policy.abuse_reporters_max,
        "so many different people reported somebody within a week; an operator decides sooner",
    ),
    "guises": Rule(
        "GiftClaimed",
        "claimed_by",
        "receive",
        _DAY,
        _accounts,
        lambda policy: policy.abuse_accounts_max,
        "so many accounts had shares of one gift sent to the same phone: one share a person, in whatever guise",
    ),
    "guises_of_presents": Rule(
        "PresentTaken",
        "taken_by",
        "receive",
        _DAY,
        _accounts,
        lambda policy: policy.abuse_accounts_max,
        "so many accounts had what a shop gives away, one a person, sent to the same phone",
    ),
}


async def watch_for_abuse(ground: Ground, tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Let every rule look at who caused the facts that it hears, once each."""
    await _note_guises(tx, facts)
    for name, rule in RULES.items():
        heard = sorted({fact.payload[rule.who] for fact in facts if fact.kind == rule.hears})
        counted = await rule.count(tx, heard) if heard else {}
        for person_id in heard:
            is_too_much = counted.get(person_id, 0) >= rule.limit(ground.policy)
            new = holds.NewHold(person_id, rule.verb, name, tx.now + rule.lasts)
            if is_too_much and await holds.hold(tx, new):
                HOLDS.labels(name).inc()


async def _note_guises(tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Where shares for many, and what shops give away, were sent; vouchers go nowhere."""
    taken = [
        (fact.payload["activity_id"], fact.payload["taken_by"], fact.payload["order_id"])
        for fact in facts
        if fact.kind == "PresentTaken"
    ]
    shared = [
        (fact.payload["gift_id"], fact.payload["claimed_by"])
        for fact in facts
        if fact.kind == "GiftClaimed" and fact.payload.get("shares", 1) > 1
    ]
    held = await gifts.shares_held(tx, shared)
    taken += [(gift_id, person_id, held[gift_id, person_id].order_id) for gift_id, person_id in shared]
    sent_to = await orders.destinations(tx, tx.keys, [order_id for _, _, order_id in taken])
    guises = [
        holds.Guise(subject_id, person_id, sent_to[order_id].phone)
        for subject_id, person_id, order_id in taken
        if order_id in sent_to
    ]
    await holds.note_guises(tx, guises)
