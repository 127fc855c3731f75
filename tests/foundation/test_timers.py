from __future__ import annotations

from datetime import timedelta

import pytest
from interleaving import Paused

from renqing.foundation import timers
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Deadline, Timer

MINUTE = timedelta(minutes=1)


async def set_one(
    ground: Ground, key: int = 1, *, after: timedelta = timedelta(), errand: bool = False, kind: str = "ring"
) -> None:
    due_at = ground.clock.now() + after
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline(kind, key, due_at, {"n": key}, errand)]))


async def take_due(ground: Ground, limit: int = timers.BATCH_MAX) -> list[int]:
    return [timer.key for timer in await ground.db.run(lambda tx: timers.take_due(tx, limit))]


async def lend(ground: Ground) -> list[Timer]:
    return await ground.db.run(lambda tx: timers.lend_errands(tx, 10))


async def still_lent(ground: Ground, errand: Timer) -> bool:
    return await ground.db.run(lambda tx: timers.still_lent(tx, errand))


async def test_a_deadline_falls_due_at_its_time_and_once(ground: Ground):
    await set_one(ground, after=MINUTE)
    ground.clock.move(MINUTE - timedelta(microseconds=1))
    assert await take_due(ground) == []
    ground.clock.move(timedelta(microseconds=1))
    assert await take_due(ground) == [1]
    assert await take_due(ground) == []


async def test_a_deadline_whose_effect_fails_is_still_there(ground: Ground):
    await set_one(ground)

    async def breaks(tx: Tx) -> None:
        assert len(await timers.take_due(tx)) == 1
        raise NotNow

    with pytest.raises(NotNow):
        await ground.db.run(breaks)
    assert await take_due(ground) == [1]


async def test_the_longest_due_come_first_and_no_more_than_asked_for(ground: Ground):
    for key, minutes in ((1, 3), (2, 1), (3, 2)):
        await set_one(ground, key, after=minutes * MINUTE)
    ground.clock.move(5 * MINUTE)
    assert await take_due(ground, 2) == [2, 3]
    assert await take_due(ground) == [1]


async def test_two_workers_never_have_the_same_deadline(ground: Ground):
    for key in (1, 2, 3):
        await set_one(ground, key)

    async def takes_two(tx: Tx) -> list[int]:
        return [timer.key for timer in await timers.take_due(tx, 2)]

    first = Paused(ground.db, takes_two)
    await first.before_commit()
    assert await take_due(ground) == [3]
    assert await first.commit() == [1, 2]
    assert await take_due(ground) == []


async def test_setting_a_timer_again_moves_it(ground: Ground):
    await set_one(ground, after=MINUTE)
    await set_one(ground, after=3 * MINUTE)
    ground.clock.move(2 * MINUTE)
    assert await take_due(ground) == []
    ground.clock.move(MINUTE)
    assert await take_due(ground) == [1]


async def test_a_timer_that_is_taken_back_does_not_fall_due(ground: Ground):
    await set_one(ground, 1)
    await set_one(ground, 2)
    await set_one(ground, 2, kind="another")
    await ground.db.run(lambda tx: timers.drop_timers(tx, "ring", [2, 99]))
    assert sorted(await take_due(ground)) == [1, 2]


async def test_taking_a_timer_back_does_not_wait_for_the_worker_that_has_it(ground: Ground):
    """The worker waits for the row that is locked by whoever takes the timer back: to wait would be a deadlock."""
    await set_one(ground)

    async def takes(tx: Tx) -> int:
        return len(await timers.take_due(tx))

    worker = Paused(ground.db, takes)
    await worker.before_commit()
    await ground.db.run(lambda tx: timers.drop_timers(tx, "ring", [1]))
    assert await worker.commit() == 1
    assert await take_due(ground) == []


async def test_a_failed_deadline_comes_back_later_each_time_and_is_then_set_aside(ground: Ground):
    await set_one(ground)
    waits = []
    for _ in range(timers.ATTEMPTS_MAX):
        (timer,) = await ground.db.run(timers.take_due)
        now = ground.clock.now()
        await ground.db.run(lambda tx, timer=timer: timers.set_back(tx, timer, "broken \0 words"))
        due_at = await ground.db.fetchval("SELECT due_at FROM timer")
        waits.append((due_at - now).total_seconds())
        assert await take_due(ground) == []
        ground.clock.move(due_at - now)
    assert waits == [min(4**n, 4**9) for n in range(timers.ATTEMPTS_MAX)]
    assert await take_due(ground) == []
    row = await ground.db.fetchrow("SELECT attempts, last_error, set_aside_at IS NULL FROM timer")
    assert row is not None
    assert tuple(row.values()) == (timers.ATTEMPTS_MAX, "broken   words", False)
    (timer_id,) = [row["id"] for row in await ground.db.fetch("SELECT id FROM timer")]
    assert await ground.db.run(lambda tx: timers.run_again(tx, timer_id))
    assert await take_due(ground) == [1]
    assert not await ground.db.run(lambda tx: timers.run_again(tx, timer_id))


