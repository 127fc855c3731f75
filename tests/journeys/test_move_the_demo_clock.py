"""The demo's clock moves on for every process, once a request, and there is none outside the demo."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from renqing.foundation.clock import SystemClock
from renqing.foundation.demo_clock import MOVE_SECONDS_MAX
from renqing.foundation.errors import FieldNotValid, NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.move_the_demo_clock import move_the_demo_clock


@pytest.fixture
def demo(ground: Ground) -> Ground:
    """A house in demo mode, by the machine's clock."""
    ground.settings = msgspec.structs.replace(ground.settings, mode="demo")
    ground.clock = SystemClock()
    return ground


async def test_a_move_counts_once_however_often_it_is_asked_for(demo: Ground) -> None:
    for _ in range(2):
        moved = await move_the_demo_clock(demo, 3600, once(7, "a", "move", 3600))
        assert moved.offset_seconds == 3600
    moved = await move_the_demo_clock(demo, 60, once(7, "b", "move", 60))
    assert moved.offset_seconds == 3660
    ahead = demo.clock.now() - demo.clock.machine_now()
    assert abs(ahead - timedelta(seconds=3660)) < timedelta(seconds=60)
    assert abs(moved.now - demo.clock.now()) < timedelta(seconds=60)


async def test_the_clock_moves_forward_and_a_year_at_most(demo: Ground) -> None:
    for wrong in (-1, MOVE_SECONDS_MAX + 1):
        with pytest.raises(FieldNotValid) as refused:
            await move_the_demo_clock(demo, wrong, once(7, f"{wrong}", "move", wrong))
        facts = {"field": "seconds", "reason": "out_of_range", "min": 0, "max": MOVE_SECONDS_MAX}
        assert refused.value.facts == facts
    assert await demo.db.fetchval("SELECT count(*) FROM foundation_clock WHERE offset_seconds <> 0") == 0
    for right in (0, MOVE_SECONDS_MAX):
        await move_the_demo_clock(demo, right, once(7, f"{right}", "move", right))
    assert await demo.db.fetchval("SELECT offset_seconds FROM foundation_clock") == MOVE_SECONDS_MAX


async def test_outside_the_demo_there_is_no_such_deed(ground: Ground) -> None:
    with pytest.raises(NotFound):
        await move_the_demo_clock(ground, 60, once(7, "a", "move", 60))
    assert await ground.db.fetchval("SELECT count(*) FROM once_answer") == 0
