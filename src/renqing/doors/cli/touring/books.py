"""What the accounts moved for some orders: every posting of every entry that they caused, summed an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from renqing.doors.cli.touring.programs import Program
from renqing.foundation.money import share_minor

ACCOUNTS = (
    "giver",
    "recipient",
    "friend",
    "third",
    "fund",
    "escrow",
    "shop",
    "other_shop",
    "street",
    "fee",
    "refunds_due",
    "clearing",
)


class Movement(msgspec.Struct, frozen=True):
    """What came into an account and went out of it, minor units."""

    came: int
    went: int

    @property
    def net(self) -> int:
        return self.came - self.went

    def __add__(self, other: Movement) -> Movement:
        return Movement(self.came + other.came, self.went + other.went)


NOTHING = Movement(0, 0)


class Sums(msgspec.Struct, frozen=True):
    """What orders moved, by account; ``sums_to_zero`` holds for each entry by itself."""

    by_account: dict[str, Movement]
    sums_to_zero: bool


# what was moved ------------------------------------------------------------------------------------------------------
def moved_by(
    operator: Program,
    order_ids: Iterable[str],
    statements: Iterable[list[dict[str, Any]]],
    account_of: Callable[[dict[str, Any]], str],
) -> Sums:
    """Read them as an operator does: from somebody's statement to an entry, and to all entries of its cause.

    An order that stands on none of the ``statements`` moved nothing: nobody paid for it, and no shop was.
    """
    first = {line["cause_id"]: line["entry_id"] for lines in statements for line in lines}
    pages = [operator.get(f"/v1/operator/entries/{first[order_id]}") for order_id in order_ids if order_id in first]
    entries = [operator.get(f"/v1/operator/entries/{one['id']}") for page in pages for one in page["entries"]]
    moved = dict.fromkeys(ACCOUNTS, NOTHING)
    for entry in entries:
        for posting in entry["postings"]:
            account, amount = account_of(posting), posting["amount"]["amount"]
            moved[account] = moved.get(account, NOTHING) + Movement(max(amount, 0), max(-amount, 0))
    return Sums(moved, all(sum(one["amount"]["amount"] for one in entry["postings"]) == 0 for entry in entries))


# what should have been moved -----------------------------------------------------------------------------------------
def together(*moved: Mapping[str, Movement]) -> dict[str, Movement]:
    """Several things that happened, as one."""
    summed: dict[str, Movement] = {}
    for one in moved:
        for name, movement in one.items():
            summed[name] = summed.get(name, NOTHING) + movement
    return summed


def paid(total: int, payer: str = "giver", into: str = "escrow") -> dict[str, Movement]:
    """Money came from the channel, through its payer's account, and is held."""
    return {"clearing": Movement(0, total), payer: Movement(total, total), into: Movement(total, 0)}


def bought(total: int) -> dict[str, Movement]:
    """A full fund paid for its gift."""
    return {"fund": Movement(0, total), "escrow": Movement(total, 0)}


def settled(total: int, fee_ppm: int, shop: str = "shop") -> dict[str, Movement]:
    """The shop has its part, the platform its fee, rounded down."""
    fee = share_minor(total, fee_ppm)
    return {"escrow": Movement(0, total), shop: Movement(total - fee, 0), "fee": Movement(fee, 0)}


def gone_back(amount: int, payer: str = "giver", out_of: str = "escrow") -> dict[str, Movement]:
    """What was held went back to its payer by the original route."""
    return {
        out_of: Movement(0, amount),
        payer: Movement(amount, amount),
        "refunds_due": Movement(amount, amount),
        "clearing": Movement(amount, 0),
    }
