"""The ledger: append-only double entry. Where money is counted.

Promises:
1. The postings of an entry sum to zero per currency; the schema refuses anything else (M1).
2. Entries and postings are never changed; a correction is a new entry (M2).
3. An account's balance is the sum of its postings, at every entry (M3).
4. An account that may not overdraw never does, holds included (M4).
5. An entry names its cause and actor, and its ``key`` is posted once for ever (X1).

A balance above zero is money the house owes to that owner; a channel's clearing account below zero is money that
sits at the channel.
"""

from renqing.books.ledger.actions import hold, post, release_hold, take_hold
from renqing.books.ledger.model import (
    AccountKind,
    AccountName,
    Entry,
    FundsShort,
    Leg,
    OwnerKind,
    StatementLine,
    Verdict,
    by_hand,
    clearing,
    escrow,
    fee,
    fund,
    person_balance,
    refunds_due,
    shop_balance,
)
from renqing.books.ledger.store import balance_of, held_for, statement

__all__ = [
    "AccountKind",
    "AccountName",
    "Entry",
    "FundsShort",
    "Leg",
    "OwnerKind",
    "StatementLine",
    "Verdict",
    "balance_of",
    "by_hand",
    "clearing",
    "escrow",
    "fee",
    "fund",
    "held_for",
    "hold",
    "person_balance",
    "post",
    "refunds_due",
    "release_hold",
    "shop_balance",
    "statement",
    "take_hold",
]
