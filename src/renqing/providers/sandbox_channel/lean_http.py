"""A small HTTP/1.1 client that keeps its connections: for asks that are many, short and to one known host.

Where it was measured, httpx costs 1.1 to 2.5 ms of CPU a request and this 0.04; at 500 orders a second
that decides (docs/decisions/sandbox-channel.md). It follows no redirect, reads no proxy setting, and takes an
answer only whole: one that is cut off, too long or too late is ``NoAnswer``. A kept connection that the other side
closed before it said anything is replaced once; whoever calls must therefore ask what may be asked twice.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import SplitResult, urlsplit

import httptools

from renqing.foundation.clock import monotonic_seconds

ANSWER_BYTES_MAX = 4 * 1024 * 1024
CONNECT_SECONDS_MAX = 2.0
IDLE_SECONDS_MAX = 4.0  # under uvicorn's 5 s, so that we seldom meet a connection that is being closed


class NoAnswer(Exception):
    """No whole answer came. ``why`` is a code for logs."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _ClosedEarly(NoAnswer):
    """The connection ended before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower-case names) and the whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Asks(Protocol):
    """What the channel and the bank's postman need of HTTP: ``LeanHttp``, or a wire that a storm holds in its hand."""

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, seconds_max: float
    ) -> Answer: ...

    def close(self) -> None: ...


class _Connection(asyncio.Protocol):
    """One connection, one question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._begin_answer()
        self.idle_since = 0.0
        self.asked = 0

    def _begin_answer(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._bytes = 0
        self._any = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        assert self._transport is not None, "connected first"
        assert self._waiting is None, "one question at a time"
        self._begin_answer()
        self.asked += 1
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass of it

    def data_received(self, data: bytes) -> None:
        self._any = True
        if self._waiting is None:
            self.close()  # bytes that nobody asked for: this connection is out of step
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(NoAnswer("malformed"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        self._transport = None
        self._fail(NoAnswer("cut_off") if self._any else _ClosedEarly("closed"))

    # httptools
    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        if self._bytes > ANSWER_BYTES_MAX:
            self._fail(NoAnswer("too_long"))
        else:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        waiting, self._waiting = self._waiting, None
        if not self._parser.should_keep_alive():
            self.close()
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(self._parser.get_status_code(), self._headers, b"".join(self._chunks)))

    def _fail(self, why: NoAnswer) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(why)
        self.close()


@dataclass(slots=True)
class _Place:
    """What we keep for one scheme, host and port."""

    split: SplitResult
    slots: asyncio.Semaphore
    idle: deque[_Connection] = field(default_factory=deque)


class LeanHttp:
    """Asks over kept connections, at most ``connections_max`` at once to one place; the others wait their turn."""

    def __init__(self, *, connections_max: int = 64, tls: ssl.SSLContext | None = None) -> None:
        self._connections_max = connections_max
        self._tls = tls
        self._places: dict[tuple[str, str], _Place] = {}

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, seconds_max: float
    ) -> Answer:
        """The whole answer within ``seconds_max``, waiting for a free connection included. Raises NoAnswer."""
        try:
            split = urlsplit(url)
            place = self._place(split)
            request = _request_bytes(method, split, headers, body)
            async with asyncio.timeout(seconds_max), place.slots:
                try:
                    return await self._ask_on(await self._connection(place), place, request)
                except _ClosedEarly:
                    return await self._ask_on(await self._connect(place), place, request)
        except TimeoutError as late:
            raise NoAnswer("too_late") from late
        except (OSError, ValueError) as away:  # ValueError: an address that cannot be one
            raise NoAnswer("unreachable") from away

    def close(self) -> None:
        """Close what is kept; asks in flight end without an answer."""
        for place in self._places.values():
            while place.idle:
                place.idle.pop().close()

    def _place(self, split: SplitResult) -> _Place:
        key = (split.scheme, split.netloc)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = _Place(split, asyncio.Semaphore(self._connections_max))
        return found

    async def _connection(self, place: _Place) -> _Connection:
        oldest_kept = monotonic_seconds() - IDLE_SECONDS_MAX
        while place.idle:
            kept = place.idle.pop()
            if kept.is_open and kept.idle_since >= oldest_kept:
                return kept
            kept.close()
        return await self._connect(place)

    async def _connect(self, place: _Place) -> _Connection:
        split, secure = place.split, place.split.scheme == "https"
        if split.hostname is None:
            raise NoAnswer("unreachable")
        port = split.port or (443 if secure else 80)
        if secure and self._tls is None:
            self._tls = ssl.create_default_context()
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, connection = await asyncio.get_running_loop().create_connection(
                _Connection, split.hostname, port, ssl=self._tls if secure else None
            )
        return connection

    async def _ask_on(self, connection: _Connection, place: _Place, request: bytes) -> Answer:
        first = connection.asked == 0
        try:
            answer = await connection.ask(request)
        except _ClosedEarly as early:
            raise (NoAnswer(early.why) if first else early) from None
        except BaseException:
            connection.close()  # given up in the middle: what comes later must not answer the next question
            raise
        if connection.is_open:
            connection.idle_since = monotonic_seconds()
            place.idle.append(connection)
        return answer


def _request_bytes(method: str, split: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"host: {split.netloc}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines)
    assert head.count("\r") == head.count("\n") == len(lines) - 1, "a header value may not hold a line break"
    return f"{head}\r\n\r\n".encode("latin-1") + body
