"""Event streams: the right people hear, a slow one is told to look again, and a lost database is found again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tracemalloc
from contextlib import aclosing, asynccontextmanager

import msgspec
import pytest

from renqing.doors import live
from renqing.doors.cli import serve
from renqing.doors.live import Hub, StreamsFull, notes
from renqing.foundation.metrics import STREAMS_OPEN
from renqing.social.notices import LivePing

LIN, MING = 2**62 + 1, 2
SOON = 10


@asynccontextmanager
async def listening(database_url):
    """A hub that hears."""
    hub = Hub(database_url)
    await hub.start()
    try:
        async with asyncio.timeout(SOON):
            await hub.listening.wait()
        yield hub
    finally:
        await hub.stop()


async def tell(ground, *pings):
    for note in notes([LivePing(*ping) for ping in pings]):
        await ground.db.fetch("SELECT pg_notify('renqing_live', $1)", note)


async def following(stream, count=1):
    async with asyncio.timeout(SOON):
        return [(await anext(stream)).decode() for _ in range(count)]


async def test_a_ping_reaches_every_open_page_of_its_person_and_nobody_else(ground, database_url):
    async with (
        listening(database_url) as hub,
        listening(database_url) as other_process,
        aclosing(hub.stream(LIN)) as phone,
        aclosing(other_process.stream(LIN)) as desk,
        aclosing(hub.stream(MING)) as mings,
    ):
        for stream in (phone, desk, mings):
            assert (await following(stream))[0].startswith("retry: 3000\nevent: hello\n")
        await tell(ground, (LIN, "notice", 7), (MING, "message", 8))
        said = ['event: notice\ndata: {"about_id":"7"}\n\n']
        assert await following(phone) == said
        assert await following(desk) == said
        assert await following(mings) == ['event: message\ndata: {"about_id":"8"}\n\n']


async def test_a_silent_stream_says_that_it_is_there(monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0)
    async with aclosing(Hub("").stream(LIN)) as stream:
        assert (await following(stream, 3))[1:] == [": still here\n\n"] * 2


async def test_the_same_news_waits_once_and_a_stream_that_falls_behind_looks_again():
    hub = Hub("")
    async with aclosing(hub.stream(LIN)) as stream:
        await following(stream)
        for _ in range(100):
            hub.hear(notes([LivePing(LIN, "message", 1)])[0])
        assert len(await following(stream)) == 1
        for about in range(live.QUEUE_MAX + 1):
            hub.hear(notes([LivePing(LIN, "message", about)])[0])
        assert await following(stream) == ["event: again\ndata: {}\n\n"]
        hub.hear(notes([LivePing(LIN, "notice", 5)])[0])
        assert "notice" in (await following(stream))[0]


async def test_the_oldest_page_makes_room_and_a_full_process_refuses_at_once(monkeypatch):
    hub = Hub("")
    open_before = STREAMS_OPEN._value.get()
    streams = [hub.stream(LIN) for _ in range(live.STREAMS_A_PERSON_MAX + 2)]
    for stream in streams:
        await following(stream)
    for ended in streams[:2]:
        with pytest.raises(StopAsyncIteration):
            await anext(ended)
    monkeypatch.setattr(live, "STREAMS_MAX", live.STREAMS_A_PERSON_MAX)
    with pytest.raises(StreamsFull):
        hub.stream(MING)
    for stream in streams[2:]:
        await stream.aclose()
    assert STREAMS_OPEN._value.get() == open_before
    assert hub._streams == {} and hub._open == 0


def test_streams_leave_connections_for_pages_and_each_has_its_file():
    assert live.STREAMS_MAX < serve.CONNECTIONS_MAX
    code = (
        "import resource; from renqing.doors.cli import serve; "
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); "
        "serve._allow_open_files(); print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    soft, hard = map(int, said.split())
    assert soft == min(serve.CONNECTIONS_MAX + serve.FILES_BESIDE_CONNECTIONS, hard if hard > 0 else soft)


async def test_a_lost_database_is_found_again_and_pages_look_again(ground, database_url):
    async with listening(database_url) as hub, aclosing(hub.stream(LIN)) as stream:
        await following(stream)
        ended = await ground.db.fetchval(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE 'LISTEN%'"""
        )
        assert ended
        assert await following(stream) == ["event: again\ndata: {}\n\n"]
        await tell(ground, (LIN, "gift", 9))
        assert await following(stream) == ['event: gift\ndata: {"about_id":"9"}\n\n']


