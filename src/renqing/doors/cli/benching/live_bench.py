"""Open event streams: what one costs the servers, and how long news takes from its commit to the reader's socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from renqing.doors.cli.benching.contract import Ask, percentiles
from renqing.doors.cli.benching.in_process import ground_of
from renqing.doors.cli.benching.listeners import Arrival
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Stage
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.once import Once
from renqing.foundation.starting import CannotStart
from renqing.journeys.befriend import AskFriend, ask_a_friend

STREAMS = 5_000
NEWS_A_SECOND = 100
ARRIVE_SECONDS_MAX = 10
READERS_FROM = 4 * 10**9


def live_updates(stage: Stage, ask: Ask) -> dict[str, Any]:
    """People ask each other to be friends, the worker tells it: each is timed from its commit to the other's page."""
    streams = max(2, round(STREAMS * ask.size))
    tokens = asyncio.run(_make_readers(stage, streams))
    before = stage.memory_bytes()
    with tempfile.TemporaryDirectory() as folder:
        began = monotonic_seconds()
        with _listeners(stage, tokens, Path(folder)) as arrivals:
            opened_in = monotonic_seconds() - began
            each = (stage.memory_bytes() - before) / streams
            with metered(stage) as meter:
                committed = asyncio.run(_ask_around(stage, streams, ask.seconds))
                asyncio.run(_wait_until_told(stage))
            each_after = (stage.memory_bytes() - before) / streams
        news = [arrival for arrival in arrivals if arrival[1] == "notice"]
    times = Counter(place for place, _, _ in news)
    waits = [at - committed[place] for place, _, at in news if place in committed]
    return {
        "ops_per_second": round(len(committed) / ask.seconds, 1),
        **percentiles(waits),
        **meter.per(len(committed)),
        "exact": times == dict.fromkeys(committed, 1),
        "data": streams,
        "opened_per_second": round(streams / opened_in, 1),
        "memory_kb_each": round(each / 1000, 1),
        "memory_kb_each_after": round(each_after / 1000, 1),
    }


async def _make_readers(stage: Stage, count: int) -> list[str]:
    """People who are signed in; their tokens."""
    tokens = [f"bench-reader-{n:08d}-{'x' * 20}" for n in range(count)]
    hashes = [stage.keys.keyed_hash("sign_in", token) for token in tokens]
    conn = await asyncpg.connect(stage.dsn)
    try:
        await conn.execute(
            """INSERT INTO people_person (id, name, joined_at) SELECT $1 + g, '读者' || g, now()
                 FROM generate_series(0, $2::bigint - 1) g ON CONFLICT DO NOTHING""",
            READERS_FROM,
            count,
        )
        await conn.execute(
            """INSERT INTO people_sign_in (token_hash, person_id, kind, made_at, expires_at)
               SELECT h, $1 + o - 1, 'bearer', now(), now() + interval '1 day'
                 FROM unnest($2::bytea[]) WITH ORDINALITY AS t(h, o) ON CONFLICT DO NOTHING""",
            READERS_FROM,
            hashes,
        )
        await conn.execute("ANALYZE people_person, people_sign_in")
    finally:
        await conn.close()
    return tokens


@contextmanager
def _listeners(stage: Stage, tokens: list[str], folder: Path) -> Iterator[list[Arrival]]:
    """Hold a stream for each token while the block lasts; then what arrived is in the list."""
    arrivals: list[Arrival] = []
    asked, heard = folder / "tokens", folder / "arrivals"
    asked.write_text("\n".join(tokens))
    command = [sys.executable, "-m", "renqing.doors.cli.benching.listeners", stage.url, str(asked), str(heard)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None, "it is a pipe"
        try:
            if client.stdout.readline().strip() != "open":
                raise CannotStart("the streams could not be opened: is `ulimit -n` larger than their number?")
            yield arrivals
            client.communicate()
            arrivals += [_arrival(line) for line in heard.read_text().splitlines()]
        finally:
            client.kill()


def _arrival(line: str) -> Arrival:
    place, kind, at = line.split()
    return int(place), kind, float(at)


async def _ask_around(stage: Stage, streams: int, seconds: int) -> dict[int, float]:
    """Reader by reader is asked by another, at an even pace. When each one's ask was committed."""
    committed: dict[int, float] = {}
    count = min(streams // 2, NEWS_A_SECOND * seconds)
    step = max(1, streams // 2 // count)
    async with ground_of(stage) as ground, asyncio.TaskGroup() as asks:
        began = monotonic_seconds()

        async def ask(reader: int) -> None:
            asker, friend = READERS_FROM + reader + streams // 2, READERS_FROM + reader
            await ask_a_friend(ground, AskFriend(asker, friend), Once(asker, "bench", b"bench"))
            committed[reader] = monotonic_seconds()

        for turn in range(count):
            await asyncio.sleep(max(0.0, began + turn * seconds / count - monotonic_seconds()))
            asks.create_task(ask(turn * step))
    return committed


async def _wait_until_told(stage: Stage) -> None:
    """Until the worker has told every fact, and a moment for the last to arrive."""
    conn = await asyncpg.connect(stage.dsn)
    try:
        until = monotonic_seconds() + ARRIVE_SECONDS_MAX
        while await conn.fetchval("SELECT count(*) FROM outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL"):
            if monotonic_seconds() > until:
                raise CannotStart(f"the worker is not through after {ARRIVE_SECONDS_MAX} s")
            await asyncio.sleep(0.1)
    finally:
        await conn.close()
    await asyncio.sleep(1)
