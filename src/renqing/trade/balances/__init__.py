"""Balances: money that the house owes a person because the way it should go back is closed (原路退不回去的钱).

Promises:
1. A refund that its channel will not give back is its payer's balance, whole and once.
2. A balance has no end by time and is nobody's income: it is given back, or an operator ends it by hand and says why.
3. It is tried again and again: the way it was paid, or to the account of a payment that its person names or made since.
4. Each try has a number of its own, which is the channel's key; one at a time, and after one that went none (D).
5. It is told of when it is kept, and then every month.
"""

from renqing.trade.balances.actions import begin_try, end_by_hand, end_try, give, keep, name_route, remind, try_now
from renqing.trade.balances.model import (
    REASON_CHARACTERS_MAX,
    REMIND_BALANCE,
    RETURN_BALANCE,
    Balance,
    BalanceOver,
    BalanceReturned,
    BalanceUnknown,
    BalanceWaits,
    NewBalance,
    Route,
    Try,
)
from renqing.trade.balances.rules import TRY_EVERY, check_reason, next_route, routes_of
from renqing.trade.balances.store import kept_ids_of, lock_balance, tries_by_id, try_of

__all__ = [
    "REASON_CHARACTERS_MAX",
    "REMIND_BALANCE",
    "RETURN_BALANCE",
    "TRY_EVERY",
    "Balance",
    "BalanceOver",
    "BalanceReturned",
    "BalanceUnknown",
    "BalanceWaits",
    "NewBalance",
    "Route",
    "Try",
    "begin_try",
    "check_reason",
    "end_by_hand",
    "end_try",
    "give",
    "keep",
    "kept_ids_of",
    "lock_balance",
    "name_route",
    "next_route",
    "remind",
    "routes_of",
    "tries_by_id",
    "try_now",
    "try_of",
]
