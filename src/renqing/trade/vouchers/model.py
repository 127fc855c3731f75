"""A voucher: a right to be served at a shop's place, so many times, until a time.

| from    | by                                            | to       |
|---------|-----------------------------------------------|----------|
| (none)  | its order is paid for, or claimed as a gift   | valid    |
| valid   | the last of its uses is redeemed              | used     |
| valid   | its holder gives back what is unused          | refunded |
| valid   | its time runs out, and what is unused goes back | refunded |
| valid   | its time runs out, and nothing goes back      | expired  |
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

EXPIRE_VOUCHER = "expire_voucher"  # deadline, by voucher

USES_MAX = 100
VALID_DAYS_MAX = 1095
LOCATIONS_MAX = 200
LOCATION_NAME_CHARACTERS_MAX = 40
LOCATION_PLACE_CHARACTERS_MAX = 120
CODE_CHARACTERS = 16  # of 80 random bits


class VoucherState(StrEnum):
    """How far a voucher is."""

    VALID = "valid"
    USED = "used"
    EXPIRED = "expired"
    REFUNDED = "refunded"


MOVES: dict[VoucherState, frozenset[VoucherState]] = {
    VoucherState.VALID: frozenset({VoucherState.USED, VoucherState.EXPIRED, VoucherState.REFUNDED}),
    VoucherState.USED: frozenset(),
    VoucherState.EXPIRED: frozenset(),
    VoucherState.REFUNDED: frozenset(),
}
Unclaimed = Literal["refunded", "returned_for_use"]
Rest = Literal["refunded", "kept"]  # what becomes of the money of what is unused
WhyOver = Literal["used", "asked", "expired"]
Step = Literal["issued", "returned", "redeemed", "extended", "expired", "refunded"]


class VoucherUnknown(NotFound):
    """There is no such voucher for this asker, or nobody holds this code."""

    code = "voucher_unknown"


class VoucherElsewhere(NotNow):
    """The voucher is not good here. Fact ``reason``: shop or location."""

    code = "voucher_elsewhere"


class VoucherExpired(NotNow):
    """The voucher's time is over. Fact: ``expires_at``."""

    code = "voucher_expired"


class VoucherUsedUp(NotNow):
    """Every use of the voucher was redeemed. Fact: ``uses``."""

    code = "voucher_used_up"


class VoucherRefunded(NotNow):
    """The voucher was given back."""

    code = "voucher_refunded"


class VoucherUsedMeanwhile(NotNow):
    """This very use was redeemed already. Fact: ``used``."""

    code = "voucher_used_meanwhile"


class VoucherNotRefundable(NotNow):
    """Nothing of the voucher goes back. Fact ``reason``: policy or nothing_left."""

    code = "voucher_not_refundable"


class VouchersApart(NotNow):
    """Vouchers are not ordered together with goods that are sent."""

    code = "vouchers_apart"


class LocationUnknown(NotFound):
    """The shop has no such place, or has closed it."""

    code = "voucher_location_unknown"


class LocationsFull(NotNow):
    """A shop has as many places as it may. Fact: ``max``."""

    code = "voucher_locations_full"


class Location(msgspec.Struct, frozen=True):
    """A place of a shop where vouchers are redeemed."""

    id: int
    shop_id: int
    name: str
    place: str
    closed_at: datetime | None


class NewTerms(msgspec.Struct, frozen=True):
    """What a product promises. ``valid_days`` from when it is issued, or ``valid_until``: one of the two.

    ``unused``: what its holder may have for the uses that are left; ``expired``: what becomes of them when the time is
    over; ``unclaimed``: of a voucher that was given and nobody claimed in time.
    """

    shop_id: int
    product_id: int
    uses: int
    valid_days: int | None
    valid_until: datetime | None
    location_ids: tuple[int, ...]
    unused: Rest = "refunded"
    expired: Rest = "refunded"
    unclaimed: Unclaimed = "refunded"


class Terms(NewTerms, frozen=True, kw_only=True):
    """Terms as they were written; never changed, so that what was sold stays as it was sold."""

    id: int


class Issue(msgspec.Struct, frozen=True):
    """A line of a paid order that becomes vouchers, one a piece. ``unit_price`` in minor units."""

    order_id: int
    line_n: int
    sku_id: int
    quantity: int
    unit_price: int
    currency: str
    holder_id: int
    payer_id: int
    terms: Terms


class Voucher(msgspec.Struct, frozen=True):
    """A voucher as it stands. ``amount`` was paid for it, in minor units of ``currency``."""

    id: int
    order_id: int
    line_n: int
    piece: int
    terms_id: int
    sku_id: int
    shop_id: int
    holder_id: int
    payer_id: int
    amount: int
    currency: str
    uses: int
    used: int
    state: VoucherState
    why: str
    refunded_amount: int
    issued_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    @property
    def left(self) -> int:
        return self.uses - self.used


class VoucherMoved(Fact, frozen=True, kw_only=True):
    """A voucher took a step. The subject is its order."""

    kind: ClassVar[str] = "VoucherMoved"
    order_id: int
    voucher_id: int
    shop_id: int
    holder_id: int
    payer_id: int
    step: Step
    uses_left: int
