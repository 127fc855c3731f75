"""Health, for whoever balances load; metrics, for the operator's own machines."""

from __future__ import annotations

import os

from litestar import Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
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


@get("/metrics", sync_to_thread=False, include_in_schema=False)
def metrics() -> Response[bytes]:
    """Prometheus text, of every process of the house where they share a folder."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


routes = [healthz, readyz, metrics]
