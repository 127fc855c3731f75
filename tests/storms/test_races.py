"""Fifty at once for every guarded resource, and callbacks told over and over.

``renqing storm --races 200`` and ``--callbacks 100000`` run more of both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import TEMPLATE, memory

from renqing.doors.cli.storming import callbacks, races
from renqing.doors.cli.storming.fleet import Field, own_database
from renqing.doors.cli.storming.stage import staged
from renqing.foundation.ids import seeded_chance
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.sandbox_channel.beside import BankBeside

ROUNDS, CALLBACKS = 8, 5_000


@pytest.fixture
def field(postgres: EmbeddedPostgres) -> Iterator[Field]:
    with TemporaryDirectory(prefix="renqing-storm-", dir=memory()) as folder:
        yield Field(postgres.dsn("marker").replace("marker", "{database}"), TEMPLATE, folder, BankBeside)


@pytest.mark.parametrize("name", races.RACES)
def test_of_fifty_who_race_exactly_as_many_win_as_may(field: Field, name: str):
    ran: list[int] = []

    async def run() -> None:
        async with own_database(field) as dsn:
            folder = Path(field.folder)
            async with staged(dsn, 1, BankBeside, folder, pool_size=races.RACERS) as stage:
                await races.race(stage, [name], ROUNDS, lambda _, number: ran.append(number))

    asyncio.run(run())
    assert ran == list(range(1, ROUNDS + 1))


def test_a_callback_that_is_told_fifty_times_in_any_order_is_booked_once(field: Field):
    async def run() -> callbacks.Booked:
        async with own_database(field) as dsn, staged(dsn, 1, BankBeside, Path(field.folder)) as stage:
            return await callbacks.hear_many(stage, CALLBACKS, seeded_chance(1))

    booked = asyncio.run(run())
    assert (booked.callbacks, booked.payments, booked.double) == (CALLBACKS, CALLBACKS // callbacks.COPIES, 0)
    assert booked.effects["capture"] == booked.payments
    assert sum(booked.effects.values()) == booked.callbacks and len(booked.effects) == 2
