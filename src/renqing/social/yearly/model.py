"""What a yearly rule is: paused <-> active, and either -> ended. A proposal: waiting -> given | lapsed; or failed."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotAllowed, NotFound, NotNow
from renqing.foundation.facts import Fact

RULES_MAX = 50
PROPOSED_DAYS_BEFORE = 7
PREPARE_YEARLY = "prepare_yearly"  # deadline, of a rule: so many days before its next day
LAPSE_YEARLY = "lapse_yearly"  # deadline, of a proposal: its day has come

RuleState = Literal["paused", "active", "ended"]
ProposalState = Literal["waiting", "given", "lapsed", "failed"]
# Why nothing is given. ``unreachable``: no friend any more, blocked, erased, takes no gifts: one word for all of them.
Why = Literal["price", "off_sale", "out_of_stock", "not_a_gift", "too_dear", "unreachable", "no_wish", "day_hidden"]


class RuleUnknown(NotFound):
    """There is no such rule, or it is somebody else's."""

    code = "yearly_rule_unknown"


class RulesFull(NotNow):
    """As many rules as there may be. Facts: ``max``."""

    code = "yearly_rules_full"


class RuleOver(NotNow):
    """The rule is ended, or there is nothing proposed that could be given now."""

    code = "yearly_rule_over"


class YearlyNotPossible(NotAllowed):
    """As things stand nothing would be given. Fact ``reason``: why."""

    code = "yearly_not_possible"


class NewRule(msgspec.Struct, frozen=True):
    """What to give whom, every year: a style, or (``list_id``) what waits longest on a wish list of theirs.

    On the day of ``note_id``, or the friend's own birthday; at ``comes_at``, a minute of the day where they are.
    ``total_max``: with freight, in minor units of ``currency``.
    """

    giver_id: int
    friend_id: int
    note_id: int | None
    sku_id: int | None
    list_id: int | None
    total_max: int
    currency: str
    cover: str
    greeting: str
    comes_at: int


class Rule(msgspec.Struct, frozen=True):
    """A rule as it stands."""

    id: int
    giver_id: int
    friend_id: int
    note_id: int | None
    sku_id: int | None
    list_id: int | None
    total_max: int
    currency: str
    cover: str
    greeting: str
    comes_at: int
    state: RuleState
    made_at: datetime


class NextTime(msgspec.Struct, frozen=True):
    """When a rule gives in a ``year`` of its day: proposed at ``proposed_at``, there at ``comes_at``.

    ``on`` is the date where its friend is, in ``time_zone``.
    """

    year: int
    on: date
    time_zone: str
    comes_at: datetime
    proposed_at: datetime


class Proposal(msgspec.Struct, frozen=True):
    """What a rule came to in a year. ``sku_id``, ``product_id`` and ``total`` None where it ``failed``, with ``why``.

    ``comes_at``: until then it may be given. ``order_id``: of the gift that came of it last.
    """

    id: int
    rule_id: int
    year: int
    on: date
    time_zone: str
    comes_at: datetime
    state: ProposalState
    why: Why | None
    sku_id: int | None
    product_id: int | None
    total: int | None
    order_id: int | None
    made_at: datetime


class YearlyProposed(Fact, frozen=True, kw_only=True):
    """A gift of this year waits for its giver's yes. Nobody else may know."""

    kind: ClassVar[str] = "YearlyProposed"
    giver_id: int
    who_id: int


class YearlyNotGiven(Fact, frozen=True, kw_only=True):
    """A rule did nothing, and why. Nobody but its giver may know."""

    kind: ClassVar[str] = "YearlyNotGiven"
    giver_id: int
    who_id: int
    why: str
