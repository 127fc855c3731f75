"""Money: integer minor units with a currency. Ratios are integer parts per million. No float comes near.

``split`` loses nothing: parts always sum to the whole (largest remainder, ties to the earlier part).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from renqing.foundation.errors import NotValid

PPM = 1_000_000
AMOUNT_MINOR_MAX = 2**53 - 1  # stays exact in every JSON reader, far inside 64 bits
MINOR_DIGITS = {"CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "HKD": 2, "JPY": 0, "KRW": 0}
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "¥", "KRW": "₩"}


class AmountNotValid(NotValid):
    """An amount that is negative where it may not be, too large, or of an unknown currency."""

    code = "amount_not_valid"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``amount`` minor units (fen for CNY) of ``currency``. May be negative: a difference is money too."""

    amount: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if type(self.amount) is not int or abs(self.amount) > AMOUNT_MINOR_MAX:
            raise AmountNotValid(amount=str(self.amount)[:32])
        if self.currency not in MINOR_DIGITS:
            raise AmountNotValid(currency=self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def times(self, quantity: int) -> Money:
        """The price of ``quantity`` pieces."""
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def share(self, ratio_ppm: int) -> Money:
        """``ratio_ppm`` parts per million of this, rounded down: what is left stays with the payer of the share."""
        return Money(share_minor(self.amount, ratio_ppm), self.currency)

    def text(self) -> str:
        """``¥129.00``: the symbol and every minor digit."""
        digits = MINOR_DIGITS[self.currency]
        sign = "-" if self.amount < 0 else ""
        whole, minor = divmod(abs(self.amount), 10**digits)
        return f"{sign}{SYMBOLS[self.currency]}{whole:,}" + (f".{minor:0{digits}d}" if digits else "")

    def _same(self, other: Money) -> int:
        assert self.currency == other.currency, f"{self.currency} met {other.currency} without a conversion"
        return other.amount


def share_minor(amount_minor: int, ratio_ppm: int) -> int:
    """``ratio_ppm`` parts per million of an amount of zero or more, rounded down."""
    assert amount_minor >= 0, "a share is taken of money that is there"
    assert 0 <= ratio_ppm <= PPM, "a share is between nothing and everything"
    return amount_minor * ratio_ppm // PPM


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts sum to it exactly (largest remainder).

    All weights zero splits evenly. Weights are never negative.
    """
    assert weights, "nothing to split between"
    assert amount_minor >= 0, "an amount to split is zero or more"
    assert min(weights) >= 0, "weights are zero or more"
    total = sum(weights)
    if total == 0:
        return split(amount_minor, [1] * len(weights))
    parts = [amount_minor * weight // total for weight in weights]
    remainders = [amount_minor * weight % total for weight in weights]
    left = amount_minor - sum(parts)
    for place in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        parts[place] += 1
    return parts
