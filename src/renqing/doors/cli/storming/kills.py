"""Acknowledged writes against ``kill -9``: a real house takes orders while its processes and PostgreSQL are killed.

Every writer sends one order after the other, each with a key of its own, and repeats one that got no answer with its
key until it is told. At the end every order that was acknowledged is there, and there is no order that was not: a
write is lost or done twice exactly if these two differ.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec

from renqing.books import people, stock
from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.doors.cli.storming.town import STREET
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.foundation.settings import Settings

WRITERS = 48
PIECES = 900_000  # of each style, so that nothing sells out
ANSWER_SECONDS_MAX = 10.0
AGAIN_SECONDS = 0.05
BACK_SECONDS_MAX = 60.0
ERRORS_SHOWN = 2
WORDS_SHOWN = 1_500  # of the end of what the house said
VICTIMS = ("serve", "postgres", "worker", "postgres", "loader", "serve", "sandbox")


class HouseEnded(AssertionError):
    """``renqing up`` itself is gone. Its message is what it said last."""


@dataclass(slots=True)
class Toll:
    """What was acknowledged, killed, and found afterwards. ``back`` are seconds until an order was taken again.

    After PostgreSQL was killed they are counted from its own return, as the promise is; else from the kill.
    """

    acknowledged: set[int] = field(default_factory=set)
    repeated: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    back: dict[str, list[float]] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Load:
    """Who writes what where, and the last acknowledgement."""

    host: str
    port: int
    sku: int
    toll: Toll
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    last_at: float = 0.0


@dataclass(slots=True)
class _Buyer:
    """A person with a sign-in and an address, and a connection that comes and goes."""

    person_id: int
    token: str
    address_id: int
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None


async def kill_and_count(stage: Stage, kills: int, writes_a_kill: int) -> Toll:
    """Kill so many times, after so many acknowledged orders each. The house is left running."""
    toll, began = Toll(), monotonic_seconds()
    buyers, sku = await _prepare(stage)
    place = urlsplit(stage.url)
    load = _Load(place.hostname or "", place.port or 0, sku, toll)
    writing = [asyncio.create_task(_write(load, buyer)) for buyer in buyers]
    victims = cycle(VICTIMS)
    try:
        for number in range(kills):
            wanted = (number + 1) * writes_a_kill
            while len(toll.acknowledged) < wanted:
                await _still_writing(writing)
                _still_there(stage)
            await _kill(stage, load, next(victims))
        await _still_writing(writing)
    except HouseEnded:
        for task in writing:
            task.cancel()  # it would ask again for ever
        raise
    except AssertionError:
        if not any(task.done() for task in writing):
            raise
    finally:
        load.is_over.set()
        await asyncio.gather(*writing, return_exceptions=True)
    for task in writing:
        try:
            task.result()
        except AssertionError as off:
            raise AssertionError(f"{off}\n{_last_errors(stage)}") from off
    toll.seconds = monotonic_seconds() - began
    await _count(stage, toll, [buyer.person_id for buyer in buyers])
    return toll


def _last_errors(stage: Stage) -> str:
    """What the servers logged as faults of ours, the last of it: the house goes with the storm."""
    logs = [log.read_text(encoding="utf-8", errors="replace") for log in sorted(stage.home.glob("logs/*.log"))]
    lines = [line for log in logs for line in log.splitlines() if "request_failed" in line]
    return "\n".join(lines[-ERRORS_SHOWN:])


async def _still_writing(writing: Sequence[asyncio.Task[None]]) -> None:
    """Look again in a moment; a writer that ended has something to say."""
    done, _ = await asyncio.wait(writing, timeout=AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if done:
        raise AssertionError("a writer ended")


def _still_there(stage: Stage) -> None:
    """The house itself, which nobody kills, must live: writers ask again for ever."""
    if not stage.is_alive:
        said = (stage.home / "up.log").read_text(encoding="utf-8", errors="replace")
        raise HouseEnded(f"the house ended ({stage.how_it_ended}):\n{said[-WORDS_SHOWN:]}")


async def _kill(stage: Stage, load: _Load, victim: str) -> None:
    pid = await _pid_of(stage, victim)
    os.kill(pid, signal.SIGKILL)
    load.toll.kills[victim] += 1
    since = monotonic_seconds()
    if victim == "postgres":
        await _until_postgres_answers(stage, pid)
        since = monotonic_seconds()
    while load.last_at <= since:
        if monotonic_seconds() - since > BACK_SECONDS_MAX:
            raise AssertionError(f"nothing was taken for {BACK_SECONDS_MAX} s after {victim} was killed")
        await asyncio.sleep(0.005)
    load.toll.back.setdefault(victim, []).append(load.last_at - since)


async def _pid_of(stage: Stage, victim: str) -> int:
    """The one to kill; it may be on its way back from the last time."""
    began = monotonic_seconds()
    while monotonic_seconds() - began < BACK_SECONDS_MAX:
        pid = stage.postgres.postmaster_pid() if victim == "postgres" else min(stage.pids_of(victim), default=None)
        if pid is not None:
            return pid
        await asyncio.sleep(AGAIN_SECONDS)
    raise AssertionError(f"{victim} did not come back")


async def _until_postgres_answers(stage: Stage, before: int) -> None:
    began = monotonic_seconds()
    while monotonic_seconds() - began < BACK_SECONDS_MAX:
        if stage.postgres.postmaster_pid() not in (None, before):
            try:
                conn = await asyncpg.connect(stage.dsn, timeout=1)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                pass
            else:
                await conn.close()
                return
        await asyncio.sleep(0.02)
    raise AssertionError("PostgreSQL did not come back")


# writers -------------------------------------------------------------------------------------------------------------


async def _write(load: _Load, buyer: _Buyer) -> None:
    number = 0
    while not load.is_over.is_set():
        number += 1
        order_id, tries = await _until_told(load, buyer, f"kill-{number}")
        if order_id in load.toll.acknowledged:
            raise AssertionError(f"order {order_id} answers two requests")
        load.toll.acknowledged.add(order_id)
        load.toll.repeated += tries > 1
        load.last_at = monotonic_seconds()


async def _until_told(load: _Load, buyer: _Buyer, key: str) -> tuple[int, int]:
    """The order that this key became, and how often it had to be asked for."""
    tries = 0
    while True:
        tries += 1
        status, said = await _ask(load, buyer, key)
        if status in (200, 201):
            return int(said["order_id"]), tries
        if status not in (0, 409, 429, 503):
            raise AssertionError(f"an order was answered {status}: {said}")
        await asyncio.sleep(AGAIN_SECONDS)


async def _ask(load: _Load, buyer: _Buyer, key: str) -> tuple[int, Any]:
    """One request over the buyer's connection; status 0 where no whole answer came."""
    asked = {"lines": [{"sku_id": str(load.sku)}], "address_id": str(buyer.address_id)}
    body = msgspec.json.encode(asked)
    head = (
        f"POST /v1/orders HTTP/1.1\r\nhost: {load.host}:{load.port}\r\nauthorization: Bearer {buyer.token}\r\n"
        f"idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            if buyer.streams is None:
                buyer.streams = await asyncio.open_connection(load.host, load.port)
            reader, writer = buyer.streams
            writer.write(head.encode() + body)
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
            said = await reader.readexactly(length)
            return int(lines[0].split(" ")[1]), msgspec.json.decode(said) if said else None
    except (OSError, TimeoutError, asyncio.IncompleteReadError, msgspec.MsgspecError):
        if buyer.streams is not None:
            buyer.streams[1].close()
        buyer.streams = None
        return 0, None


# before and after ----------------------------------------------------------------------------------------------------


async def _prepare(stage: Stage) -> tuple[list[_Buyer], int]:
    settings = Settings(mode="test", database_url=stage.dsn)
    async with ground_on(stage.dsn, settings, stage.keys) as ground:
        sku = await ground.db.fetchval(
            "SELECT s.id FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id"
            " WHERE s.on_sale AND p.on_sale ORDER BY s.id LIMIT 1"
        )
        await ground.db.run(lambda tx: stock.receive(tx, [(sku, PIECES)], "stock_in", 1))
        return [await _buyer(ground) for _ in range(WRITERS)], int(sku)


async def _buyer(ground: Ground) -> _Buyer:
    async def join(tx: Tx) -> tuple[int, int]:
        person = await people.join(tx, name="Buyer")
        where = people.NewAddress(STREET, "收件人", "13800000001", "文三路 1 号", is_default=True)
        return person.id, (await people.add_address(tx, person.id, where)).id

    person_id, address_id = await ground.db.run(join)
    _, token = await people.let_in_once(
        ground.db,
        once(person_id, "storm", "storm", None),
        lambda tx: people.sign_in(tx, person_id, kind="bearer", how="demo"),
    )
    return _Buyer(person_id, token, address_id)


async def _count(stage: Stage, toll: Toll, person_ids: list[int]) -> None:
    """What was acknowledged and is not there; what is there and was not acknowledged."""
    conn = await asyncpg.connect(stage.dsn)
    try:
        found = {
            row["id"] for row in await conn.fetch("SELECT id FROM order_order WHERE payer_id = ANY($1)", person_ids)
        }
    finally:
        await conn.close()
    toll.lost = len(toll.acknowledged - found)
    toll.doubled = len(found - toll.acknowledged)
