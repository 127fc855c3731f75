"""Live pages: each server process listens to PostgreSQL once, and tells the open event streams of the people meant.

The worker notifies after the commit that made something true; every process hears it and looks whose pages it has
open. A ping says that something is new and what it is about, never what it says: the page asks again with its own
right to know. So a lost ping costs a late look and nothing else; after a gap (the database was away, a stream fell
behind) a stream is told ``again``, and its page looks at everything it shows.

A stream costs a queue of at most ``QUEUE_MAX`` small frames and a timer. A program that waits for one thing needs none:
``Hub.once`` holds its request until the thing is so, and looks when there is news for its person.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import asyncpg
import msgspec

from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.errors import TooMany
from renqing.foundation.logs import log
from renqing.foundation.metrics import STREAMS_OPEN
from renqing.social.notices import LivePing

Answer = TypeVar("Answer")

CHANNEL = "renqing_live"
NOTE_BYTES_MAX = 7_900  # PostgreSQL takes 7,999
HEARTBEAT_SECONDS = 15
LOOK_AGAIN_SECONDS = 1.0  # who waits for one thing looks this often where no ping comes
LOOK_SECONDS = 30  # how often a silent connection to PostgreSQL is asked whether it lives
AWAY_SECONDS_MAX = 5
QUEUE_MAX = 16
STREAMS_A_PERSON_MAX = 6
STREAMS_MAX = 8_000  # fewer than a server's connections: pages are still answered when no stream is to be had

_HELLO = b"retry: 3000\nevent: hello\nid: here\ndata: {}\n\n"  # who comes back names the id, and is told to look
_STILL_HERE = b": still here\n\n"
_AGAIN = b"event: again\ndata: {}\n\n"
_END = b""


class StreamsFull(TooMany):
    """This process has as many open streams as it takes. Fact: ``retry_after_seconds``."""

    code = "streams_full"


def notes(pings: Sequence[LivePing]) -> list[str]:
    """Pings as the payloads of as few notifications as hold them."""
    written: list[str] = []
    part: list[bytes] = []
    size = 2
    for ping in pings:
        one = msgspec.json.encode((ping.person_id, ping.kind, ping.about_id))
        if part and size + len(one) + 1 > NOTE_BYTES_MAX:
            written.append(f"[{b','.join(part).decode()}]")
            part, size = [], 2
        part.append(one)
        size += len(one) + 1
    if part:
        written.append(f"[{b','.join(part).decode()}]")
    return written


class _Stream:
    """One open page: what waits to be said to it."""

    __slots__ = ("_news", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Say this next, unless it waits already; a stream that fell behind is told to look again instead."""
        if frame in self._waiting:
            return
        if frame is _END or len(self._waiting) >= QUEUE_MAX:
            self._waiting.clear()
            frame = frame if frame is _END else _AGAIN
        self._waiting.append(frame)
        self._news.set()

    async def next(self, seconds: float | None = None) -> bytes:
        """The next frame: news, or that we are still here."""
        timer = asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS if seconds is None else seconds, self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()
        if not self._waiting:
            self._news.clear()
            return _STILL_HERE
        frame = self._waiting.popleft()
        if not self._waiting:
            self._news.clear()
        return frame


