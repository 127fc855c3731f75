from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from interleaving import Paused

from renqing.foundation import outbox, timers
from renqing.foundation.clock import SystemClock
from renqing.foundation.demo_clock import MOVE_SECONDS_MAX, follow_demo_clock, move_in
from renqing.foundation.due import Due, what_is_due
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Deadline
from renqing.social.notices import LivePing

HOUR = timedelta(hours=1)


async def due(ground: Ground) -> Due:
    return await what_is_due(ground.db, ground.clock.now())


async def test_what_waits_is_seen_at_its_time_and_by_its_sort(ground: Ground):
    assert await due(ground) == Due(facts=False, deadlines=False, errands=False)
    later = ground.clock.now() + HOUR
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline("ring", 1, later)]))
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline("ask", 1, later + HOUR, errand=True)]))
    assert await due(ground) == Due(facts=False, deadlines=False, errands=False)
    ground.clock.move(HOUR)
    assert await due(ground) == Due(facts=False, deadlines=True, errands=False)
    ground.clock.move(HOUR)
    assert await due(ground) == Due(facts=False, deadlines=True, errands=True)


async def test_what_was_set_aside_or_told_is_not_due(ground: Ground):
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline("ring", 1, tx.now)]))
    await ground.db.pool.execute("UPDATE timer SET set_aside_at = now()")
    await ground.db.pool.execute(
        """INSERT INTO outbox_fact (id, kind, subject_id, actor_id, payload, made_at, next_at, told_at, set_aside_at)
           VALUES (1, 'a', 1, 0, '{}', $1, $1, $1, NULL), (2, 'b', 1, 0, '{}', $1, $1, NULL, $1)""",
        ground.clock.now(),
    )
    assert await due(ground) == Due(facts=False, deadlines=False, errands=False)
    assert await ground.db.run(lambda tx: outbox.tell_again(tx, 2))
    assert (await due(ground)).facts


async def test_looking_does_not_wait_for_who_works(ground: Ground):
    await ground.db.run(lambda tx: timers.set_timers(tx, [Deadline("ring", 1, tx.now)]))
    worker = Paused(ground.db, timers.take_due)
    await worker.before_commit()
    assert (await due(ground)).deadlines
    await worker.commit()
    assert not (await due(ground)).deadlines


@pytest.fixture
def demo(ground: Ground) -> Ground:
    """The same house in demo mode, on the machine's clock."""
    ground.settings = msgspec.structs.replace(ground.settings, mode="demo")
    ground.clock = SystemClock()
    return ground


async def test_a_demo_clock_that_was_moved_is_followed_by_every_process(demo: Ground):
    for seconds in (3_600, 60):
        await demo.db.run(lambda tx, seconds=seconds: move_in(tx, seconds))
    assert demo.clock.now() - demo.clock.machine_now() < timedelta(seconds=1)
    await follow_demo_clock(demo)
    assert demo.clock.offset == timedelta(seconds=3_660)  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", [-1, MOVE_SECONDS_MAX + 1])
async def test_a_demo_clock_never_runs_backwards_nor_out_of_sight(demo: Ground, seconds: int):
    with pytest.raises(FieldNotValid):
        await demo.db.run(lambda tx: move_in(tx, seconds))


async def test_only_a_demo_follows_it(ground: Ground):
    await ground.db.run(lambda tx: move_in(tx, 99))
    ground.clock = SystemClock()
    await follow_demo_clock(ground)
    assert ground.clock.offset == timedelta()


def test_a_ping_says_that_something_is_new_and_nothing_of_what():
    assert set(LivePing.__struct_fields__) == {"person_id", "kind", "about_id"}
