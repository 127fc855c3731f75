"""Yearly gifts: rules by which somebody means to give a friend something on the same day of every year.

Promises:
1. A rule is made paused: nothing comes of it before who made it has seen what it would do, and said yes.
2. In each year of its day a rule prepares one gift at most, some days before: for what, for how much, until when. That
   is a proposal: nothing is bought, no stock is held and nobody is charged before its giver says yes to it and pays.
3. Where it cannot (price, stock, off sale, whom it is for), it says why and does nothing more in that year; where the
   day itself is not to be known any more, it pauses.
4. Of a proposal one gift comes at most that is paid, to the rule's friend, within the rule's sum (G26).
5. Nobody but its giver knows of a rule.
"""

from renqing.social.yearly.actions import (
    activate,
    drop_of_note,
    end,
    fail,
    forget,
    give,
    lapse,
    make,
    pause,
    propose,
    set_next,
)
from renqing.social.yearly.model import (
    LAPSE_YEARLY,
    PREPARE_YEARLY,
    PROPOSED_DAYS_BEFORE,
    NewRule,
    NextTime,
    Proposal,
    ProposalState,
    Rule,
    RuleOver,
    RulesFull,
    RuleState,
    RuleUnknown,
    Why,
    YearlyNotPossible,
)
from renqing.social.yearly.rules import next_times
from renqing.social.yearly.store import (
    gift_of,
    given_products,
    lock_proposals,
    lock_rules,
    of_birthday,
    proposal_of,
    proposals_of,
    rule_by_id,
    rules_of,
    years_of,
)

__all__ = [
    "LAPSE_YEARLY",
    "PREPARE_YEARLY",
    "PROPOSED_DAYS_BEFORE",
    "NewRule",
    "NextTime",
    "Proposal",
    "ProposalState",
    "Rule",
    "RuleOver",
    "RuleState",
    "RuleUnknown",
    "RulesFull",
    "Why",
    "YearlyNotPossible",
    "activate",
    "drop_of_note",
    "end",
    "fail",
    "forget",
    "gift_of",
    "give",
    "given_products",
    "lapse",
    "lock_proposals",
    "lock_rules",
    "make",
    "next_times",
    "of_birthday",
    "pause",
    "proposal_of",
    "proposals_of",
    "propose",
    "rule_by_id",
    "rules_of",
    "set_next",
    "years_of",
]
