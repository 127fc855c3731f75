"""Peace: what people let come to them, when it may ring, and what is counted of their giving.

Promises:
1. Whom somebody takes gifts from, and up to which price, is held at every gift that names them. Whose gifts are not
   taken learns no more than a stranger does; a price that is too high is told without the limit.
2. In somebody's quiet hours a notice is written and rings nobody; when they are over it makes its dot.
3. What somebody gave is counted for their friends only while they let it, and shown only where ``FRIENDS_SHOWN_MIN``
   friends gave it: a label never points at one of them.
4. How many people gave a product is rounded down, and counts gifts that were accepted.
5. Who switches histories off is in none: neither the other of two sees it, nor they.
"""

from renqing.social.peace.actions import count_given, forget, keep_rule
from renqing.social.peace.model import (
    DEFAULT_RULE,
    FRIENDS_SHOWN_MIN,
    GIFTS_FROM,
    PEOPLE_SHOWN_MIN,
    GiftsFrom,
    GiftTooDear,
    GivenBy,
    PeaceRule,
)
from renqing.social.peace.rules import lets_in, quiet_until, rounded
from renqing.social.peace.store import rule_of, rules_of

__all__ = [
    "DEFAULT_RULE",
    "FRIENDS_SHOWN_MIN",
    "GIFTS_FROM",
    "PEOPLE_SHOWN_MIN",
    "GiftTooDear",
    "GiftsFrom",
    "GivenBy",
    "PeaceRule",
    "count_given",
    "forget",
    "keep_rule",
    "lets_in",
    "quiet_until",
    "rounded",
    "rule_of",
    "rules_of",
]
