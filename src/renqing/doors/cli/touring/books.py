"""What the accounts moved for an order: every posting of every entry that it caused, summed an account."""

from __future__ import annotations

from typing import Any

import msgspec

from renqing.doors.cli.touring.players import Players
from renqing.doors.cli.touring.programs import Program


class Movement(msgspec.Struct, frozen=True):
    """What came into an account and went out of it, minor units."""

    came: int
    went: int

    @property
    def net(self) -> int:
        return self.came - self.went


class Sums(msgspec.Struct, frozen=True):
    """What an order moved, by account; ``sums_to_zero`` holds for each entry by itself."""

    by_account: dict[str, Movement]
    sums_to_zero: bool


_NONE = "0"  # the entry of what made none
ACCOUNTS = ("giver", "recipient", "escrow", "shop", "fee", "refunds_due", "clearing")


def moved_by(players: Players, order_id: str) -> Sums:
    """Read them as an operator does: from the payer's statement to the entry, and to all entries of its cause."""
    first = _an_entry_of(players.giver, order_id)
    if first == _NONE:  # nobody paid: nothing moved
        return Sums({name: Movement(0, 0) for name in ACCOUNTS}, sums_to_zero=True)
    page = players.operator.get(f"/v1/operator/entries/{first}")
    entries = [players.operator.get(f"/v1/operator/entries/{entry['id']}") for entry in page["entries"]]
    came: dict[str, int] = dict.fromkeys(ACCOUNTS, 0)
    went: dict[str, int] = dict.fromkeys(ACCOUNTS, 0)
    for entry in entries:
        for posting in entry["postings"]:
            account = _account_of(players, posting)
            side = came if posting["amount"]["amount"] > 0 else went
            side[account] = side.get(account, 0) + abs(posting["amount"]["amount"])
    sums_to_zero = all(sum(posting["amount"]["amount"] for posting in entry["postings"]) == 0 for entry in entries)
    return Sums({name: Movement(came.get(name, 0), went.get(name, 0)) for name in came | went}, sums_to_zero)


def _an_entry_of(payer: Program, order_id: str) -> str:
    lines = payer.get("/v1/me/account", limit=100)["lines"]
    return next((str(line["entry_id"]) for line in lines if line["cause_id"] == order_id), _NONE)


def _account_of(players: Players, posting: dict[str, Any]) -> str:
    """Which of the story's accounts this is; another's name where it is none of them."""
    owner, kind = posting["owner_kind"], posting["kind"]
    if owner == "person":
        known = {players.giver.person_id: "giver", players.recipient.person_id: "recipient"}
        return known.get(posting["owner_id"], f"person {posting['owner_id']}")
    if owner == "shop":
        return "shop" if posting["owner_id"] == players.shop_id else f"shop {posting['owner_id']}"
    return str(kind)
