"""The one way out to addresses that somebody else chose: webhooks' endpoints.

Such an address is a way into the operator's own network unless every step is held: it is judged as it is written, its
name is resolved here, **every** address that the name has must be a public machine's, and the connection is made to an
address that was judged, so that a name which answers differently a moment later (DNS rebinding) leads nowhere else.
TLS is verified against the name. Nothing is followed, no proxy is taken from the environment, and neither time nor
size of an answer is the other side's to choose.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from renqing.foundation.addresses import Target, UrlRefused, is_public, judge_url
from renqing.trade.webhooks.ports import ANSWER_BYTES_MAX, ANSWER_SECONDS_MAX, OutsideFailed

HEAD_BYTES_MAX: Final = 16_384
ADDRESSES_TRIED_MAX: Final = 4
READ_BYTES: Final = 16_384
INTERIM_MAX: Final = 4
NO_CONTENT: Final = 204
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", *_LOOPBACK})
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)[ \r]")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_LAST_CHUNK: Final = b"0\r\n\r\n"

Resolver = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as this machine's resolver answers."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedOutside:
    """Implements the webhooks' port. ``loopback``: programs on this machine may be called too (demo, tests)."""

    def __init__(
        self,
        *,
        loopback: bool,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
        seconds_max: float = ANSWER_SECONDS_MAX,
    ) -> None:
        self._loopback = loopback
        self._resolver = resolver
        self._tls = tls or ssl.create_default_context()
        self._seconds_max = seconds_max

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post, and answer the status; all of it within ``seconds_max``. Raises OutsideFailed."""
        try:
            target = judge_url(url, loopback=self._loopback)
        except UrlRefused as refused:
            raise OutsideFailed("refused") from refused
        try:
            async with asyncio.timeout(self._seconds_max):
                reader, writer = await self._connect(target)
                try:
                    return await _exchange(reader, writer, target, headers, body)
                finally:
                    writer.transport.abort()
        except TimeoutError as slow:
            raise OutsideFailed("slow") from slow
        except ssl.SSLError as wrong:
            raise OutsideFailed("tls") from wrong
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as cut:
            raise OutsideFailed("broken") from cut

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to one of the addresses that were judged: by its number, never by the name again."""
        last: OSError | None = None
        for address in await self._addresses(target):
            try:
                return await asyncio.open_connection(
                    address,
                    target.port,
                    limit=HEAD_BYTES_MAX,
                    ssl=self._tls if target.tls else None,
                    server_hostname=target.host.removesuffix(".") if target.tls else None,
                )
            except ssl.SSLError:
                raise
            except OSError as refused:
                last = refused
        raise OutsideFailed("connect") from last

    async def _addresses(self, target: Target) -> list[str]:
        try:
            found = await self._resolver(target.host, target.port)
        except (OSError, UnicodeError) as unknown:
            raise OutsideFailed("dns") from unknown
        if not found:
            raise OutsideFailed("dns")
        is_own = self._loopback and target.host in _LOOPBACK_NAMES
        if not all(is_public(address) or (is_own and address in _LOOPBACK) for address in found):
            raise OutsideFailed("inside")
        return found[:ADDRESSES_TRIED_MAX]


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
) -> int:
    """One request on a connection of its own; its answer is read to its end or its limit, and its status told."""
    lines = [f"POST {target.target} HTTP/1.1", f"host: {target.authority}", "connection: close", "accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "", ""]
    writer.write("\r\n".join(lines).encode("ascii") + body)
    await writer.drain()
    status, head = await _head(reader)
    await _read_away(reader, head, is_empty=status == NO_CONTENT)
    return status


async def _head(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the head of the answer, past interim ones."""
    for _ in range(INTERIM_MAX):
        head = await reader.readuntil(b"\r\n\r\n")
        found = _STATUS.match(head)
        if found is None:
            break
        if not found[1].startswith(b"1"):
            return int(found[1]), head
    raise OutsideFailed("broken")


async def _read_away(reader: asyncio.StreamReader, head: bytes, *, is_empty: bool) -> None:
    """Let the other side finish what it says, up to a limit. Nothing of it is kept: only the status counts."""
    length = _LENGTH.search(head)
    left = 0 if is_empty else min(int(length[1]), ANSWER_BYTES_MAX) if length else ANSWER_BYTES_MAX
    is_chunked, end = length is None and _CHUNKED.search(head) is not None, b""
    while left > 0 and (piece := await reader.read(min(READ_BYTES, left))):
        left -= len(piece)
        end = (end + piece)[-len(_LAST_CHUNK) :]
        if is_chunked and end == _LAST_CHUNK:
            return
