"""Funds: several people pay for one gift together.

Promises:
1. A fund never takes more than its target: what somebody is about to pay is set aside for them while they are at the
   cashier, and of two who want the last yuan one gets it (G17).
2. What is paid waits on the fund's own account until the target is reached; then, and only then, the gift is bought.
3. Short of the target at the deadline, or called off before, everybody gets back exactly what they paid, once.
4. What later goes back of a gift that was bought so goes back to all who paid, in the parts that they paid, to the fen.
5. Amounts are for everybody who takes part, or for the starter and oneself alone; names are on the gift's card, or not.
6. Who it is for learns of nothing before the gift is there.
7. Whoever has a fund's link may join those who are asked, while it lives; whom it is for finds nothing behind it.
"""

from renqing.social.funds.actions import (
    close_link,
    end,
    forget,
    join,
    open_link,
    reserve,
    return_parts,
    set_over,
    start,
    take,
)
from renqing.social.funds.link_store import by_link, link_of
from renqing.social.funds.model import (
    FUND,
    GUESTS_MAX,
    Contribution,
    Fund,
    FundCrowded,
    FundOver,
    FundSpokenFor,
    FundState,
    FundUnknown,
    Part,
)
from renqing.social.funds.rules import check_end, check_guests, is_open, share_to_take, split_back, takes_part
from renqing.social.funds.store import (
    by_id,
    contributions_by_id,
    contributions_of,
    count_open,
    guests_of,
    is_guest,
    lock,
    of_gift,
    paid_contributions,
)

__all__ = [
    "FUND",
    "GUESTS_MAX",
    "Contribution",
    "Fund",
    "FundCrowded",
    "FundOver",
    "FundSpokenFor",
    "FundState",
    "FundUnknown",
    "Part",
    "by_id",
    "by_link",
    "check_end",
    "check_guests",
    "close_link",
    "contributions_by_id",
    "contributions_of",
    "count_open",
    "end",
    "forget",
    "guests_of",
    "is_guest",
    "is_open",
    "join",
    "link_of",
    "lock",
    "of_gift",
    "open_link",
    "paid_contributions",
    "reserve",
    "return_parts",
    "set_over",
    "share_to_take",
    "split_back",
    "start",
    "take",
    "takes_part",
]
