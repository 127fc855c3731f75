"""Who may allow how much, and what of it a place needs. Pure."""

from __future__ import annotations

from renqing.foundation.errors import FieldNotValid


def check_allowed(amount: int, most: int, *, is_one_parcel: bool) -> None:
    """Raises FieldNotValid: nothing below zero or above the policy's most, for one parcel of one shop alone."""
    if amount == 0:
        return
    if not is_one_parcel:
        raise FieldNotValid(field="surcharge_allowed", reason="one_parcel")
    if not 0 < amount <= most:
        raise FieldNotValid(field="surcharge_allowed", reason="most", max=most)


def needed(fee: int, freight_paid: int, allowed: int) -> int:
    """What of the allowed sum a place needs, whose rate is ``fee``; ``freight_paid`` has the allowed sum in it."""
    return min(max(fee - (freight_paid - allowed), 0), allowed)


def is_too_dear(fee: int, freight_paid: int, *, giver_bears: bool) -> bool:
    """Whether a place costs more than was paid for it and allowed, where that is the giver's to bear."""
    return giver_bears and fee > freight_paid
