"""How a server process leaves so that nobody notices: another has taken its place already.

It takes no new connection (whoever connects comes to the others, who listen on the same socket), ends its event
streams so that their pages come back elsewhere, and says ``connection: close`` with every answer. A connection is
closed once it has been silent for ``SILENT_SECONDS``: one closed at once could be carrying the next request already.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from renqing.doors.patience import BoundedHeads, PatientServer
from renqing.foundation.clock import monotonic_seconds

SILENT_SECONDS: Final = 0.5
LEAVE_SECONDS_MAX: Final = 3.0
LOOK_EVERY_SECONDS: Final = 0.05

_goodbyes: list[Callable[[], None]] = []


@contextmanager
def when_leaving(goodbye: Callable[[], None]) -> Iterator[None]:
    """For as long as the block lasts: call this once the process begins to leave."""
    _goodbyes.append(goodbye)
    try:
        yield
    finally:
        _goodbyes.remove(goodbye)


class LastAnswers(BoundedHeads):
    """Answers as ever, until its process leaves: then each answer on a connection is its last."""

    is_leaving = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.is_leaving and self.cycle is not None:
            self.cycle.keep_alive = False


class LeavingServer(PatientServer):
    """A server that says when it is ready, and leaves when asked to end."""

    def __init__(self, config: uvicorn.Config, *, seconds_max: int, when_ready: Callable[[], None]) -> None:
        super().__init__(config, seconds_max=seconds_max)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        LastAnswers.is_leaving = True
        for goodbye in _goodbyes:
            goodbye()
        for connection in self._connections():
            if not _is_silent(connection):
                connection.cycle.keep_alive = False
        await self._see_off()
        await super().shutdown(sockets)

    def _connections(self) -> list[LastAnswers]:
        return [connection for connection in self.server_state.connections if isinstance(connection, LastAnswers)]

    async def _see_off(self) -> None:
        """Wait for the last answers, and close whoever has nothing to say any more."""
        began = monotonic_seconds()
        silent_since: dict[LastAnswers, float] = {}
        while self.server_state.connections and monotonic_seconds() - began < LEAVE_SECONDS_MAX:
            now = monotonic_seconds()
            for connection in self._connections():
                if not _is_silent(connection):
                    silent_since.pop(connection, None)
                elif now - silent_since.setdefault(connection, now) > SILENT_SECONDS:
                    connection.transport.close()
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def _is_silent(connection: LastAnswers) -> bool:
    cycle: RequestResponseCycle | None = connection.cycle
    return cycle is None or cycle.response_complete
