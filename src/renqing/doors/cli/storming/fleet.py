"""Many histories, on as many processes as there are cores, each on a database of its own that is a copy of one."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import uvloop

from renqing.doors.cli.storm_bank import OpenBank
from renqing.doors.cli.storming.ending import heal
from renqing.doors.cli.storming.history import History, Surprise
from renqing.doors.cli.storming.stage import Stage, staged
from renqing.doors.cli.storming.town import FAR_STREET, STREET
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.logs import set_up_logs
from renqing.foundation.migrate import migrate

SURPRISES_MAX = 5
# A history's database is thrown away: what it costs to plan and to flush is not what it is about.
_SETTINGS = ("plan_cache_mode = force_generic_plan", "synchronous_commit = off", "deadlock_timeout = '200ms'")

# What must have happened somewhere in a run of 100 histories or more; the number is how often, at the least.
SOMETIMES = {
    "torn_between_two_statements": 20,
    "torn_before_commit": 20,
    "torn_after_commit": 20,
    "reply_of_commit_lost": 20,
    "backend_killed": 20,
    "concurrent": 100,
    "waited_for_a_lock": 50,
    "repeated_key": 50,
    "callback_duplicated": 5,
    "callback_forged": 20,
    "callback_amount_differs": 5,
    "callback_contradicts": 2,
    "callback_order_unknown": 5,
    "callbacks_racing": 20,
    "bank_duplicate": 5,
    "bank_delay_seconds": 5,
    "bank_reorder": 2,
    "bank_lose": 2,
    "bank_refund_seconds": 2,
    "bank_restarted": 20,
    "channel_silent": 10,
    "channel_refused": 5,
    "clock_forward": 20,
    "clock_back": 20,
    "worker_frozen_past_its_lease": 10,
    "poisoned_deadline": 20,
    "claim_among_many": 20,
    "ship_of_a_share": 10,
    "ask_aftersale_of_a_share": 10,
    "rest_of_many_given_back": 5,
    "ordered_from_cart": 50,
    "program_away": 20,
    "program_forgets": 20,
    "program_refuses": 20,
    "program_gone": 2,
    "webhook_again": 50,
    "postman_frozen_past_its_loan": 3,
}


@dataclass(frozen=True, slots=True)
class Field:
    """Where histories are played. ``dsn`` has ``{database}`` where the name of one goes."""

    dsn: str
    template: str
    folder: str
    open_bank: OpenBank


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one seed; ``why`` says what surprised, and is empty where nothing did."""

    seed: int
    steps: int
    why: str
    fired: Counter[str]
    answers: Counter[str]


@dataclass(slots=True)
class Fleet:
    """What became of all of them."""

    histories: int = 0
    steps: int = 0
    seconds: float = 0.0
    fired: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    surprises: list[Ran] = field(default_factory=list)

    def add(self, ran: Ran) -> None:
        self.histories += 1
        self.steps += ran.steps
        self.fired += ran.fired
        self.answers += ran.answers
        if ran.why:
            self.surprises.append(ran)

    def never(self) -> dict[str, int]:
        """Faults that fired too seldom to have proven anything, with how often they did."""
        return {name: self.fired[name] for name, least in SOMETIMES.items() if self.fired[name] < least}


async def make_template(dsn: str) -> None:
    """The house's schema, with the only streets that the storm's town names: 40,000 cost 0.4 s a copy."""
    await migrate(dsn)
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("CREATE TABLE kept AS SELECT * FROM people_region WHERE level <= 3")
        streets = [STREET, FAR_STREET]
        await conn.execute("INSERT INTO kept SELECT * FROM people_region WHERE code = ANY($1)", streets)
        await conn.execute("TRUNCATE people_region CASCADE")
        await conn.execute("INSERT INTO people_region SELECT * FROM kept ORDER BY level, code")
        await conn.execute("DROP TABLE kept")
        await conn.execute("VACUUM FULL ANALYZE people_region")
    finally:
        await conn.close()


def be_quiet() -> None:
    """The faults are ours: nobody need read of each in the log."""
    set_up_logs(process="storm", level="critical")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def play(ground: Field, seed: int, steps: int) -> Ran:
    """Play one seed in this process."""
    return uvloop.run(_play(ground, seed, steps))


async def _play(ground: Field, seed: int, steps: int) -> Ran:
    async with own_database(ground) as dsn:
        return await _told(ground, dsn, seed, steps)


@asynccontextmanager
async def own_database(ground: Field) -> AsyncIterator[str]:
    """A copy of the template for this process, gone after."""
    name = f"storm_{os.getpid()}"
    admin = await asyncpg.connect(ground.dsn.format(database="postgres"))
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {ground.template} STRATEGY FILE_COPY")
        for setting in _SETTINGS:
            await admin.execute(f"ALTER DATABASE {name} SET {setting}")
        try:
            yield ground.dsn.format(database=name)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def _told(ground: Field, dsn: str, seed: int, steps: int) -> Ran:
    with TemporaryDirectory(prefix="bank-", dir=ground.folder) as folder:
        async with staged(dsn, seed, ground.open_bank, Path(folder)) as stage:
            return await _judged(stage, seed, steps)


async def _judged(stage: Stage, seed: int, steps: int) -> Ran:
    history, why = History(stage, seed), ""
    try:
        await history.play(steps)
        await heal(history)
    except Surprise as surprise:
        why = str(surprise)
    return Ran(seed, history.steps, why, history.fired, history.answers)


def play_all(
    ground: Field,
    seeds: Iterable[int],
    *,
    steps: int,
    processes: int,
    seconds_max: float | None = None,
    told: Callable[[Fleet], None] = lambda _: None,
) -> Fleet:
    """Play seed after seed until they or the time are over, or too much has surprised. ``told`` hears of each."""
    fleet, began, left = Fleet(), monotonic_seconds(), iter(seeds)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=be_quiet) as pool:
        flying: set[Future[Ran]] = set()
        while True:
            is_over = seconds_max is not None and monotonic_seconds() - began > seconds_max
            while len(flying) < processes and not is_over and len(fleet.surprises) < SURPRISES_MAX:
                seed = next(left, None)
                if seed is None:
                    break
                flying.add(pool.submit(play, ground, seed, steps))
            if not flying:
                break
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                fleet.add(future.result())
                fleet.seconds = monotonic_seconds() - began
                told(fleet)
    return fleet