class Hub:
    """The open streams of this process. ``start`` it before the first stream, ``stop`` it with the process.

    ``listening`` is set while what the worker tells is heard here.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._streams: dict[int, list[_Stream]] = {}
        self._open = 0
        self.listening = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._is_leaving = False

    async def start(self) -> None:
        """Listen from now on; while PostgreSQL is away, keep asking for it."""
        self._keeper = asyncio.create_task(self._keep_listening())

    def send_away(self) -> None:
        """End every stream, and each that still comes: their pages come back in seconds, to another process."""
        self._is_leaving = True
        for stream in self._all():
            stream.put(_END)

    async def stop(self) -> None:
        """End every stream and stop listening."""
        self.send_away()
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def stream(self, person_id: int, *, came_back: bool = False) -> AsyncIterator[bytes]:
        """Frames of server-sent events for one page of a person. Raises StreamsFull at once, not while streaming.

        A page that ``came_back`` may have missed something meanwhile.
        """
        if self._open >= STREAMS_MAX:
            raise StreamsFull(retry_after_seconds=30)
        return self._told(person_id, came_back=came_back)

    async def once(
        self,
        person_id: int,
        read: Callable[[], Awaitable[Answer]],
        is_over: Callable[[Answer], bool],
        seconds: float,
    ) -> Answer:
        """What ``read`` says once that is over; as it stands after so many seconds, or when this process leaves.

        Who would ask again and again asks once. Where this process has as many open as it takes, nobody waits.
        """
        if seconds <= 0 or self._open >= STREAMS_MAX:
            return await read()
        until = monotonic_seconds() + seconds
        with self._listed(person_id) as stream:
            while True:
                answer = await read()
                left = until - monotonic_seconds()
                if is_over(answer) or left <= 0 or self._is_leaving:
                    return answer
                if await stream.next(min(left, LOOK_AGAIN_SECONDS)) is _END:
                    until = 0.0

    async def _told(self, person_id: int, *, came_back: bool) -> AsyncIterator[bytes]:
        with self._listed(person_id) as stream:
            yield _HELLO
            if came_back:
                yield _AGAIN
            while not self._is_leaving and (frame := await stream.next()) is not _END:
                yield frame

    @contextmanager
    def _listed(self, person_id: int) -> Iterator[_Stream]:
        """A stream that hears what is told to its person; the oldest of too many is ended."""
        stream = _Stream()
        theirs = self._streams.setdefault(person_id, [])
        for oldest in theirs[: max(0, len(theirs) - STREAMS_A_PERSON_MAX + 1)]:
            oldest.put(_END)
        theirs.append(stream)
        self._open += 1
        STREAMS_OPEN.inc()
        try:
            yield stream
        finally:
            self._open -= 1
            STREAMS_OPEN.dec()
            theirs.remove(stream)
            if not theirs and self._streams.get(person_id) is theirs:
                del self._streams[person_id]

    def hear(self, payload: str) -> None:
        """One notification of the worker: put each ping to the streams of its person that are open here."""
        for person_id, kind, about_id in msgspec.json.decode(payload, type=list[tuple[int, str, int]]):
            streams = self._streams.get(person_id)
            if streams:
                frame = f'event: {kind}\ndata: {{"about_id":"{about_id}"}}\n\n'.encode()
                for stream in streams:
                    stream.put(frame)

    def _all(self) -> Iterable[_Stream]:
        return [stream for theirs in self._streams.values() for stream in theirs]

    async def _keep_listening(self) -> None:
        away = 0.1
        while True:
            try:
                await self._listen()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as gone:
                log.warning("live_away", why=type(gone).__name__, again_in_seconds=away)
                await asyncio.sleep(away)
                away = min(away * 2, AWAY_SECONDS_MAX)
            else:
                away = 0.1

    async def _listen(self) -> None:
        conn = await asyncpg.connect(self._database_url, timeout=AWAY_SECONDS_MAX, command_timeout=AWAY_SECONDS_MAX)
        gone = asyncio.Event()
        try:
            conn.add_termination_listener(lambda _conn: gone.set())
            await conn.add_listener(CHANNEL, self._on_note)
            for stream in self._all():
                stream.put(_AGAIN)  # whatever was told before we listened was not heard here
            self.listening.set()
            while not gone.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await gone.wait()
                if not gone.is_set():
                    await conn.fetchval("SELECT 1")
        finally:
            self.listening.clear()
            conn.terminate()

    def _on_note(self, _conn: Any, _pid: int, _channel: str, payload: object) -> None:
        self.hear(str(payload))
