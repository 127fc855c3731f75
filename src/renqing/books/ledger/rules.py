"""What an entry must be before it reaches the database. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from renqing.books.ledger.model import Entry
from renqing.foundation.money import AMOUNT_MINOR_MAX


def is_balanced(entry: Entry) -> bool:
    """Whether the legs sum to zero per currency, none is zero, and none is beyond what we count."""
    sums: Counter[str] = Counter()
    for leg in entry.legs:
        if leg.amount == 0 or abs(leg.amount) > AMOUNT_MINOR_MAX:
            return False
        sums[leg.account.currency] += leg.amount
    return len(entry.legs) >= 2 and not any(sums.values())


def repeats_no_key(entries: Sequence[Entry]) -> bool:
    """Whether every key stands once: two entries of one event never share a set."""
    return len({entry.key for entry in entries}) == len(entries)
