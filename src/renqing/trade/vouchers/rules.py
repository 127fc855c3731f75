"""Decisions about vouchers. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.trade.vouchers.model import (
    CODE_CHARACTERS,
    LOCATIONS_MAX,
    MOVES,
    USES_MAX,
    VALID_DAYS_MAX,
    NewTerms,
    Terms,
    Voucher,
    VoucherElsewhere,
    VoucherExpired,
    VoucherNotRefundable,
    VoucherRefunded,
    VoucherState,
    VoucherUsedMeanwhile,
    VoucherUsedUp,
)

CODE_BYTES = 10
VALID_AT_LEAST = timedelta(days=1)  # who claims a gift late has a day to go there
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none that is read as another
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": "", "-": ""})


def code_of(chance: bytes) -> str:
    """A code's letters, five bits each."""
    number = int.from_bytes(chance)
    return "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(CODE_CHARACTERS)))


def code_in(typed: str) -> str | None:
    """The code that somebody typed or scanned, as it was made; None where this can be none."""
    bare = typed[: CODE_CHARACTERS * 3].upper().translate(_READ_AS)
    return bare if len(bare) == CODE_CHARACTERS and set(bare) <= set(_LETTERS) else None


def check_terms(new: NewTerms, places: Collection[int], now: datetime) -> None:
    """Terms that can be kept, at open ``places`` of the shop. Raises FieldNotValid."""
    if not 1 <= new.uses <= USES_MAX:
        raise FieldNotValid(field="uses", reason="out_of_range", min=1, max=USES_MAX)
    if (new.valid_days is None) == (new.valid_until is None):
        raise FieldNotValid(field="valid_days", reason="one_validity")
    if new.valid_days is not None and not 1 <= new.valid_days <= VALID_DAYS_MAX:
        raise FieldNotValid(field="valid_days", reason="out_of_range", min=1, max=VALID_DAYS_MAX)
    if new.valid_until is not None and not now < new.valid_until <= now + timedelta(days=VALID_DAYS_MAX):
        raise FieldNotValid(field="valid_until", reason="voucher_day")
    if not 0 < len(new.location_ids) <= LOCATIONS_MAX:
        raise FieldNotValid(field="location_ids", reason="count", max=LOCATIONS_MAX)
    if not set(new.location_ids) <= set(places):
        raise FieldNotValid(field="location_ids", reason="unknown")


def is_sold(terms: Terms, now: datetime) -> bool:
    """Whether a voucher can still be sold under these terms: not once their last day is over."""
    return terms.valid_until is None or now < terms.valid_until


def expires_at(terms: Terms, issued_at: datetime) -> datetime:
    """Until when a voucher is good that is issued now."""
    if terms.valid_days is not None:
        return issued_at + timedelta(days=terms.valid_days)
    assert terms.valid_until is not None, "terms have one validity"
    return max(terms.valid_until, issued_at + VALID_AT_LEAST)


def judge_use(
    voucher: Voucher, terms: Terms, shop_id: int, location_id: int, now: datetime, *, use_n: int | None
) -> None:
    """Whether a use of it may be redeemed at this place now. ``use_n``: the very use that the clerk saw.

    Raises VoucherElsewhere, VoucherRefunded, VoucherUsedUp, VoucherExpired, VoucherUsedMeanwhile.
    """
    if voucher.shop_id != shop_id:
        raise VoucherElsewhere(reason="shop")
    if voucher.state is VoucherState.REFUNDED:
        raise VoucherRefunded
    if voucher.state is VoucherState.USED:
        raise VoucherUsedUp(uses=voucher.uses)
    check_in_time(voucher, now)
    if location_id not in terms.location_ids:
        raise VoucherElsewhere(reason="location")
    if use_n is not None and use_n != voucher.used + 1:
        raise VoucherUsedMeanwhile(used=voucher.used)


def why_not(voucher: Voucher, terms: Terms, shop_id: int, location_id: int, now: datetime) -> str:
    """The code of what would refuse a use of it at this place now; empty where it may be redeemed."""
    try:
        judge_use(voucher, terms, shop_id, location_id, now, use_n=None)
    except Refusal as refusal:
        return refusal.code
    return ""


def check_in_time(voucher: Voucher, now: datetime) -> None:
    """Raises VoucherExpired, by our clock."""
    if voucher.state is VoucherState.EXPIRED or now >= voucher.expires_at:
        raise VoucherExpired(expires_at=voucher.expires_at.isoformat())


def state_after_use(voucher: Voucher) -> VoucherState:
    """Used up with the last use."""
    return move(voucher, VoucherState.USED) if voucher.left == 1 else voucher.state


def move(voucher: Voucher, to: VoucherState) -> VoucherState:
    """The state to move to; callers have judged that it may."""
    assert to in MOVES[voucher.state], f"voucher {voucher.id} does not move from {voucher.state} to {to}"
    return to


def worth_of_rest(voucher: Voucher) -> int:
    """What the uses that are left were paid with, to the fen: the odd fen belong to the first uses, one each."""
    each, odd = divmod(voucher.amount, voucher.uses)
    return voucher.amount - (each * voucher.used + min(odd, voucher.used))


def judge_refund(voucher: Voucher, terms: Terms, now: datetime) -> int:
    """What goes back when its holder asks for it now, in minor units.

    Raises VoucherRefunded, VoucherUsedUp, VoucherExpired, VoucherNotRefundable.
    """
    if voucher.state is VoucherState.REFUNDED:
        raise VoucherRefunded
    if voucher.state is VoucherState.USED:
        raise VoucherUsedUp(uses=voucher.uses)
    check_in_time(voucher, now)
    if terms.unused == "kept":
        raise VoucherNotRefundable(reason="policy")
    if not worth_of_rest(voucher):
        raise VoucherNotRefundable(reason="nothing_left")
    return worth_of_rest(voucher)


def worth_when_expired(voucher: Voucher, terms: Terms) -> int:
    """What goes back by itself when its time is over, in minor units."""
    return worth_of_rest(voucher) if terms.expired == "refunded" else 0


def judge_extension(voucher: Voucher, until: datetime, now: datetime) -> None:
    """A shop may give more time, never less, to what is still good.

    Raises VoucherRefunded, VoucherUsedUp, VoucherExpired, FieldNotValid.
    """
    if voucher.state is VoucherState.REFUNDED:
        raise VoucherRefunded
    if voucher.state is VoucherState.USED:
        raise VoucherUsedUp(uses=voucher.uses)
    check_in_time(voucher, now)
    if not voucher.expires_at < until <= now + timedelta(days=VALID_DAYS_MAX):
        raise FieldNotValid(field="expires_at", reason="voucher_day")