class Reading:
    """Something that is so or is not yet, and how often it was looked at."""

    def __init__(self):
        self.is_so, self.looks = False, 0
        self.looked = asyncio.Event()

    async def read(self):
        self.looks += 1
        self.looked.set()
        return self.is_so


async def waiting_for(hub, reading, seconds=SOON):
    """A request that waits, after it has looked once."""
    waiting = asyncio.create_task(hub.once(LIN, reading.read, bool, seconds))
    async with asyncio.timeout(SOON):
        await reading.looked.wait()
    return waiting


async def test_who_waits_is_answered_when_it_is_so_by_a_ping_and_by_nothing_else(ground, database_url, monkeypatch):
    monkeypatch.setattr(live, "LOOK_AGAIN_SECONDS", SOON)
    async with listening(database_url) as hub:
        reading = Reading()
        waiting = await waiting_for(hub, reading)
        reading.looked.clear()
        await tell(ground, (MING, "order", 1))
        await tell(ground, (LIN, "order", 1))
        async with asyncio.timeout(SOON):
            await reading.looked.wait()
        assert not waiting.done(), "there was news, but not this"
        reading.is_so = True
        await tell(ground, (LIN, "order", 2))
        assert await waiting is True
        assert reading.looks == 3, "at first, and at each ping of its person"
        assert hub._streams == {} and hub._open == 0


async def test_who_waits_looks_again_where_no_ping_comes(monkeypatch):
    monkeypatch.setattr(live, "LOOK_AGAIN_SECONDS", 0.001)
    reading = Reading()
    waiting = await waiting_for(Hub(""), reading)
    reading.is_so = True
    assert await waiting is True


async def test_who_waits_is_answered_as_it_stands_when_the_time_is_over_or_the_process_leaves(monkeypatch):
    hub, reading = Hub(""), Reading()
    assert await hub.once(LIN, reading.read, bool, 0) is False
    assert reading.looks == 1
    assert await hub.once(LIN, reading.read, bool, 0.001) is False
    assert reading.looks == 3, "at first, and in the end"
    waiting = await waiting_for(hub, Reading())
    hub.send_away()
    assert await waiting is False
    monkeypatch.setattr(live, "STREAMS_MAX", 0)
    assert await Hub("").once(LIN, reading.read, bool, SOON) is False, "nobody waits where there is no room"
    assert reading.looks == 4


async def test_stopping_ends_every_stream(ground, database_url):
    async with listening(database_url) as hub:
        stream = hub.stream(LIN)
        await following(stream)
        await hub.stop()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


def test_pings_are_cut_into_notifications_that_postgresql_takes():
    pings = [LivePing(2**63 - 1, "message", 2**63 - 1 - n) for n in range(1_000)]
    written = notes(pings)
    assert all(len(note.encode()) <= live.NOTE_BYTES_MAX for note in written)
    heard = [LivePing(*ping) for note in written for ping in msgspec.json.decode(note, type=list[tuple[int, str, int]])]
    assert heard == pings and notes([]) == []


async def test_a_waiting_stream_costs_less_than_eight_kilobytes_here():
    hub, many = Hub(""), 500
    streams = [hub.stream(person) for person in range(1, many + 1)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        cost = (tracemalloc.get_traced_memory()[0] - before) / many
    finally:
        tracemalloc.stop()
    await hub.stop()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert cost < 8_192, cost
