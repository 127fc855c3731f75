"""The OpenAPI document at ``/openapi.json`` and the page at ``/docs`` that browses it, from files of this host."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from litestar import Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest

# Litestar's own router needs a root of its own; the document itself is served where everybody looks for it.
allow(
    Audience.PUBLIC,
    "GET /openapi.json",
    "GET /docs/schema",
    "GET /docs/schema/openapi.json",
    "GET /docs/schema/{path:str}",
)


@get("/openapi.json", sync_to_thread=False, include_in_schema=False)
def openapi_document(request: AnyRequest) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(request.app.openapi_schema.to_schema()), media_type="application/json")


def openapi_config() -> OpenAPIConfig:
    """OpenAPI 3.1: bearer tokens for apps, the cookie for pages."""
    return OpenAPIConfig(
        title="Renqing",
        version=version("renqing"),
        description="People give each other goods. Ids are decimal strings, money is minor units with a currency, "
        "every write carries an Idempotency-Key, and what is refused is RFC 9457 problem details with a stable code.",
        path="/docs/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description="A sign-in's token")}
        ),
        security=[{"bearer": []}],
    )


routes = [openapi_document]
