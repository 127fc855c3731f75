"""What a fund is: open -> full | short | called_off. A contribution: open -> paid -> returned, or open -> over.

A fund's id is its order's: the order of the gift waits for payment as long as the fund is open, and its stock is held.
What a contribution's payment pays for is the contribution, by its id.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

FUND = "fund"  # the channel by which a fund pays for its gift: its own account
GUESTS_MAX = 50

FundState = Literal["open", "full", "short", "called_off"]


class FundUnknown(NotFound):
    """There is no such fund, or it is not for this person. One answer for both."""

    code = "fund_unknown"


class FundOver(NotNow):
    """Nothing can be put in any more. Fact ``reason``: full, short or called_off."""

    code = "fund_over"


class FundSpokenFor(NotNow):
    """Others are paying what is missing at this moment; what they leave is there again in some minutes."""

    code = "fund_spoken_for"


class FundCrowded(NotNow):
    """As many people are asked as there may be. Facts: ``max``."""

    code = "fund_crowded"


class Fund(msgspec.Struct, frozen=True):
    """A fund as it stands. Amounts in minor units; ``pending`` is with people who are at the cashier.

    For the members of ``group_id``, or its guests; the starter takes part, and who the gift is for never does.
    """

    id: int
    gift_id: int
    starter_id: int
    recipient_id: int | None
    group_id: int | None
    target: int
    currency: str
    paid: int
    pending: int
    hides_sums: bool
    hides_names: bool
    state: FundState
    ends_at: datetime
    made_at: datetime
    ended_at: datetime | None = None

    @property
    def missing(self) -> int:
        """What nobody has paid or is about to pay."""
        return self.target - self.paid - self.pending


class Contribution(msgspec.Struct, frozen=True):
    """What somebody puts in. ``over``: never paid in time; money that comes all the same goes straight back."""

    id: int
    fund_id: int
    person_id: int
    amount: int
    state: Literal["open", "paid", "over", "returned"]
    made_at: datetime
    paid_at: datetime | None = None


class Part(msgspec.Struct, frozen=True):
    """What of a gift's refund goes back to one contribution."""

    id: int
    refund_id: int
    contribution_id: int
    amount: int


class FundStarted(Fact, frozen=True, kw_only=True):
    """Somebody asks others to give together. ``told_ids``: whom they ask."""

    kind: ClassVar[str] = "FundStarted"
    fund_id: int
    starter_id: int
    told_ids: list[int]


class FundJoined(Fact, frozen=True, kw_only=True):
    """Somebody's share is there."""

    kind: ClassVar[str] = "FundJoined"
    fund_id: int
    starter_id: int
    person_id: int


class FundEnded(Fact, frozen=True, kw_only=True):
    """It is full and the gift is bought; or it is short or called off, and everybody gets their share back."""

    kind: ClassVar[str] = "FundEnded"
    fund_id: int
    starter_id: int
    state: str
    told_ids: list[int]
