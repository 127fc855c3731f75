"""Which way a balance is tried next. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from renqing.foundation.errors import FieldNotValid
from renqing.trade.balances.model import REASON_CHARACTERS_MAX, Balance, Route

TRY_EVERY = timedelta(days=7)
REMIND_EVERY = timedelta(days=30)


def routes_of(balance: Balance, paid_since: int | None) -> list[Route]:
    """The ways of a round, in their order.

    First what the person named, then the way it was paid. Where they named nothing, what they paid with since it was
    kept (``paid_since``, the intent) is the last: that account is theirs and it works.
    """
    original = Route("refund", balance.intent_id)
    if balance.named_intent_id is not None:
        return [Route("payout", balance.named_intent_id), original]
    return [original] if paid_since is None else [original, Route("payout", paid_since)]


def next_route(balance: Balance, paid_since: int | None, tried: Collection[Route]) -> Route | None:
    """The way to be tried now; None: all of this round's were."""
    return next((route for route in routes_of(balance, paid_since) if route not in tried), None)


def check_reason(reason: str) -> str:
    """Why an operator ends one by hand, trimmed. Raises FieldNotValid."""
    said = reason.strip()
    if not said:
        raise FieldNotValid(field="reason", reason="missing")
    if len(said) > REASON_CHARACTERS_MAX:
        raise FieldNotValid(field="reason", reason="too_long", max=REASON_CHARACTERS_MAX)
    return said
