"""Thousands of open event streams, in a process of their own: httpx holds them and notes when each event arrives.

``python -m renqing.doors.cli.benching.listeners URL TOKENS_FILE ARRIVALS_FILE``. Says ``open`` when every stream has
said hello; on the end of its input it writes a line ``stream kind monotonic_seconds`` an event and ends.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from renqing.foundation.clock import monotonic_seconds

STREAMS_A_CLIENT = 100  # an httpx client looks through all of its connections at each request
OPENING_AT_ONCE = 50
OPEN_SECONDS_MAX = 90

Arrival = tuple[int, str, float]


async def listen(url: str, tokens: Sequence[str]) -> list[Arrival]:
    """Open them all, and hear until the input ends."""
    arrivals: list[Arrival] = []
    said_hello, turn = asyncio.Semaphore(0), asyncio.Semaphore(OPENING_AT_ONCE)
    clients = [
        httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(OPEN_SECONDS_MAX, read=None), limits=httpx.Limits())
        for _ in range(0, len(tokens), STREAMS_A_CLIENT)
    ]

    async def hear(place: int, token: str) -> None:
        await turn.acquire()
        client = clients[place // STREAMS_A_CLIENT]
        async with client.stream("GET", "/v1/live", headers={"Authorization": f"Bearer {token}"}) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line == "event: hello":
                    said_hello.release()
                    turn.release()
                elif line.startswith("event: "):
                    arrivals.append((place, line[7:], monotonic_seconds()))

    async with asyncio.TaskGroup() as streams:
        tasks = [streams.create_task(hear(place, token)) for place, token in enumerate(tokens)]
        async with asyncio.timeout(OPEN_SECONDS_MAX):
            for _ in tokens:
                await said_hello.acquire()
        print("open", flush=True)  # noqa: T201 - whoever started us reads it
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
    return arrivals


def main(url: str, tokens: Path, to: Path) -> None:
    """What the process does."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    arrivals = asyncio.run(listen(url, tokens.read_text().split()))
    to.write_text("".join(f"{place} {kind} {at:.6f}\n" for place, kind, at in arrivals))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
