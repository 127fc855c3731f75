"""A small proxy between a pool and PostgreSQL: it refuses, delays, swallows, and cuts at the commit, as it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

CHUNK = 65_536
COMMIT = b"COMMIT;"


@dataclass
class Proxy:
    """``mode``: open, refuse, slow, half_open, cut_before_commit, cut_after_commit. ``fired`` counts the two cuts."""

    target: str
    mode: str = "open"
    fired: int = 0
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self.mode == "refuse":
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(self.target)
        self._writers.add(server_writer)
        both = [
            asyncio.create_task(self._to_server(reader, server_writer, writer)),
            asyncio.create_task(self._to_client(server_reader, writer)),
        ]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        server_writer.transport.abort()
        writer.transport.abort()

    async def _to_server(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        while chunk := await reader.read(CHUNK):
            if self.mode == "half_open":
                continue
            if COMMIT in chunk and self.mode.startswith("cut"):
                self.fired += 1
                if self.mode == "cut_before_commit":
                    return
                server.write(chunk)
                self._deaf = client
                continue
            server.write(chunk)

    _deaf: asyncio.StreamWriter | None = None

    async def _to_client(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            if self._deaf is client:
                return  # PostgreSQL has answered the commit: nobody hears it
            if self.mode == "slow":
                await asyncio.sleep(0.01)
            if self.mode != "half_open":
                client.write(chunk)

    def cut_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@contextlib.asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the server of this address, and the address that goes through it."""
    parts = urlsplit(dsn)
    asked = parse_qs(parts.query)
    proxy = Proxy(f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}")
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, f"postgresql://{parts.username}@127.0.0.1:{proxy.port}{parts.path}"
    finally:
        server.close()
        proxy.cut_all()
