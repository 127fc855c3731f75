"""How long and how much a server process waits for: heads, bodies and readers that do not come to an end.

A connection costs memory and one of ``CONNECTIONS_MAX`` places, so whoever holds one without finishing is cut off:
a request that has not arrived whole in its time, an answer that nobody takes a byte of, a head that is longer than any
of ours. One look a second over all connections; nothing is set up or taken down a request.
"""

from __future__ import annotations

from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from renqing.doors.one_piece import InOnePiece
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.metrics import CUT_OFF

HEAD_BYTES_MAX: Final = 32_768
HEADERS_MAX: Final = 200
TICKS_A_LOOK: Final = 10  # of 0.1 s each
_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

Waiting = tuple[str, int, int]  # for what, of which request, and how far it is


class BoundedHeads(InOnePiece):
    """uvicorn's protocol, which reads a head of any length, with an end to it. Trailers count as headers."""

    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.scope is None:
            return
        if "method" not in self.scope:
            self._head_bytes += len(data)
        elif self._head_bytes:
            self._head_bytes = 0
        if (self._head_bytes > HEAD_BYTES_MAX or len(self.headers) > HEADERS_MAX) and not self.transport.is_closing():
            CUT_OFF.labels("head").inc()
            self.transport.write(_TOO_LONG)
            self.transport.close()


def waits_for(connection: HttpToolsProtocol) -> Waiting | None:
    """What a connection keeps the server waiting for; None while it is at rest or the server's own turn."""
    cycle = connection.cycle
    if connection.flow.write_paused:
        return "reader", id(cycle), connection.transport.get_write_buffer_size()
    if cycle is None:
        return "request", 0, 0
    if cycle.response_complete:  # at rest its keep-alive time runs; without that, something began and did not end
        return None if connection.timeout_keep_alive_task is not None else ("request", id(cycle), 1)
    return ("request", id(cycle), 0) if cycle.more_body else None


class PatientServer(uvicorn.Server):
    """uvicorn's server, that looks once a second at who keeps it waiting, and for how long."""

    def __init__(self, config: uvicorn.Config, *, seconds_max: int) -> None:
        super().__init__(config)
        self._seconds_max = seconds_max
        self._since: dict[HttpToolsProtocol, tuple[Waiting, float]] = {}

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_LOOK == 0:
            self.look(monotonic_seconds())
        return await super().on_tick(counter)

    def look(self, now: float) -> None:
        """End the connections that kept the server waiting for the same thing for too long."""
        since: dict[HttpToolsProtocol, tuple[Waiting, float]] = {}
        for connection in list(self.server_state.connections):
            assert isinstance(connection, HttpToolsProtocol), "no other protocol is spoken here"
            waiting = waits_for(connection)
            if waiting is None or connection.transport.is_closing():
                continue
            known = self._since.get(connection)
            began = known[1] if known is not None and known[0] == waiting else now
            if now - began < self._seconds_max:
                since[connection] = waiting, began
                continue
            CUT_OFF.labels(waiting[0]).inc()
            connection.transport.abort()
        self._since = since
