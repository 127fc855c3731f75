"""The OpenAPI document at ``/openapi.json`` and the page at ``/docs`` that browses it, from files of this host."""

from __future__ import annotations

from importlib.metadata import version

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from renqing.doors.access import Audience, allow

allow(Audience.PUBLIC, "GET /openapi.json")


def openapi_config() -> OpenAPIConfig:
    """OpenAPI 3.1: bearer tokens for apps, the cookie for pages."""
    return OpenAPIConfig(
        title="Renqing",
        version=version("renqing"),
        description="People give each other goods. Ids are decimal strings, money is minor units with a currency, "
        "every write carries an Idempotency-Key, and what is refused is RFC 9457 problem details with a stable code.",
        path="/",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description="A sign-in's token")}
        ),
        security=[{"bearer": []}],
    )
