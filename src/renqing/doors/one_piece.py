"""An answer leaves in one piece: its head waits for the body that follows it at once.

uvicorn hands head and body to the kernel one after the other, and each of the two wakes whoever reads: about 8 of the
35 µs that an exchange costs (docs/decisions/lane.md).
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD: Final = b"HTTP/1.1 "
_INTERIM: Final = b"HTTP/1.1 1"  # 100 Continue: the reader sends its body only once this is there


class OnePiece(asyncio.WriteTransport):
    """A transport whose head goes out with what is written next, or by itself on the loop's next turn."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.WriteTransport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._head:
            whole, self._head = self._head + data, b""
            self._transport.write(whole)
        elif isinstance(data, bytes) and data.startswith(_HEAD) and not data.startswith(_INTERIM):
            self._head = data
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _let_go(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


class InOnePiece(HttpToolsProtocol):
    """uvicorn's protocol, whose answers leave in one piece."""

    _piece: OnePiece

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._piece = OnePiece(transport, self.loop)

    def on_headers_complete(self) -> None:
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = self._piece  # type: ignore[assignment]  # it writes, closes and asks, no more
