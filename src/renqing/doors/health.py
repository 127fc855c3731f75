"""Health, for whoever balances load; metrics, for the operator's own machines."""

from __future__ import annotations

from litestar import Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
from renqing.doors.measures import everything
from renqing.foundation.database import DatabaseAway

allow(Audience.PUBLIC, "GET /healthz", "GET /readyz")
allow(Audience.HOUSE, "GET /metrics")


@get("/healthz", sync_to_thread=False, include_in_schema=False)
def healthz() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@get("/readyz", include_in_schema=False)
async def readyz(request: AnyRequest) -> Response[dict[str, str]]:
    """This process can do its work: its database answers."""
    try:
        await house_of(request).ground.db.fetchval("SELECT 1")
    except (DatabaseAway, TimeoutError):
        return Response({"status": "database away"}, status_code=HTTP_503_SERVICE_UNAVAILABLE)
    return Response({"status": "ready"}, status_code=HTTP_200_OK)


@get("/metrics", include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[bytes]:
    """Prometheus text, of every process of the house where they share a folder, and of the house itself."""
    return Response(generate_latest(await everything(house_of(request))), media_type=CONTENT_TYPE_LATEST)


routes = [healthz, readyz, metrics]
