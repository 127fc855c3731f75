"""What an endpoint and a delivery are, what is promised of them in numbers, and what may stop an owner.

An endpoint is on, paused by its owner, disabled by us, or removed. A delivery waits until it is delivered or given up;
a replay lets it wait again::

    waiting -> delivered, given_up
    delivered, given_up -> waiting
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

import msgspec

from renqing.foundation.errors import NotFound, NotNow, NotValid
from renqing.foundation.facts import Fact

ENDPOINTS_MAX = 10  # a shop's, and the platform's
DESCRIPTION_CHARACTERS_MAX = 100
KEPT_DAYS = 180
PAGE_MAX = 50
REPLAYED_MAX = 100_000  # deliveries that one replay since a time sends again
ROTATION_LASTS = timedelta(hours=24)  # as long as the former secret signs beside the new one
LENT_FOR = timedelta(seconds=60)
IN_FLIGHT_OF_ONE_MAX = 4  # of one endpoint, over all workers
IN_FLIGHT_OF_FAILING_MAX = 1  # of one that did not answer last time
TRIES_MAX = 18
TRIED_FOR = timedelta(days=4)
SILENT_FOR_MIN = timedelta(minutes=1)  # shorter silences are hiccups: what failed in one waits for its own time
NOT_HEARD = (0, 429, 502, 503, 504)  # statuses of a program that is away or overrun, and not of an event it refuses
FORGET_WEBHOOKS = "forget_webhooks"  # deadline: what is older than KEPT_DAYS goes

_GROWING = (
    *(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15)),
    *(timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=6)),
    *(timedelta(hours=8), timedelta(hours=10), timedelta(hours=12), timedelta(hours=12), timedelta(hours=12)),
    timedelta(hours=14),
)
# After the first try, after the second …: eighteen tries over exactly four days.
WAITS: tuple[timedelta, ...] = (*_GROWING, TRIED_FOR - sum(_GROWING, timedelta()))


class EndpointState(StrEnum):
    """Whether deliveries go out."""

    ON = "on"
    PAUSED = "paused"  # by its owner: events are kept, and come in order once it is on again
    DISABLED = "disabled"  # by us, after TRIED_FOR without an answer, or because it said that it is gone
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


MOVES = MappingProxyType(
    {
        DeliveryState.WAITING: frozenset({DeliveryState.DELIVERED, DeliveryState.GIVEN_UP}),
        DeliveryState.DELIVERED: frozenset({DeliveryState.WAITING}),
        DeliveryState.GIVEN_UP: frozenset({DeliveryState.WAITING}),
    }
)


class EndpointUnknown(NotFound):
    """There is no such endpoint, or it is somebody else's."""

    code = "webhook_endpoint_unknown"


class DeliveryUnknown(NotFound):
    """There is no such delivery, or it is somebody else's, or it is older than what is kept."""

    code = "webhook_delivery_unknown"


class UrlNotAllowed(NotValid):
    """We do not call this address. Fact ``reason``: characters, scheme, port, host or inside."""

    code = "webhook_url_not_allowed"


class EventTypeUnknown(NotValid):
    """There is no such event type, or it is not for this owner. Fact: ``type``."""

    code = "webhook_event_type_unknown"


class EndpointsEnough(NotNow):
    """An owner has at most so many endpoints. Fact: ``most``."""

    code = "webhook_endpoints_enough"


class EndpointOff(NotNow):
    """The endpoint does not take deliveries now: switch it on first. Fact: ``state``."""

    code = "webhook_endpoint_off"


class Endpoint(msgspec.Struct, frozen=True):
    """Somebody's program that listens. ``kinds`` empty: every event there is for its owner."""

    id: int
    shop_id: int  # 0: the platform's own
    url: str
    description: str
    kinds: list[str]
    state: EndpointState
    why_disabled: str
    made_at: datetime
    failing_since: datetime | None
    former_until: datetime | None

    def hears(self, kind: str) -> bool:
        """Whether its owner chose this kind of event."""
        return not self.kinds or kind in self.kinds


class NewEndpoint(msgspec.Struct, frozen=True):
    """How an owner wants an endpoint to be."""

    url: str
    description: str = ""
    kinds: tuple[str, ...] = ()


class NewDelivery(msgspec.Struct, frozen=True):
    """An event for an endpoint. ``data`` is its JSON; what stands around it is made once its number is known."""

    endpoint_id: int
    shop_id: int
    fact_id: int
    kind: str
    subject_id: int
    occurred_at: datetime
    data: bytes


class Lent(msgspec.Struct, frozen=True):
    """A delivery that this worker may try now, for the ``tries``-th time; ``loan`` counts all loans: the fence."""

    id: int
    endpoint_id: int
    shop_id: int
    event_id: str
    kind: str
    tries: int
    loan: int
    body: str
    url: str
    secrets: tuple[str, ...]


class Tried(msgspec.Struct, frozen=True):
    """What came of a try: ``status`` 0 is no answer, and ``why`` says in a word what stopped it."""

    status: int
    why: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class WebhookDisabled(Fact, frozen=True, kw_only=True):
    """An endpoint was switched off by us; ``told_ids`` are who should know."""

    kind: ClassVar[str] = "WebhookDisabled"
    shop_id: int
    told_ids: list[int]
    why: str
