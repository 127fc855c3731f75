"""After-sales cases. State names are WeChat Shop's (``/channels/ec/aftersale/getaftersaleorder``), their spelling too.

``refund`` gives money back without goods coming back; ``return`` waits for the goods first.

| from                  | step      | refund                 | return                  |
|-----------------------|-----------|------------------------|-------------------------|
| MERCHANT_PROCESSING   | agree     | PLATFORM_REFUNDING     | USER_WAIT_RETURN        |
| MERCHANT_PROCESSING   | reject    | MERCHANT_REJECT_REFUND | MERCHANT_REJECT_RETURN  |
| MERCHANT_PROCESSING   | cancel    | USER_CANCELD           | USER_CANCELD            |
| USER_WAIT_RETURN      | send_back |                        | MERCHANT_WAIT_RECEIPT   |
| USER_WAIT_RETURN      | cancel    |                        | USER_CANCELD            |
| USER_WAIT_RETURN      | give_up   |                        | RETURN_CLOSED           |
| MERCHANT_WAIT_RECEIPT | agree     |                        | PLATFORM_REFUNDING      |
| MERCHANT_WAIT_RECEIPT | reject    |                        | MERCHANT_REJECT_RETURN  |
| PLATFORM_REFUNDING    | refund    | MERCHANT_REFUND_SUCCESS | MERCHANT_RETURN_SUCCESS |

The shop's silence agrees; the owner's, when goods are to be sent back, gives up.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotFound, NotNow, NotValid
from renqing.foundation.facts import Fact

REASON_CHARACTERS_MAX = 200
ANSWER_CHARACTERS_MAX = 200
CASES_A_LINE_MAX = 5
SILENCE = "aftersale_silence"  # deadline: whoever's turn it is has said nothing


class Kind(StrEnum):
    """What the owner asks for."""

    REFUND = "refund"
    RETURN = "return"


class State(StrEnum):
    """Where a case stands, by WeChat Shop's names."""

    PROCESSING = "MERCHANT_PROCESSING"
    REFUND_REJECTED = "MERCHANT_REJECT_REFUND"
    RETURN_REJECTED = "MERCHANT_REJECT_RETURN"
    WAIT_RETURN = "USER_WAIT_RETURN"
    RETURN_CLOSED = "RETURN_CLOSED"
    WAIT_RECEIPT = "MERCHANT_WAIT_RECEIPT"
    REFUNDING = "PLATFORM_REFUNDING"
    REFUNDED = "MERCHANT_REFUND_SUCCESS"
    RETURNED = "MERCHANT_RETURN_SUCCESS"
    CANCELLED = "USER_CANCELD"


class Step(StrEnum):
    """What moves a case."""

    AGREE = "agree"
    REJECT = "reject"
    CANCEL = "cancel"
    SEND_BACK = "send_back"
    GIVE_UP = "give_up"
    REFUND = "refund"


MOVES: dict[tuple[State, Kind, Step], State] = {
    (State.PROCESSING, Kind.REFUND, Step.AGREE): State.REFUNDING,
    (State.PROCESSING, Kind.REFUND, Step.REJECT): State.REFUND_REJECTED,
    (State.PROCESSING, Kind.REFUND, Step.CANCEL): State.CANCELLED,
    (State.PROCESSING, Kind.RETURN, Step.AGREE): State.WAIT_RETURN,
    (State.PROCESSING, Kind.RETURN, Step.REJECT): State.RETURN_REJECTED,
    (State.PROCESSING, Kind.RETURN, Step.CANCEL): State.CANCELLED,
    (State.WAIT_RETURN, Kind.RETURN, Step.SEND_BACK): State.WAIT_RECEIPT,
    (State.WAIT_RETURN, Kind.RETURN, Step.CANCEL): State.CANCELLED,
    (State.WAIT_RETURN, Kind.RETURN, Step.GIVE_UP): State.RETURN_CLOSED,
    (State.WAIT_RECEIPT, Kind.RETURN, Step.AGREE): State.REFUNDING,
    (State.WAIT_RECEIPT, Kind.RETURN, Step.REJECT): State.RETURN_REJECTED,
    (State.REFUNDING, Kind.REFUND, Step.REFUND): State.REFUNDED,
    (State.REFUNDING, Kind.RETURN, Step.REFUND): State.RETURNED,
}
OPEN = frozenset({State.PROCESSING, State.WAIT_RETURN, State.WAIT_RECEIPT, State.REFUNDING})
UNDECIDED = OPEN - {State.REFUNDING}  # no money has been booked for these


class AftersaleUnknown(NotFound):
    """There is no such case for this asker."""

    code = "aftersale_unknown"


class AftersaleNothingPaid(NotNow):
    """A shop's present cost nobody anything: there is nothing to give back."""

    code = "aftersale_nothing_paid"


class AftersaleNotNow(NotNow):
    """The case's state forbids this, a lost race too. Facts: ``state``."""

    code = "aftersale_not_now"


class AftersaleOpen(NotNow):
    """One case a line at a time. Fact: ``case_id``."""

    code = "aftersale_open"


class AftersaleTooLate(NotNow):
    """The days for after-sales are over. Fact: ``n`` days after receipt."""

    code = "aftersale_too_late"


class AftersaleNotYet(NotNow):
    """The order's state has nothing to refund or return: not paid, not claimed, or over. Fact: ``state``."""

    code = "aftersale_not_yet"


class TooManyCases(NotNow):
    """A line had ``max`` cases; the shop and the platform's people have to talk."""

    code = "aftersale_too_many"


class AftersaleQuantityNotValid(NotValid):
    """More or fewer pieces than there are to refund or return. Fact: ``max``."""

    code = "aftersale_quantity_not_valid"


class AftersaleReasonNotValid(NotValid):
    """A reason has 1 to 200 characters, an answer up to as many. Facts: ``field``, ``max``."""

    code = "aftersale_reason_not_valid"


class Ordered(msgspec.Struct, frozen=True):
    """What the rules need of an order: who owns it, how far it is, and what may still be asked of it.

    ``state`` is WeChat Shop's number. Amounts in minor units.
    """

    order_id: int
    shop_id: int
    owner_id: int | None
    payer_id: int
    state: int
    freight_amount: int
    received_at: datetime | None


class OrderedLine(msgspec.Struct, frozen=True):
    """What the rules need of an order's line. ``cancelled`` of the ``refunded`` pieces were never shipped.

    ``late_amount`` went back before, spread over the ``late_of`` pieces that were not refunded by then.
    """

    n: int
    sku_id: int
    quantity: int
    unit_price: int
    shipped: int
    refunded: int
    cancelled: int
    late_amount: int = 0
    late_of: int = 0


class NewCase(msgspec.Struct, frozen=True):
    """What the owner asks for."""

    line_n: int
    kind: Kind
    quantity: int
    reason: str


class Case(msgspec.Struct, frozen=True):
    """A case as it stands. ``amount`` goes back to the payer, minor units; it is final once money is on its way."""

    id: int
    order_id: int
    line_n: int
    shop_id: int
    owner_id: int
    kind: Kind
    state: State
    quantity: int
    amount: int
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime


class AftersaleMoved(Fact, frozen=True, kw_only=True):
    """A case was opened or moved. ``step`` is ``open`` or what moved it; actor 0: time did."""

    kind: ClassVar[str] = "AftersaleMoved"
    case_id: int
    order_id: int
    shop_id: int
    owner_id: int
    payer_id: int
    step: str
    state: str
