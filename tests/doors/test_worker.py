"""The worker: every deadline, errand and fact once, whatever is poisoned, slow or dying beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from channel import FakeChannel
from household import worker_of
from interleaving import Paused
from town import Town, build_town, give_paid, pay, place

from renqing.doors import worker as working
from renqing.doors.worker import EFFECTS, Worker
from renqing.foundation import outbox, timers
from renqing.foundation.database import DatabaseAway, Tx
from renqing.foundation.facts import Fact
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Deadline, Timer
from renqing.views.check import check


class Rang(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "Rang"
    n: int


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


class Bell:
    """An effect that leaves a fact a timer, and breaks on the keys it is told to."""

    def __init__(self, worker: Worker) -> None:
        self.poison: set[int] = set()
        self.batches: list[list[int]] = []
        worker.effects = {**EFFECTS, "ring": self}

    async def __call__(self, _ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
        self.batches.append([timer.key for timer in due])
        await outbox.leave(tx, *(Rang(subject_id=timer.key, n=timer.key) for timer in due))
        if self.poison & {timer.key for timer in due}:
            raise ValueError("poison \0 in it")


async def set_bells(ground: Ground, *keys: int, kind: str = "ring") -> None:
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline(kind, key, ground.clock.now()) for key in keys]))


async def rang(ground: Ground) -> list[int]:
    rows = await ground.db.fetch("SELECT subject_id FROM outbox_fact WHERE kind = 'Rang' ORDER BY subject_id")
    return [row["subject_id"] for row in rows]


def pass_(ground: Ground, **time: Any) -> None:
    ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]


# deadlines -----------------------------------------------------------------------------------------------------------
async def test_due_deadlines_are_one_set_a_kind(ground: Ground):
    worker = worker_of(ground)
    bell = Bell(worker)
    await set_bells(ground, 1, 2, 3)
    await worker.drain()
    assert bell.batches == [[1, 2, 3]]
    assert await rang(ground) == [1, 2, 3]
    assert await ground.db.fetchval("SELECT count(*) FROM timer") == 0


async def test_a_poisoned_deadline_is_set_aside_in_the_end_and_the_others_go_on(ground: Ground):
    worker = worker_of(ground)
    bell = Bell(worker)
    bell.poison = {2}
    await set_bells(ground, 1, 2, 3)
    await worker.drain()
    assert await rang(ground) == [1, 3]
    for _ in range(timers.ATTEMPTS_MAX):
        pass_(ground, days=4)
        await worker.drain()
    row = await ground.db.fetchrow("SELECT key, attempts, last_error, set_aside_at IS NOT NULL AS aside FROM timer")
    assert row is not None
    assert (row["key"], row["attempts"], row["aside"]) == (2, timers.ATTEMPTS_MAX, True)
    assert "poison" in row["last_error"]
    assert sum(2 in batch for batch in bell.batches) == timers.ATTEMPTS_MAX + 2, (
        "with all the others, with half of them, then alone"
    )
    await set_bells(ground, 4)
    await worker.drain()
    assert await rang(ground) == [1, 3, 4]


async def test_a_poisoned_deadline_is_found_among_many_in_a_few_halves(ground: Ground):
    worker = worker_of(ground)
    bell = Bell(worker)
    bell.poison = {77}
    await set_bells(ground, *range(1, 129))
    assert await worker.run_deadlines(200) == 128
    assert await rang(ground) == [key for key in range(1, 129) if key != 77]
    assert [len(batch) for batch in bell.batches if 77 in batch] == [128, 64, 32, 16, 8, 4, 2, 1]
    assert len(bell.batches) == 15, "and of each pair of halves the other, once"


async def test_a_deadline_that_nobody_knows_is_poison_too(ground: Ground):
    worker = worker_of(ground)
    Bell(worker)
    await set_bells(ground, 1, kind="from another version")
    await set_bells(ground, 2)
    await worker.drain()
    assert await rang(ground) == [2]
    assert "from another version" in await ground.db.fetchval("SELECT last_error FROM timer")


async def test_two_workers_share_what_is_due(ground: Ground):
    workers = [worker_of(ground) for _ in range(3)]
    bells = [Bell(worker) for worker in workers]
    await set_bells(ground, *range(1, 61))
    await asyncio.gather(*(worker.run_deadlines(9) for worker in workers))
    await asyncio.gather(*(worker.drain() for worker in workers))
    assert await rang(ground) == list(range(1, 61))
    assert sorted(key for bell in bells for batch in bell.batches for key in batch) == list(range(1, 61))


async def test_a_worker_rests_while_another_has_what_is_due(ground: Ground):
    await set_bells(ground, 1)
    other = Paused(ground.db, timers.take_due)
    await other.before_commit()
    assert not await worker_of(ground).turn()
    await other.commit()


async def test_a_worker_goes_on_at_once_only_where_a_batch_was_full(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    worker = worker_of(ground)
    Bell(worker)
    monkeypatch.setattr(timers, "BATCH_MAX", 2)
    await set_bells(ground, 1, 2, 3)
    assert await worker.look() == (2, True)
    assert await worker.look() == (4, False)  # the last bell, and what all three left
    assert await worker.look() == (0, False)


async def test_an_effect_and_the_end_of_its_timer_are_one(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    """Whoever dies between them leaves neither."""
    worker = worker_of(ground)
    Bell(worker)
    await set_bells(ground, 1)

    def dies(name: str) -> None:
        if name == "timer_effect_written":
            raise DatabaseAway

    with monkeypatch.context() as patch:
        patch.setattr(working.crash, "point", dies)
        with pytest.raises(DatabaseAway):
            await worker.turn()
    assert await rang(ground) == []
    assert await ground.db.fetchval("SELECT count(*) FROM timer") == 1
    await worker.drain()
    assert await rang(ground) == [1]


# facts ---------------------------------------------------------------------------------------------------------------
async def test_a_fact_is_told_once_with_what_listens_for_it(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    worker = worker_of(town.ground)
    await worker.drain()
    await worker.drain()
    rows = await town.ground.db.fetch("SELECT person_id, kind FROM notice_notice ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(town.bo, "gift_ready")]
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE told_at IS NULL") == 0
    assert gift.gift_id


async def test_a_poisoned_fact_is_set_aside_in_the_end_and_the_others_go_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    worker = worker_of(town.ground)
    await worker.drain()
    await place_and_pay(town, town.an)
    await place_and_pay(town, town.bo)
    poisoned = await town.ground.db.fetchval("SELECT min(id) FROM outbox_fact WHERE kind = 'OrderPaid'")
    tell = working.tell_people

    async def breaks(tx: Tx, facts: Sequence[outbox.LeftFact]) -> Any:
        if poisoned in [fact.id for fact in facts]:
            raise ValueError("poison")
        return await tell(tx, facts)

    monkeypatch.setattr(working, "tell_people", breaks)
    await worker.drain()
    told_to = [row["person_id"] for row in await town.ground.db.fetch("SELECT person_id FROM notice_notice")]
    assert told_to == [town.bo]
    for _ in range(outbox.ATTEMPTS_MAX):
        pass_(town.ground, hours=6)
        await worker.drain()
    row = await town.ground.db.fetchrow(
        "SELECT attempts, set_aside_at, last_error FROM outbox_fact WHERE id = $1", poisoned
    )
    assert row is not None
    assert (row["attempts"], row["last_error"]) == (outbox.ATTEMPTS_MAX, "ValueError('poison')")
    assert row["set_aside_at"] is not None
    monkeypatch.undo()
    await town.ground.db.run(lambda tx: outbox.tell_again(tx, poisoned))
    await worker.drain()
    told_to = [
        row["person_id"] for row in await town.ground.db.fetch("SELECT person_id FROM notice_notice ORDER BY id")
    ]
    assert sorted(set(told_to)) == sorted({town.an, town.bo})


async def place_and_pay(town: Town, person: int) -> None:
    placed = await place(town, person, town.dear)
    await pay(town, placed.intent_id, placed.total)


async def test_a_fact_that_nobody_listens_for_is_told_to_nobody(ground: Ground):
    await ground.db.run(lambda tx: outbox.leave(tx, Rang(subject_id=1, n=1)))
    await worker_of(ground).drain()
    assert await ground.db.fetchval("SELECT told_at IS NOT NULL FROM outbox_fact")


# errands -------------------------------------------------------------------------------------------------------------
async def test_an_errand_that_nobody_knows_is_set_aside_in_the_end(ground: Ground):
    now = ground.clock.now()
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline("from another version", 1, now, errand=True)]))
    worker = worker_of(ground)
    for _ in range(timers.ATTEMPTS_MAX):
        await worker.drain()
        pass_(ground, days=4)
    assert await ground.db.fetchval("SELECT set_aside_at IS NOT NULL FROM timer")


async def test_a_worker_that_dies_with_its_errands_gives_them_back_by_the_passing_of_time(town: Town):
    channel = FakeChannel()
    gift = await give_paid(town, town.an, town.bo, town.red)
    pass_(town.ground, days=1)
    dead, alive = worker_of(town.ground, channel), worker_of(town.ground, channel)
    await dead.run_deadlines(10)
    await town.ground.db.run(lambda tx: timers.lend_errands(tx, 5))
    await alive.drain()
    assert channel.given_back(gift.intent_id) == 0
    pass_(town.ground, seconds=timers.LENT_FOR.seconds)
    await alive.drain()
    assert channel.given_back(gift.intent_id) == 12_900
    assert (await check(town.ground)).is_clean


# its life ------------------------------------------------------------------------------------------------------------
async def test_it_works_until_told_to_stop_and_waits_where_the_database_is_away(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    worker = worker_of(ground)
    Bell(worker)
    stop, away = asyncio.Event(), asyncio.Event()
    look = working.what_is_due
    monkeypatch.setattr(working, "AWAY_SECONDS", 0.001)
    monkeypatch.setattr(working, "LOOK_EVERY_SECONDS", 0.001)

    async def away_at_first(*said: Any) -> Any:
        if not away.is_set():
            away.set()
            raise DatabaseAway
        due = await look(*said)
        if not any(due):
            stop.set()
        return due

    monkeypatch.setattr(working, "what_is_due", away_at_first)
    await set_bells(ground, 1, 2)
    await asyncio.wait_for(worker.run(stop), 20)
    assert await rang(ground) == [1, 2]


async def test_a_drain_that_never_ends_is_a_fault(ground: Ground):
    worker = worker_of(ground)

    async def rings_again(ground_: Ground, tx: Tx, due: Sequence[Timer]) -> None:
        await timers.set_timers(tx, [Deadline("ring", timer.key, tx.now) for timer in due])

    worker.effects = {"ring": rings_again}
    await set_bells(ground, 1)
    with pytest.raises(AssertionError, match="still busy"):
        await worker.drain(turns_max=5)