async def test_deadlines_and_errands_do_not_mix(ground: Ground):
    await set_one(ground, 1)
    await set_one(ground, 2, errand=True)
    assert [errand.key for errand in await lend(ground)] == [2]
    assert await take_due(ground) == [1]


async def test_an_errand_is_lent_to_one_worker_and_comes_back_by_itself(ground: Ground):
    await set_one(ground, errand=True)
    (errand,) = await lend(ground)
    assert (errand.attempts, errand.payload) == (1, {"n": 1})
    assert await lend(ground) == []
    ground.clock.move(timers.LENT_FOR)
    (again,) = await lend(ground)
    assert (again.id, again.attempts) == (errand.id, 2)


async def test_a_worker_that_froze_and_lost_its_loan_writes_nothing(ground: Ground):
    await set_one(ground, errand=True)
    (frozen,) = await lend(ground)
    ground.clock.move(timers.LENT_FOR)
    (current,) = await lend(ground)
    assert not await still_lent(ground, frozen)
    assert await still_lent(ground, current)


async def test_moving_an_errand_does_not_make_an_old_loan_current_again(ground: Ground):
    await set_one(ground, errand=True)
    (frozen,) = await lend(ground)
    await set_one(ground, errand=True)
    (current,) = await lend(ground)
    assert current.attempts == 2
    assert not await still_lent(ground, frozen)
    assert await still_lent(ground, current)


async def test_an_errand_that_is_over_is_lent_to_nobody(ground: Ground):
    await set_one(ground, errand=True)
    (errand,) = await lend(ground)
    await ground.db.run(lambda tx: timers.end_errand(tx, errand))
    assert not await still_lent(ground, errand)
    ground.clock.move(timers.LENT_FOR)
    assert await lend(ground) == []


async def test_an_errand_is_put_off_as_often_as_it_takes(ground: Ground):
    await set_one(ground, errand=True)
    for _ in range(3 * timers.ATTEMPTS_MAX):
        (errand,) = await lend(ground)
        until = ground.clock.now() + MINUTE
        await ground.db.run(
            lambda tx, errand=errand, until=until: timers.put_off(tx, errand, until=until, why="silent")
        )
        assert await lend(ground) == []
        ground.clock.move(MINUTE)
    assert await ground.db.fetchval("SELECT set_aside_at FROM timer") is None


async def test_an_errand_that_breaks_in_our_hands_is_set_aside_in_the_end(ground: Ground):
    await set_one(ground, errand=True)
    for turn in range(1, timers.ATTEMPTS_MAX + 1):
        (errand,) = await lend(ground)
        await ground.db.run(lambda tx, errand=errand: timers.errand_failed(tx, errand, "broken"))
        assert (await ground.db.fetchval("SELECT set_aside_at FROM timer") is not None) == (turn == timers.ATTEMPTS_MAX)
        ground.clock.move(timedelta(days=30))
    assert await lend(ground) == []


async def test_a_stale_loan_does_not_mark_its_successor_as_failed(ground: Ground):
    await set_one(ground, errand=True)
    (frozen,) = await lend(ground)
    ground.clock.move(timers.LENT_FOR)
    await lend(ground)
    before = await ground.db.fetchrow("SELECT due_at, last_error FROM timer")
    await ground.db.run(lambda tx: timers.errand_failed(tx, frozen, "late"))
    assert await ground.db.fetchrow("SELECT due_at, last_error FROM timer") == before


async def test_a_million_waiting_timers_cost_one_index_probe(ground: Ground):
    await ground.db.fetchval(
        """WITH made AS (INSERT INTO timer (id, kind, key, due_at, made_at)
             SELECT i, 'expire_gift', i, now() + interval '900 days', now()
               FROM generate_series(1, 20000) i RETURNING 1)
           SELECT count(*) FROM made"""
    )
    await ground.db.pool.execute("ANALYZE timer")
    plan = await ground.db.fetch(
        """EXPLAIN SELECT id FROM timer WHERE due_at <= $1 AND NOT errand AND set_aside_at IS NULL
           ORDER BY due_at, id LIMIT 500 FOR UPDATE SKIP LOCKED""",
        ground.clock.now(),
    )
    assert "timer_due" in "\n".join(row[0] for row in plan)
