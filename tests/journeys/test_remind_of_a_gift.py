"""Whom an unclaimed gift waits for is reminded at half time and before the end, each once, and nobody else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from channel import FakeChannel
from household import worker_of
from town import Town, build_town, claim, give_paid

from renqing.doors.worker import Worker
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.give_a_gift import DrawAsked
from renqing.journeys.make_a_group import MakeGroup, make_a_group
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social import gifts, peace
from renqing.views.check import check
from renqing.views.me_page import waiting
from renqing.views.notice_page import notices_page

REMINDERS = ("gift_half_time", "gift_ends_soon", "gift_link_ends_soon")


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def worker(town: Town) -> Worker:
    return worker_of(town.ground, FakeChannel())


async def after(town: Town, worker: Worker, **time: Any) -> None:
    town.ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]
    await worker.drain()


async def reminded(town: Town, person_id: int) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows if row["kind"] in REMINDERS]


async def test_a_friend_is_reminded_at_half_time_and_two_hours_before_the_end_each_once(town, worker):
    await give_paid(town, town.an, town.bo, town.red, open_for_hours=24)
    await after(town, worker, hours=12, seconds=-1)
    assert await reminded(town, town.bo) == []
    await after(town, worker, seconds=1)
    assert await reminded(town, town.bo) == ["gift_half_time"]
    await after(town, worker, hours=10, seconds=-1)
    assert await reminded(town, town.bo) == ["gift_half_time"]
    await after(town, worker, seconds=1)
    assert await reminded(town, town.bo) == ["gift_half_time", "gift_ends_soon"]
    newest = (await notices_page(town.ground, town.bo)).notices[0]
    assert "安" in newest.title("zh") and "two hours" in newest.body("en")
    await after(town, worker, hours=3)
    assert await reminded(town, town.bo) == ["gift_half_time", "gift_ends_soon"]
    assert await reminded(town, town.an) == []
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_a_gift_of_a_few_hours_reminds_once_and_one_that_ends_reminds_no_more(town, worker):
    await give_paid(town, town.an, town.bo, town.red, open_for_hours=4)
    await after(town, worker, hours=2)
    await after(town, worker, hours=1)
    assert await reminded(town, town.bo) == ["gift_half_time"]
    claimed = await give_paid(town, town.an, town.cai, town.red)
    await claim(town, town.cai, claimed.gift_id)
    refused = await give_paid(town, town.an, town.cai, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.cai, "have_one", gift_id=refused.gift_id), town.key(town.cai))
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'remind_gift'") == 0
    await after(town, worker, hours=30)
    assert await reminded(town, town.cai) == []


async def test_a_worker_that_was_away_says_the_one_thing_that_is_still_true(town, worker):
    await give_paid(town, town.an, town.bo, town.red)
    await after(town, worker, hours=23)
    assert await reminded(town, town.bo) == ["gift_ends_soon"]
    await give_paid(town, town.an, town.cai, town.red)
    await after(town, worker, hours=25)
    assert await reminded(town, town.cai) == []


async def test_more_time_moves_what_was_not_said_yet(town, worker):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await take_more_time(town.ground, TakeMoreTime(town.bo, gift.gift_id), town.key(town.bo))
    await after(town, worker, hours=23)
    assert await reminded(town, town.bo) == []
    await after(town, worker, hours=1)
    assert await reminded(town, town.bo) == ["gift_half_time"]
    await after(town, worker, hours=22)
    assert await reminded(town, town.bo) == ["gift_half_time", "gift_ends_soon"]


async def test_who_gets_it_instead_has_the_reminders_and_who_had_it_has_none(town, worker):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await after(town, worker, hours=6)
    onward = ReaddressAGift(town.an, gift.gift_id, recipient_id=town.cai)
    await readdress_a_gift(town.ground, onward, town.key(town.an))
    await after(town, worker, hours=12)
    await after(town, worker, hours=10)
    assert await reminded(town, town.bo) == []
    assert await reminded(town, town.cai) == ["gift_half_time", "gift_ends_soon"]


async def test_of_a_gift_that_only_a_link_names_its_giver_is_reminded_before_the_end(town, worker):
    await give_paid(town, town.an, None, town.red)
    await give_paid(town, town.bo, None, town.red, open_for_hours=3)
    await after(town, worker, hours=12)
    assert await reminded(town, town.an) == await reminded(town, town.bo) == []
    await after(town, worker, hours=10)
    assert await reminded(town, town.an) == ["gift_link_ends_soon"]
    assert await reminded(town, town.bo) == []


async def test_members_of_a_group_without_a_share_are_reminded_and_its_giver_is_not(town, worker):
    made = await make_a_group(town.ground, MakeGroup(town.an, "我们", (town.bo, town.cai)), town.key(town.an))
    gift = await give_paid(town, town.an, None, town.red, group_id=made.group_id, shares=3)
    await claim(town, town.bo, gift.gift_id)
    await after(town, worker, hours=12)
    assert await reminded(town, town.bo) == await reminded(town, town.an) == []
    assert await reminded(town, town.cai) == ["gift_half_time"]
    await claim(town, town.cai, gift.gift_id)
    await after(town, worker, hours=10)
    assert await reminded(town, town.cai) == ["gift_half_time"]


async def test_a_block_silences_and_quiet_hours_ring_nobody(town, worker):
    await give_paid(town, town.an, town.bo, town.red)
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    quiet = peace.PeaceRule(quiet_from=23 * 60, quiet_to=8 * 60)  # half time is at midnight in Beijing
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.cai, quiet))
    await give_paid(town, town.an, town.cai, town.red)
    await worker.drain()
    before = await waiting(town.ground, town.cai)
    await after(town, worker, hours=12)
    assert await reminded(town, town.bo) == []
    assert await reminded(town, town.cai) == ["gift_half_time"]
    assert (await waiting(town.ground, town.cai)).notices == before.notices
    town.ground.clock.move(timedelta(hours=8))
    assert (await waiting(town.ground, town.cai)).notices == before.notices + 1


async def test_a_draw_reminds_nobody_in_this_way(town, worker):
    from_now = town.ground.clock.now() + timedelta(hours=1)
    gift = await give_paid(town, town.an, None, town.red, shares=2, draw=DrawAsked(from_now), open_for_hours=120)
    kinds = "SELECT count(*) FROM timer WHERE kind = 'remind_gift' AND key = $1"
    assert await town.ground.db.fetchval(kinds, gift.gift_id) == 0


async def test_what_a_reminder_says_is_decided_by_the_gift_and_the_hour(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    found = await gifts.by_id(town.ground.db, gift.gift_id)
    assert found is not None and found.claimable_at is not None
    start = found.claimable_at
    told = {
        ("half", 11): (None, "half"),
        ("half", 12): ("half", "end"),
        ("half", 22): ("end", None),
        ("end", 21): (None, "end"),
        ("end", 22): ("end", None),
        ("end", 24): (None, None),
    }
    for (reminder, hours), said in told.items():
        assert gifts.reminder_now(found, reminder, start + timedelta(hours=hours)) == said, (reminder, hours)
