"""The little of HTTP that the bank speaks: one request read whole within limits, one reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from renqing.providers.sandbox_channel.wire import BODY_BYTES_MAX

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = "application/json"
QUERY_FIELDS_MAX = 20
SILENT_SECONDS_MAX = 60.0
BODY_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is as it was sent, with its query: that is what a merchant signs."""

    method: str
    path: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; ``silent`` answers nothing until the asker has gone."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False


class BodyTooLong(Exception):
    """The body is above ``BODY_BYTES_MAX``."""


class Gone(Exception):
    """The asker went away, or sends too slowly."""


async def read(scope: Scope, receive: Receive) -> Request:
    """The whole request. Raises BodyTooLong and Gone."""
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise Gone
                chunk = event.get("body", b"")
                size += len(chunk)
                if size > BODY_BYTES_MAX:
                    raise BodyTooLong
                chunks.append(chunk)
                if not event.get("more_body"):
                    break
    except TimeoutError as slow:
        raise Gone from slow
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    path, query = raw_path.decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(
        scope["method"],
        f"{path}?{query}" if query else path,
        tuple(unquote(part) for part in path.split("/") if part),
        dict(parse_qsl(query, max_num_fields=QUERY_FIELDS_MAX)) if query else {},
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        b"".join(chunks),
    )


async def write(reply: Reply, receive: Receive, send: Send) -> None:
    """Send the reply, or keep silent."""
    if reply.silent:
        await _wait_until_gone(receive)
        return
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _wait_until_gone(receive: Receive) -> None:
    try:
        async with asyncio.timeout(SILENT_SECONDS_MAX):
            while (await receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return
