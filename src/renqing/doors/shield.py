"""What every request passes on its way in and out: its measure, its origin, the headers that keep it safe.

Plain ASGI, because it is on every request. Writes from another site are refused by their ``Origin``; what is for one
person is not cached; no page runs script or style that is not a file of ours, and nothing loads from elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.metrics import REQUEST_SECONDS, REQUESTS
from renqing.foundation.text import best_language, say

_DATA = (b"application/json", b"application/problem+json")
_NOT_KEPT = (b"cache-control", b"no-store")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _policy(form_targets: str) -> bytes:
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{form_targets}"
    ).encode()


class Shield:
    """The middleware. ``cashiers`` are origins that a form may lead to: the payment channels' pages."""

    def __init__(self, app: ASGIApp, *, cashiers: tuple[str, ...], has_tls: bool) -> None:
        self._app = app
        origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, cashiers) if parts.netloc}
        policy = _policy("".join(f" {origin}" for origin in sorted(origins)))
        self._headers: list[tuple[bytes, bytes]] = [
            (b"content-security-policy", policy),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=()"),
        ]
        # Data is no document: it loads nothing, opens no window and asks for no camera, wherever it is shown.
        self._headers_of_data: list[tuple[bytes, bytes]] = [
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
        ]
        if has_tls:
            for headers in (self._headers, self._headers_of_data):
                headers.append((b"strict-transport-security", b"max-age=63072000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in _SAFE_METHODS and _is_foreign(scope):
            await _refuse(scope, send)
            return
        began = monotonic_seconds()

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._finish(scope, message, began)
            await send(message)

        await self._app(scope, receive, send_shielded)

    def _finish(self, scope: HTTPScope, message: Any, began: float) -> None:
        headers = list(message.get("headers", ()))
        is_data = may_be_kept = False
        for name, value in headers:
            if name == b"content-type":
                is_data = value.startswith(_DATA)
            elif name == b"cache-control":
                may_be_kept = True
        if not may_be_kept:
            headers.append(_NOT_KEPT)
        message["headers"] = headers + (self._headers_of_data if is_data else self._headers)
        answers, seconds = _measures(str(scope.get("path_template") or "(none)"), message["status"])
        answers.inc()
        seconds.observe(monotonic_seconds() - began)


@cache
def _measures(route: str, status: int) -> tuple[Counter, Histogram]:
    """The counters of a route's answers; routes and statuses are few."""
    return REQUESTS.labels(route, str(status)), REQUEST_SECONDS.labels(route)


def _is_foreign(scope: HTTPScope) -> bool:
    """Whether a browser says that another site sends this write. Programs send no ``Origin``, and no cookie."""
    origin = host = b""
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value
        elif name == b"host":
            host = value
    return bool(origin) and urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") != host


async def _refuse(scope: HTTPScope, send: Send) -> None:
    accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    title = say("error.foreign_origin", best_language(accepted.decode("latin-1")))
    said = {"type": "/docs/errors#foreign_origin", "title": title, "status": 403, "code": "foreign_origin"}
    headers = [(b"content-type", b"application/problem+json; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(said), "more_body": False})
