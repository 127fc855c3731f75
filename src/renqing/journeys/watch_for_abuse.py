"""Rules that watch for abuse: each hears one kind of fact, counts, and may put a hold on who caused it.

The worker hands facts over in the transaction that marks them told. A rule decides nothing about anybody's money and
takes nothing back: it stops one verb for a while, which an operator may lift, and whose end is written beside it. What
a rule counts is in its own words in ``RULES``; the limits are the operator's (``Policy``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
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
    count: Callable[[Tx, int], Awaitable[int]]
    limit: Callable[[Policy], int]
    why: str


async def _unanswered(tx: Tx, giver_id: int) -> int:
    return await gifts.count_unanswered(tx, giver_id, tx.now - _DAY)


async def _never_paid(tx: Tx, payer_id: int) -> int:
    return await orders.count_unpaid(tx, payer_id, tx.now - _HOUR)


async def _reporters(tx: Tx, about_id: int) -> int:
    return await holds.reporters_since(tx, about_id, tx.now - _WEEK)


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
}


async def watch_for_abuse(ground: Ground, tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Let every rule look at who caused the facts that it hears, once each."""
    for name, rule in RULES.items():
        heard = {fact.payload[rule.who] for fact in facts if fact.kind == rule.hears}
        for person_id in sorted(heard):
            if await rule.count(tx, person_id) >= rule.limit(ground.policy):
                await holds.hold(tx, holds.NewHold(person_id, rule.verb, name, tx.now + rule.lasts))
