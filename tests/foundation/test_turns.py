"""Who crowd at one thing wait for their turn before they gather; a turn makes nobody wait for long, or fail."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from interleaving import until_blocked

from renqing.building import gift_asked
from renqing.foundation import database
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import Database
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.foundation.turns import CROWD_MIN, Turns, crowded
from renqing.journeys.claim_a_gift import ClaimAGift
from renqing.journeys.enter_a_draw import EnterADraw


@pytest.mark.parametrize(
    ("places", "crowd"),
    [
        ([], None),
        (["a"] * (CROWD_MIN - 1), None),
        (["a"] * CROWD_MIN, "a"),
        (["a"] * CROWD_MIN + ["b"] * CROWD_MIN, None),
        (["a"] * CROWD_MIN + ["b"] * (CROWD_MIN + 1), "b"),
        (["a"] * CROWD_MIN + ["b", "c", "d", "e"] * CROWD_MIN, None),
    ],
)
def test_a_crowd_is_many_and_more_than_half_of_them_at_one_place(places: list[str], crowd: str | None):
    assert crowded(places) == crowd


def test_claims_and_entries_crowd_at_a_link_or_a_gift_and_the_link_is_told_to_nobody():
    key = once(1, "key", "route", None)
    places = [
        gift_asked((ask, key))
        for ask in (
            ClaimAGift(1, None, token="a-link"),
            ClaimAGift(2, None, token="a-link"),
            EnterADraw(3, token="a-link"),
            ClaimAGift(4, None, token="another"),
            ClaimAGift(5, None, gift_id=7),
            EnterADraw(6, gift_id=7),
        )
    ]
    assert places[0] == places[1] == places[2] != places[3]
    assert places[4] == places[5] == "gift 7"
    assert not any("a-link" in place for place in places)


async def hold_turn(db: Database, name: str, told: list[str], go: asyncio.Event) -> None:
    async with db.turn(name):
        told.append(name)
        await go.wait()


async def test_turns_of_one_name_come_one_after_the_other_and_other_names_wait_for_nobody(ground: Ground):
    told: list[str] = []
    first, second = asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(hold_turn(ground.db, "a", told, first))
    waiting = asyncio.create_task(hold_turn(ground.db, "a", told, second))
    await until_blocked(ground.db)
    async with ground.db.turn("b"):
        assert told == ["a"]
    first.set()
    await holding
    second.set()
    await waiting
    assert told == ["a", "a"]


async def test_who_waited_long_enough_goes_on_without_a_turn_and_leaves_none_behind(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    async with ground.db.turn("a"):
        monkeypatch.setattr(database, "TURN_SECONDS_MAX", 0.05)
        async with ground.db.turn("a"):
            pass
    monkeypatch.undo()
    assert await ground.db.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_turn_fails_nobody_when_the_database_goes_away(ground: Ground):
    done: list[str] = []
    async with ground.db.turn("a"):
        await ground.db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        done.append("while it went")
    ground.db.pool.terminate()
    async with ground.db.turn("a"):
        done.append("after")
    assert done == ["while it went", "after"]


async def test_a_crowd_gathers_for_as_long_as_it_waits_for_its_turn(ground: Ground):
    """Two processes: the second one's batch begins when the first one's is over, with everybody who came meanwhile."""
    batches: list[list[int]] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(asks: Sequence[int]) -> list[int | Exception]:
        batches.append(list(asks))
        begun.set()
        await go.wait()
        return list(asks)

    one, other = (Batcher(work, turn=Turns(ground.db, lambda _ask: "one gift")) for _ in range(2))
    first = [asyncio.create_task(one.ask(n)) for n in range(CROWD_MIN)]
    await begun.wait()
    second = [asyncio.create_task(other.ask(100 + n)) for n in range(CROWD_MIN)]
    await until_blocked(ground.db)
    late = [asyncio.create_task(other.ask(200 + n)) for n in range(3)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*first, *second, *late) == [*range(8), *range(100, 108), *range(200, 203)]
    assert batches == [[*range(8)], [*range(100, 108), *range(200, 203)]]


async def test_few_wait_for_no_turn(ground: Ground):
    async def work(asks: Sequence[int]) -> list[int | Exception]:
        return list(asks)

    async with ground.db.turn("one gift"):
        batcher = Batcher(work, turn=Turns(ground.db, lambda _ask: "one gift"))
        assert await asyncio.gather(*(batcher.ask(n) for n in range(CROWD_MIN - 1))) == [*range(CROWD_MIN - 1)]
