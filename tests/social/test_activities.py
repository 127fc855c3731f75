"""When an activity gives, to whom it may be printed, and what of it may be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from presents import offered
from town import Town, build_town, snapshot
from verdicts import fault, verdict

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.social import activities
from renqing.social.activities import ActivityUnknown, rules
from renqing.social.activities.model import (
    MOVES,
    STOCK_MAX,
    Activity,
    ActivityFull,
    ActivityOver,
    ActivityState,
    NewActivity,
    NotForCards,
    PresentGone,
    PresentNotYet,
    PresentPaused,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NEW = NewActivity(
    id=1,
    shop_id=2,
    made_by=3,
    name="双十二",
    product_id=4,
    sku_id=5,
    stock=10,
    audience="link",
    group_id=None,
    cover="red",
    greeting="谢谢你",
    starts_at=NOW + DAY,
    ends_at=NOW + 2 * DAY,
)
RUNNING = Activity(
    id=1,
    shop_id=2,
    made_by=3,
    name="双十二",
    product_id=4,
    sku_id=5,
    stock=10,
    taken=0,
    audience="cards",
    group_id=None,
    cover="red",
    greeting="",
    code="abc",
    starts_at=NOW,
    ends_at=NOW + DAY,
    made_at=NOW - DAY,
    paused_at=None,
    ended_at=None,
    ended_how="",
)
STOPPED = replace(RUNNING, ended_at=NOW, ended_how="stopped")
TAKEN = replace(RUNNING, ended_at=NOW, ended_how="all_taken")


@pytest.mark.parametrize(
    ("code", "may_be"),
    [("a", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("码", False), ("a\n", False)],
)
def test_what_is_no_code_is_not_looked_for(code: str, *, may_be: bool):
    assert rules.may_be_code(code) is may_be


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"audience": "everybody"}, fault("audience", "unknown")),
        ({"audience": "group"}, fault("group_id", "for_a_group")),
        ({"group_id": 7}, fault("group_id", "for_a_group")),
        ({"stock": 0}, fault("stock", "out_of_range", min=1, max=STOCK_MAX)),
        ({"stock": STOCK_MAX + 1}, fault("stock", "out_of_range", min=1, max=STOCK_MAX)),
        ({"ends_at": NOW}, fault("ends_at", "past")),
        ({"ends_at": NOW + DAY}, fault("ends_at", "before_start")),
        ({"ends_at": NOW + 180 * DAY + SECOND}, fault("ends_at", "too_far", max=180)),
        ({"name": ""}, fault("name", "length", min=1, max=40)),
        ({"name": "长" * 41}, fault("name", "length", min=1, max=40)),
        ({"greeting": "长" * 101}, fault("greeting", "too_long", max=100)),
        ({"audience": "group", "group_id": 7}, {}),
        ({"stock": 1}, {}),
        ({"stock": STOCK_MAX}, {}),
        ({"starts_at": NOW - DAY, "ends_at": NOW + SECOND}, {"starts_at": NOW}),
        ({"ends_at": NOW + 180 * DAY}, {}),
        ({"name": " 新  年 "}, {"name": "新 年"}),
        ({"greeting": "  新年好\n"}, {"greeting": "新年好"}),
    ],
)
def test_what_an_activity_may_say(said: dict[str, Any], answer: Any):
    new = replace(NEW, **said)
    assert verdict(rules.check_new, new, NOW) == (replace(new, **answer) if isinstance(answer, dict) else answer)


@pytest.mark.parametrize(
    ("activity", "at", "state", "take"),
    [
        (STOPPED, NOW, ActivityState.VOID, (PresentGone, {"reason": "stopped"})),
        (TAKEN, NOW, ActivityState.OVER, (PresentGone, {"reason": "all_taken"})),
        (RUNNING, NOW + DAY, ActivityState.OVER, (PresentGone, {"reason": "time"})),
        (replace(RUNNING, paused_at=NOW), NOW + DAY, ActivityState.OVER, (PresentGone, {"reason": "time"})),
        (replace(RUNNING, paused_at=NOW), NOW, ActivityState.PAUSED, (PresentPaused, {})),
        (RUNNING, NOW - SECOND, ActivityState.NOT_STARTED, (PresentNotYet, {"starts_at": NOW})),
        (RUNNING, NOW, ActivityState.RUNNING, None),
        (replace(RUNNING, taken=9), NOW + DAY - SECOND, ActivityState.RUNNING, None),
    ],
)
def test_when_an_activity_gives_and_what_it_says_where_it_does_not(
    activity: Activity, at: datetime, state: ActivityState, take: Any
):
    assert rules.state_of(activity, at) is state
    assert verdict(rules.judge_take, activity, at) == take


def test_what_has_nothing_left_and_is_not_over_is_a_fault_of_ours():
    with pytest.raises(AssertionError, match="nothing left is over"):
        rules.judge_take(replace(RUNNING, taken=10), NOW)


@pytest.mark.parametrize(
    ("activity", "more", "answer"),
    [
        (RUNNING, 4, None),
        (RUNNING, 5, (ActivityFull, {"left": 4})),
        (replace(RUNNING, paused_at=NOW), 4, None),
        (replace(RUNNING, audience="link"), 1, (NotForCards, {})),
        (STOPPED, 1, (ActivityOver, {})),
        (TAKEN, 1, (ActivityOver, {})),
    ],
)
def test_cards_are_printed_one_a_piece_for_an_activity_of_cards_that_is_not_over(
    activity: Activity, more: int, answer: Any
):
    assert verdict(rules.judge_cards, activity, 6, more, NOW) == answer


def test_with_its_last_piece_an_activity_is_over():
    one_left = replace(RUNNING, taken=8)
    assert rules.after_take(one_left, NOW + SECOND) == replace(one_left, taken=9)
    none_left = rules.after_take(replace(RUNNING, taken=9), NOW + SECOND)
    assert none_left == replace(RUNNING, taken=10, ended_at=NOW + SECOND, ended_how="all_taken")
    assert none_left.left == 0


def test_every_state_of_an_activity_is_reached_and_its_ends_lead_nowhere():
    assert set(MOVES) == set(ActivityState)
    reached = frozenset[ActivityState]().union(*MOVES.values())
    assert reached == set(ActivityState)
    assert {state for state, ways in MOVES.items() if not ways} == {ActivityState.OVER, ActivityState.VOID}


# rows ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def test_what_is_paused_is_paused_once_and_what_runs_goes_on(town: Town):
    activity_id = (await offered(town)).activity_id

    async def twice(tx: Tx, verb: Any) -> datetime | None:
        """When it was paused, after the same verb a second time."""
        for _ in range(2):
            [activity] = (await activities.lock_many(tx, [activity_id])).values()
            await verb(tx, activity)
        return (await activities.get(tx, activity_id)).paused_at

    assert await town.ground.db.run(lambda tx: twice(tx, activities.resume)) is None
    assert await town.ground.db.run(lambda tx: twice(tx, activities.pause)) == town.ground.clock.now()
    assert await town.ground.db.run(lambda tx: twice(tx, activities.resume)) is None


async def test_nothing_is_taken_where_nobody_takes_and_no_activity_is_made_up(town: Town):
    activity = await activities.get(town.ground.db, (await offered(town)).activity_id)
    before = await snapshot(town.ground)
    await town.ground.db.run(lambda tx: activities.take(tx, [], [activity]))
    assert await snapshot(town.ground) == before
    with pytest.raises(ActivityUnknown):
        await activities.get(town.ground.db, activity.id + 1)
