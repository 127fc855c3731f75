"""What webhooks look like on the wire, for whoever owns the endpoint; and the event types, for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import QueryParameter

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, cursor_in, cursor_out, house_of, id_in, once_of, reader_of
from renqing.doors.api.wire import once_without_body as bare
from renqing.journeys.keep_webhooks import (
    AddEndpoint,
    ChangeEndpoint,
    NameEndpoint,
    ReplayDeliveries,
    SecretMade,
    add_an_endpoint,
    change_an_endpoint,
    remove_an_endpoint,
    replay_deliveries,
    rotate_a_secret,
    send_a_test_event,
)
from renqing.trade.webhooks import (
    EVENTS,
    PAGE_MAX,
    DeliveryState,
    DeliveryUnknown,
    EndpointOff,
    EndpointsEnough,
    EndpointUnknown,
    EventTypeUnknown,
    NewEndpoint,
    UrlNotAllowed,
    schemas,
)
from renqing.views.market import CursorNotValid
from renqing.views.webhook_pages import (
    Delivery,
    EndpointHere,
    webhook_deliveries,
    webhook_delivery,
    webhook_endpoint,
    webhook_endpoints,
)

allow(Audience.PUBLIC, "GET /v1/webhook-event-types")

JUDGED = (UrlNotAllowed, EventTypeUnknown)
MADE = (*JUDGED, EndpointsEnough)
NAMED = (EndpointUnknown,)
TESTED = (EndpointUnknown, EndpointOff)
READ = (EndpointUnknown, DeliveryUnknown)
LISTED = (EndpointUnknown, CursorNotValid)
Wanted = Annotated[
    Literal["waiting", "delivered", "given_up"] | None,
    QueryParameter(required=False, description="Only those in this state"),
]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)]


class WebhookEndpointIn(Body, frozen=True, kw_only=True):
    """An address to post to, and which event types: none is all of them. ``on`` false keeps what happens for later."""

    url: Annotated[str, msgspec.Meta(max_length=2000)]
    description: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    types: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=40)], ...], msgspec.Meta(max_length=50)] = ()
    on: bool = True


class WebhookReplayIn(Body, frozen=True, kw_only=True):
    """From when on deliveries go out again."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]


class WebhookEndpointOut(msgspec.Struct, frozen=True):
    """An endpoint and how it fares.

    ``types`` none: all. ``failing_since``: it has taken nothing since. ``former_secret_until``: so long the secret
    before the last rotation signs too. ``waiting`` stops at 1,000.
    """

    id: str
    shop_id: str | None
    url: str
    description: str
    types: list[str]
    state: str
    why_disabled: str
    made_at: datetime
    failing_since: datetime | None
    former_secret_until: datetime | None
    waiting: int
    last_delivered_at: datetime | None


class WebhookSecretOut(msgspec.Struct, frozen=True):
    """The secret, here and never again: keep it."""

    endpoint_id: str
    secret: str


class WebhookDeliveryRowOut(msgspec.Struct, frozen=True):
    """A delivery in its list. ``last_status`` 0: no answer, and ``last_why`` says what stopped it."""

    id: str
    event_id: str
    type: str
    subject: str
    sequence: int
    state: str
    tries: int
    next_try_at: datetime | None
    last_status: int
    last_why: str
    made_at: datetime
    delivered_at: datetime | None


class WebhookDeliveriesOut(msgspec.Struct, frozen=True):
    """What went to an endpoint, the newest first."""

    deliveries: list[WebhookDeliveryRowOut]
    next_cursor: str | None


class WebhookTryOut(msgspec.Struct, frozen=True):
    """One try. ``status`` 0: no answer, and ``why`` says what stopped it."""

    at: datetime
    status: int
    why: str
    milliseconds: int


class WebhookDeliveryOut(msgspec.Struct, frozen=True):
    """A delivery with exactly what was posted, and its tries, the latest first."""

    delivery: WebhookDeliveryRowOut
    body: str
    tries: list[WebhookTryOut]


class WebhookKeptOut(msgspec.Struct, frozen=True):
    """It is so now."""

    endpoint_id: str


class WebhookReplayedOut(msgspec.Struct, frozen=True):
    """How many deliveries go out again."""

    deliveries: int


class WebhookEventTypeOut(msgspec.Struct, frozen=True):
    """An event type, who hears it besides the platform itself, and the JSON schema of what is posted."""

    type: str
    about: str
    audience: str
    schema: dict[str, Any]


@get("/v1/webhook-event-types", tags=["webhooks"])
async def list_webhook_event_types(request: AnyRequest) -> list[WebhookEventTypeOut]:  # noqa: ARG001 - as all handlers
    """What programs can be told, with the JSON schema of each."""
    shapes = schemas()
    return [WebhookEventTypeOut(kind, one.about, one.audience, shapes[kind]) for kind, one in EVENTS.items()]


def _new(data: WebhookEndpointIn) -> NewEndpoint:
    return NewEndpoint(data.url, data.description, data.types)


def _at(request: AnyRequest, shop_id: int, endpoint_id: str) -> NameEndpoint:
    return NameEndpoint(reader_of(request).person_id, shop_id, id_in(endpoint_id))


