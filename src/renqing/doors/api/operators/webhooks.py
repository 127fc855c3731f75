"""The platform's own webhooks, and a look at any shop's."""

from __future__ import annotations

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from renqing.books.people import PLATFORM
from renqing.doors.access import Audience, allow
from renqing.doors.api import webhooks as wire
from renqing.doors.api.webhooks import (
    JUDGED,
    LISTED,
    MADE,
    NAMED,
    READ,
    TESTED,
    Limit,
    Wanted,
    WebhookDeliveriesOut,
    WebhookDeliveryOut,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookKeptOut,
    WebhookReplayedOut,
    WebhookReplayIn,
    WebhookSecretOut,
)
from renqing.doors.api.wire import AnyRequest, Cursor
from renqing.views.webhook_pages import PAGE

TAG = "webhooks"
CHANGED = (*JUDGED, *NAMED)

allow(
    Audience.OPERATOR,
    "GET /v1/operator/webhook-endpoints",
    "POST /v1/operator/webhook-endpoints",
    "GET /v1/operator/webhook-endpoints/{platform_endpoint_id:str}",
    "PUT /v1/operator/webhook-endpoints/{platform_endpoint_id:str}",
    "DELETE /v1/operator/webhook-endpoints/{platform_endpoint_id:str}",
    "POST /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/secret-rotations",
    "POST /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/test-events",
    "POST /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/replays",
    "GET /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries",
    "GET /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}",
    "POST /v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}/replays",
)


@get("/v1/operator/webhook-endpoints", tags=[TAG], refuses=())
async def list_platform_endpoints(
    request: AnyRequest,
) -> list[WebhookEndpointOut]:
    """The programs that hear the platform's events, and how they fare."""
    return await wire.endpoints_out(request, PLATFORM)


@post("/v1/operator/webhook-endpoints", tags=[TAG], status_code=HTTP_201_CREATED, refuses=(*MADE,))
async def make_platform_endpoint(request: AnyRequest, data: JSONBody[WebhookEndpointIn]) -> WebhookSecretOut:
    """Let a program hear the platform's events. Its secret is shown here and never again."""
    return await wire.make(request, PLATFORM, data)


@get("/v1/operator/webhook-endpoints/{platform_endpoint_id:str}", tags=[TAG], refuses=(*NAMED,))
async def read_platform_endpoint(request: AnyRequest, platform_endpoint_id: FromPath[str]) -> WebhookEndpointOut:
    """One endpoint, and how it fares. Any shop's can be looked at, none of theirs changed."""
    return await wire.endpoint_out(request, PLATFORM, platform_endpoint_id)


@put(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(*CHANGED,),
)
async def change_platform_endpoint(
    request: AnyRequest, platform_endpoint_id: FromPath[str], data: JSONBody[WebhookEndpointIn]
) -> WebhookKeptOut:
    """Write an endpoint anew, pause it, or switch it on: what was kept back then comes in order."""
    return await wire.change(request, PLATFORM, platform_endpoint_id, data)


@delete(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}", tags=[TAG], status_code=HTTP_200_OK, refuses=(*NAMED,)
)
async def remove_platform_endpoint(request: AnyRequest, platform_endpoint_id: FromPath[str]) -> WebhookKeptOut:
    """Remove an endpoint for good, with its secret."""
    return await wire.remove(request, PLATFORM, platform_endpoint_id)


@post(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/secret-rotations",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(*NAMED,),
)
async def rotate_platform_secret(request: AnyRequest, platform_endpoint_id: FromPath[str]) -> WebhookSecretOut:
    """A new secret, shown here and never again. The former one signs beside it for 24 hours."""
    return await wire.rotate(request, PLATFORM, platform_endpoint_id)


@post(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/test-events",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(*TESTED,),
)
async def send_platform_test_event(request: AnyRequest, platform_endpoint_id: FromPath[str]) -> WebhookKeptOut:
    """Send an event in which nothing has happened."""
    return await wire.try_out(request, PLATFORM, platform_endpoint_id)


@post(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/replays",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(*NAMED,),
)
async def replay_platform_deliveries(
    request: AnyRequest, platform_endpoint_id: FromPath[str], data: JSONBody[WebhookReplayIn]
) -> WebhookReplayedOut:
    """Send everything since a time again, in order."""
    return await wire.replay_since(request, PLATFORM, platform_endpoint_id, data)


@get("/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries", tags=[TAG], refuses=(*LISTED,))
async def list_platform_deliveries(
    request: AnyRequest,
    platform_endpoint_id: FromPath[str],
    wanted: Wanted = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> WebhookDeliveriesOut:
    """What went to an endpoint, the newest first."""
    return await wire.deliveries_out(request, PLATFORM, platform_endpoint_id, wanted, cursor, limit)


@get(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}",
    tags=[TAG],
    refuses=(*READ,),
)
async def read_platform_delivery(
    request: AnyRequest, platform_endpoint_id: FromPath[str], platform_delivery_id: FromPath[str]
) -> WebhookDeliveryOut:
    """One delivery: exactly what was posted, and every try."""
    return await wire.delivery_out(request, PLATFORM, platform_endpoint_id, platform_delivery_id)


@post(
    "/v1/operator/webhook-endpoints/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}/replays",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(*READ,),
)
async def replay_platform_delivery(
    request: AnyRequest, platform_endpoint_id: FromPath[str], platform_delivery_id: FromPath[str]
) -> WebhookReplayedOut:
    """Send one delivery again, with the same id."""
    return await wire.replay_one(request, PLATFORM, platform_endpoint_id, platform_delivery_id)


routes = [
    list_platform_endpoints,
    make_platform_endpoint,
    read_platform_endpoint,
    change_platform_endpoint,
    remove_platform_endpoint,
    rotate_platform_secret,
    send_platform_test_event,
    replay_platform_deliveries,
    list_platform_deliveries,
    read_platform_delivery,
    replay_platform_delivery,
]
