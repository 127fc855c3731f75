"""What became of a shop's activities is told to the programs that listen: facts about a shop, not about an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from renqing.books.people import PLATFORM
from renqing.foundation.outbox import LeftFact
from renqing.social.activities import ActivityState
from renqing.trade.webhooks import ActivityData, Endpoint, NewDelivery


def _ended(fact: LeftFact) -> tuple[str, msgspec.Struct]:
    said = fact.payload
    state = ActivityState.VOID if said["how"] == "stopped" else ActivityState.OVER
    data = ActivityData(
        activity_id=str(fact.subject_id),
        shop_id=str(said["shop_id"]),
        state=int(state),
        how=said["how"],
        taken=said["taken"],
        left=said["left"],
    )
    return "activity.ended", data


ABOUT_SHOPS: Mapping[str, Callable[[LeftFact], tuple[str, msgspec.Struct]]] = {"ActivityEnded": _ended}


def deliveries_about_shops(facts: Sequence[LeftFact], listeners: Sequence[Endpoint]) -> list[NewDelivery]:
    """A delivery for each endpoint of the shop, or of the platform, that hears the event of a fact."""
    made = [(fact, *ABOUT_SHOPS[fact.kind](fact)) for fact in facts if fact.kind in ABOUT_SHOPS]
    return [
        NewDelivery(
            endpoint_id=endpoint.id,
            shop_id=endpoint.shop_id,
            fact_id=fact.id,
            kind=kind,
            subject_id=fact.subject_id,
            occurred_at=fact.made_at,
            data=msgspec.json.encode(data),
        )
        for fact, kind, data in made
        for endpoint in listeners
        if endpoint.shop_id in (PLATFORM, fact.payload["shop_id"]) and endpoint.hears(kind)
    ]
