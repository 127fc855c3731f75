"""Accounts, entries and what may go wrong with them. Amounts are integer minor units of the account's currency."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple

import msgspec

from renqing.foundation.errors import NotNow

OwnerKind = Literal["platform", "channel", "shop", "person", "fund"]
AccountKind = Literal["balance", "escrow", "fee", "refunds_due", "clearing", "by_hand"]
PLATFORM = 0


class FundsShort(NotNow):
    """An account that may not overdraw has less than this asks for. Fact: ``account``."""

    code = "funds_short"


class AccountName(NamedTuple):
    """What an account is called: its owner, kind and currency. It is opened when it is first posted to."""

    owner_kind: OwnerKind
    owner_id: int
    kind: AccountKind
    currency: str

    @property
    def may_overdraw(self) -> bool:
        """A channel's clearing account mirrors money that sits outside; all others hold what they owe."""
        return self.kind == "clearing"


def clearing(channel_id: int, currency: str) -> AccountName:
    """Money that sits at a payment channel (below zero: it holds ours)."""
    return AccountName("channel", channel_id, "clearing", currency)


def person_balance(person_id: int, currency: str) -> AccountName:
    """Money the house owes a person; it passes through within one entry, and stays where no way back is open."""
    return AccountName("person", person_id, "balance", currency)


def shop_balance(shop_id: int, currency: str) -> AccountName:
    """Settled money of a shop."""
    return AccountName("shop", shop_id, "balance", currency)


def escrow(currency: str) -> AccountName:
    """Money of paid orders that are not settled yet."""
    return AccountName("platform", PLATFORM, "escrow", currency)


def fee(currency: str) -> AccountName:
    """The platform's own fee."""
    return AccountName("platform", PLATFORM, "fee", currency)


def refunds_due(currency: str) -> AccountName:
    """Refunds that were decided and that the channel has not confirmed yet."""
    return AccountName("platform", PLATFORM, "refunds_due", currency)


def by_hand(currency: str) -> AccountName:
    """What operators paid to people outside of the channels: theirs to take from there, and nobody's income."""
    return AccountName("platform", PLATFORM, "by_hand", currency)


def fund(fund_id: int, currency: str) -> AccountName:
    """What several people have paid towards one gift, until it is bought or goes back."""
    return AccountName("fund", fund_id, "balance", currency)


class Leg(NamedTuple):
    """One posting of an entry: ``amount`` is added to the account, or taken from it below zero."""

    account: AccountName
    amount: int


class Entry(msgspec.Struct, frozen=True):
    """One movement of money. ``key`` names the event it books (``paid:123``) and is posted once for ever."""

    kind: str
    cause_kind: str
    cause_id: int
    key: str
    legs: tuple[Leg, ...]


class Verdict(StrEnum):
    """What became of an entry."""

    POSTED = "posted"
    KNOWN = "known"  # its key was posted before
    REFUSED = "refused"  # an account would overdraw


class StatementLine(msgspec.Struct, frozen=True):
    """One posting as its owner reads it."""

    entry_id: int
    n: int
    kind: str
    cause_kind: str
    cause_id: int
    amount: int
    balance_after: int
    currency: str
    made_at: datetime