# what the doors of shops and of operators do alike -------------------------------------------------------------------
async def endpoints_out(request: AnyRequest, shop_id: int) -> list[WebhookEndpointOut]:
    """An owner's endpoints."""
    page = await webhook_endpoints(house_of(request).ground, reader_of(request).person_id, shop_id)
    return [_endpoint_out(row) for row in page.rows]


async def endpoint_out(request: AnyRequest, shop_id: int, endpoint_id: str) -> WebhookEndpointOut:
    """One endpoint."""
    reader_id = reader_of(request).person_id
    return _endpoint_out(await webhook_endpoint(house_of(request).ground, reader_id, shop_id, id_in(endpoint_id)))


async def make(request: AnyRequest, shop_id: int, data: WebhookEndpointIn) -> WebhookSecretOut:
    """A new endpoint."""
    ask = AddEndpoint(reader_of(request).person_id, shop_id, _new(data))
    return _secret_out(await add_an_endpoint(house_of(request).ground, ask, once_of(request, data)))


async def change(request: AnyRequest, shop_id: int, endpoint_id: str, data: WebhookEndpointIn) -> WebhookKeptOut:
    """An endpoint anew."""
    ask = ChangeEndpoint(_at(request, shop_id, endpoint_id), _new(data), data.on)
    kept = await change_an_endpoint(house_of(request).ground, ask, once_of(request, data))
    return WebhookKeptOut(str(kept.endpoint_id))


async def remove(request: AnyRequest, shop_id: int, endpoint_id: str) -> WebhookKeptOut:
    """An endpoint gone."""
    at = _at(request, shop_id, endpoint_id)
    kept = await remove_an_endpoint(house_of(request).ground, at, await bare(request))
    return WebhookKeptOut(str(kept.endpoint_id))


async def rotate(request: AnyRequest, shop_id: int, endpoint_id: str) -> WebhookSecretOut:
    """A new secret."""
    at = _at(request, shop_id, endpoint_id)
    return _secret_out(await rotate_a_secret(house_of(request).ground, at, await bare(request)))


async def try_out(request: AnyRequest, shop_id: int, endpoint_id: str) -> WebhookKeptOut:
    """A test event."""
    at = _at(request, shop_id, endpoint_id)
    kept = await send_a_test_event(house_of(request).ground, at, await bare(request))
    return WebhookKeptOut(str(kept.endpoint_id))


async def replay_since(
    request: AnyRequest, shop_id: int, endpoint_id: str, data: WebhookReplayIn
) -> WebhookReplayedOut:
    """All since a time again."""
    ask = ReplayDeliveries(_at(request, shop_id, endpoint_id), since=data.since)
    return WebhookReplayedOut(
        (await replay_deliveries(house_of(request).ground, ask, once_of(request, data))).deliveries
    )


async def replay_one(request: AnyRequest, shop_id: int, endpoint_id: str, delivery_id: str) -> WebhookReplayedOut:
    """One delivery again."""
    ask = ReplayDeliveries(_at(request, shop_id, endpoint_id), delivery_id=id_in(delivery_id))
    return WebhookReplayedOut((await replay_deliveries(house_of(request).ground, ask, await bare(request))).deliveries)


async def deliveries_out(
    request: AnyRequest, shop_id: int, endpoint_id: str, wanted: str | None, cursor: str | None, limit: int
) -> WebhookDeliveriesOut:
    """A page of what went to an endpoint."""
    page = await webhook_deliveries(
        house_of(request).ground,
        reader_of(request).person_id,
        shop_id,
        id_in(endpoint_id),
        state=None if wanted is None else DeliveryState(wanted),
        after=cursor_in(cursor),
        limit=limit,
    )
    return WebhookDeliveriesOut([_row_out(row) for row in page.rows], cursor_out(page.next_after))


async def delivery_out(request: AnyRequest, shop_id: int, endpoint_id: str, delivery_id: str) -> WebhookDeliveryOut:
    """One delivery."""
    ground, reader_id = house_of(request).ground, reader_of(request).person_id
    found = await webhook_delivery(ground, reader_id, shop_id, id_in(endpoint_id), id_in(delivery_id))
    tries = [WebhookTryOut(one.at, one.status, one.why, one.milliseconds) for one in found.tries]
    return WebhookDeliveryOut(_row_out(found.row), found.body, tries)


def _secret_out(made: SecretMade) -> WebhookSecretOut:
    return WebhookSecretOut(str(made.endpoint_id), made.secret)


def _endpoint_out(row: EndpointHere) -> WebhookEndpointOut:
    return WebhookEndpointOut(
        id=str(row.id),
        shop_id=str(row.shop_id) if row.shop_id else None,
        url=row.url,
        description=row.description,
        types=row.kinds,
        state=row.state,
        why_disabled=row.why_disabled,
        made_at=row.made_at,
        failing_since=row.failing_since,
        former_secret_until=row.former_until,
        waiting=row.waiting,
        last_delivered_at=row.delivered_at,
    )


def _row_out(row: Delivery) -> WebhookDeliveryRowOut:
    return WebhookDeliveryRowOut(
        id=str(row.id),
        event_id=row.event_id,
        type=row.kind,
        subject=str(row.subject_id),
        sequence=row.n,
        state=row.state,
        tries=row.tries,
        next_try_at=row.next_at,
        last_status=row.last_status,
        last_why=row.last_why,
        made_at=row.made_at,
        delivered_at=row.delivered_at,
    )


routes = [list_webhook_event_types]
