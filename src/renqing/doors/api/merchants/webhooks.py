"""A shop's webhooks: the programs that hear what happens in it, and what went to each. Its owner decides."""

from __future__ import annotations

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from renqing.books.people import ShopUnknown
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
from renqing.doors.api.wire import AnyRequest, Cursor, id_in
from renqing.journeys.ask_the_staff import OwnersOnly
from renqing.views.webhook_pages import PAGE

TAG = "webhooks"
WRITES = (ShopUnknown, OwnersOnly)
CHANGED = (*JUDGED, *NAMED)

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/webhook-endpoints",
    "POST /v1/shops/{shop_id:str}/webhook-endpoints",
    "GET /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    "PUT /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    "DELETE /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    "POST /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/secret-rotations",
    "POST /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/test-events",
    "POST /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/replays",
    "GET /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries",
    "GET /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries/{delivery_id:str}",
    "POST /v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries/{delivery_id:str}/replays",
)


@get("/v1/shops/{shop_id:str}/webhook-endpoints", tags=[TAG], refuses=(ShopUnknown,))
async def list_shop_endpoints(
    request: AnyRequest,
    shop_id: FromPath[str],
) -> list[WebhookEndpointOut]:
    """The programs that hear your shop's events, and how they fare."""
    return await wire.endpoints_out(request, id_in(shop_id))


@post(
    "/v1/shops/{shop_id:str}/webhook-endpoints",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(
        *WRITES,
        *MADE,
    ),
)
async def make_shop_endpoint(
    request: AnyRequest, shop_id: FromPath[str], data: JSONBody[WebhookEndpointIn]
) -> WebhookSecretOut:
    """Let a program hear your shop's events. Its secret is shown here and never again."""
    return await wire.make(request, id_in(shop_id), data)


@get(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        *NAMED,
    ),
)
async def read_shop_endpoint(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str]
) -> WebhookEndpointOut:
    """One endpoint, and how it fares."""
    return await wire.endpoint_out(request, id_in(shop_id), endpoint_id)


@put(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(
        *WRITES,
        *CHANGED,
    ),
)
async def change_shop_endpoint(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], data: JSONBody[WebhookEndpointIn]
) -> WebhookKeptOut:
    """Write an endpoint anew, pause it, or switch it on: what was kept back then comes in order."""
    return await wire.change(request, id_in(shop_id), endpoint_id, data)


@delete(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(
        *WRITES,
        *NAMED,
    ),
)
async def remove_shop_endpoint(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str]
) -> WebhookKeptOut:
    """Remove an endpoint for good, with its secret."""
    return await wire.remove(request, id_in(shop_id), endpoint_id)


@post(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/secret-rotations",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(
        *WRITES,
        *NAMED,
    ),
)
async def rotate_shop_secret(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str]
) -> WebhookSecretOut:
    """A new secret, shown here and never again. The former one signs beside it for 24 hours."""
    return await wire.rotate(request, id_in(shop_id), endpoint_id)


@post(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/test-events",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(
        *WRITES,
        *TESTED,
    ),
)
async def send_shop_test_event(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str]
) -> WebhookKeptOut:
    """Send an event in which nothing has happened."""
    return await wire.try_out(request, id_in(shop_id), endpoint_id)


@post(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/replays",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(
        *WRITES,
        *NAMED,
    ),
)
async def replay_shop_deliveries(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], data: JSONBody[WebhookReplayIn]
) -> WebhookReplayedOut:
    """Send everything since a time again, in order."""
    return await wire.replay_since(request, id_in(shop_id), endpoint_id, data)


@get(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        *LISTED,
    ),
)
async def list_shop_deliveries(
    request: AnyRequest,
    shop_id: FromPath[str],
    endpoint_id: FromPath[str],
    wanted: Wanted = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> WebhookDeliveriesOut:
    """What went to an endpoint, the newest first."""
    return await wire.deliveries_out(request, id_in(shop_id), endpoint_id, wanted, cursor, limit)


@get(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries/{delivery_id:str}",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        *READ,
    ),
)
async def read_shop_delivery(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], delivery_id: FromPath[str]
) -> WebhookDeliveryOut:
    """One delivery: exactly what was posted, and every try."""
    return await wire.delivery_out(request, id_in(shop_id), endpoint_id, delivery_id)


@post(
    "/v1/shops/{shop_id:str}/webhook-endpoints/{endpoint_id:str}/deliveries/{delivery_id:str}/replays",
    tags=[TAG],
    status_code=HTTP_201_CREATED,
    refuses=(
        *WRITES,
        *READ,
    ),
)
async def replay_shop_delivery(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], delivery_id: FromPath[str]
) -> WebhookReplayedOut:
    """Send one delivery again, with the same id."""
    return await wire.replay_one(request, id_in(shop_id), endpoint_id, delivery_id)


routes = [
    list_shop_endpoints,
    make_shop_endpoint,
    read_shop_endpoint,
    change_shop_endpoint,
    remove_shop_endpoint,
    rotate_shop_secret,
    send_shop_test_event,
    replay_shop_deliveries,
    list_shop_deliveries,
    read_shop_delivery,
    replay_shop_delivery,
]
