"""The states of an activity, how it moves, what may stop it or who takes of it, and its facts."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Literal, get_args

import msgspec

from renqing.foundation.errors import NotAllowed, NotFound, NotNow
from renqing.foundation.facts import Fact


class ActivityState(IntEnum):
    """WeChat's states of a B2C activity (``/channels/ec/b2c/activity``); 3 is ours."""

    NOT_STARTED = 1
    RUNNING = 2
    PAUSED = 3
    OVER = 4  # all is taken, or its time is over
    VOID = 5  # its shop stopped it


MOVES: dict[ActivityState, frozenset[ActivityState]] = {
    ActivityState.NOT_STARTED: frozenset({ActivityState.RUNNING, ActivityState.PAUSED, ActivityState.VOID}),
    ActivityState.RUNNING: frozenset({ActivityState.PAUSED, ActivityState.OVER, ActivityState.VOID}),
    ActivityState.PAUSED: frozenset(
        {ActivityState.NOT_STARTED, ActivityState.RUNNING, ActivityState.OVER, ActivityState.VOID}
    ),
    ActivityState.OVER: frozenset(),
    ActivityState.VOID: frozenset(),
}

Audience = Literal["link", "customers", "group", "chosen", "cards"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
Ending = Literal["all_taken", "time", "stopped"]

ACTIVITIES_MAX = 100  # of a shop that are not over
STOCK_MAX = 100_000  # the schema holds it too
DAYS_MAX = 180  # stock is set aside for so long at most
NAME_CHARACTERS_MAX = 40
GREETING_CHARACTERS_MAX = 100  # WeChat's create call
GUESTS_MAX = 100  # chosen in one call
END_ACTIVITY = "end_activity"  # deadline: its time is over


class ActivityUnknown(NotFound):
    """There is no such activity, or it is another shop's."""

    code = "activity_unknown"


class ActivitiesFull(NotNow):
    """A shop has as many activities that are not over as it may. Fact: ``max``."""

    code = "activities_full"


class StockShort(NotNow):
    """There are not so many free pieces to set aside. Fact: ``free``."""

    code = "activity_stock_short"


class ActivityOver(NotNow):
    """It is over, and stays so."""

    code = "activity_over"


class NotForChosen(NotNow):
    """The activity is not for chosen people: who has its link takes of it."""

    code = "activity_not_for_chosen"


class NotForCards(NotNow):
    """The activity does not go by printed cards."""

    code = "activity_not_for_cards"


class ActivityFull(NotNow):
    """There are not so many pieces that nobody was chosen for and no card was printed for. Fact: ``left``."""

    code = "activity_full"


class PresentNotAvailable(NotFound):
    """There is no activity at this link."""

    code = "present_not_available"


class PresentNotForYou(NotAllowed):
    """It is for others: its shop's customers, a group, chosen people; and never for who works for the shop."""

    code = "present_not_for_you"


class PresentNotYet(NotNow):
    """It has not begun. Fact: ``starts_at``."""

    code = "present_not_yet"


class PresentPaused(NotNow):
    """Its shop holds it for the moment."""

    code = "present_paused"


class PresentGone(NotNow):
    """It is over. Fact ``reason``: all_taken, time or stopped."""

    code = "present_gone"


class NewActivity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity to make: so many pieces of one style, for whom, and from when to when."""

    id: int
    shop_id: int
    made_by: int
    name: str
    product_id: int
    sku_id: int
    stock: int
    audience: Audience
    group_id: int | None
    cover: str
    greeting: str
    starts_at: datetime
    ends_at: datetime


class Activity(msgspec.Struct, frozen=True):
    """An activity as it stands."""

    id: int
    shop_id: int
    made_by: int
    name: str
    product_id: int
    sku_id: int
    stock: int
    taken: int
    audience: Audience
    group_id: int | None
    cover: str
    greeting: str
    code: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    paused_at: datetime | None
    ended_at: datetime | None
    ended_how: str

    @property
    def left(self) -> int:
        """Pieces that nobody has taken."""
        return self.stock - self.taken


class Present(msgspec.Struct, frozen=True):
    """A piece that somebody took, and the order it became; ``n`` counts the activity's."""

    activity_id: int
    n: int
    person_id: int
    order_id: int


class PresentOffered(Fact, frozen=True, kw_only=True):
    """A shop chose people for its activity."""

    kind: ClassVar[str] = "PresentOffered"
    activity_id: int
    shop_id: int
    code: str
    guest_ids: list[int]


class PresentTaken(Fact, frozen=True, kw_only=True):
    """Somebody took a piece and gave an address. ``left`` pieces are still there. It is about its order."""

    kind: ClassVar[str] = "PresentTaken"
    activity_id: int
    order_id: int
    shop_id: int
    taken_by: int
    left: int


class ActivityEnded(Fact, frozen=True, kw_only=True):
    """It is over; ``left`` pieces went back to the shop's stock. ``how``: all_taken, time or stopped."""

    kind: ClassVar[str] = "ActivityEnded"
    activity_id: int
    shop_id: int
    made_by: int
    how: Ending
    taken: int
    left: int
