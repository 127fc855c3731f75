"""Who may enter a draw and has not, and who won and has not claimed, is reminded, each once, and nobody else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channel import FakeChannel
from crowd import gather_a_crowd
from household import worker_of
from town import Town, build_town, claim, enter, give_paid

from renqing.books import people
from renqing.doors.worker import Worker
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared
from renqing.social import chats, gifts, peace
from renqing.social.draws import actions
from renqing.social.schedules import Moment
from renqing.views.check import check
from renqing.views.me_page import waiting
from renqing.views.notice_page import notices_page

REMINDERS = ("draw_half_time", "draw_ends_soon", "draw_link_ends_soon", "prize_half_time", "prize_ends_soon")


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def worker(town: Town) -> Worker:
    return worker_of(town.ground, FakeChannel())


async def drawn_for(town: Town, shares: int = 2, hours: float = 12, **wrapping: Any) -> GiftPrepared:
    """A paid gift that is drawn for in twelve hours."""
    guests = wrapping.pop("guest_ids", None)
    ends_at = town.ground.clock.now() + timedelta(hours=hours)
    draw = DrawAsked(ends_at, entrants_max=wrapping.pop("entrants_max", None), guest_ids=guests)
    return await give_paid(town, town.an, None, town.red, shares=shares, draw=draw, open_for_hours=96, **wrapping)


async def of_a_group(town: Town, **wrapping: Any) -> GiftPrepared:
    async def story(tx: Tx) -> int:
        group = await people.make_group(tx, town.an, "Cousins", [town.bo, town.cai])
        await chats.open_group(tx, group.id, [town.an, town.bo, town.cai])
        return group.id

    return await drawn_for(town, group_id=await town.ground.db.run(story), **wrapping)


async def token_of(town: Town, gift: GiftPrepared) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    return token


async def after(town: Town, worker: Worker, **time: Any) -> None:
    town.ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]
    await worker.drain()


async def reminded(town: Town, person_id: int) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows if row["kind"] in REMINDERS]


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


# who may enter --------------------------------------------------------------------------------------------------------
async def test_of_a_group_those_who_have_not_entered_are_reminded_at_half_time_and_before_the_draw(town, worker):
    gift = await of_a_group(town)
    await enter(town, town.cai, gift.gift_id)
    await after(town, worker, hours=6, seconds=-1)
    assert await reminded(town, town.bo) == []
    await after(town, worker, seconds=1)
    assert await reminded(town, town.bo) == ["draw_half_time"]
    await after(town, worker, hours=4, seconds=-1)
    assert await reminded(town, town.bo) == ["draw_half_time"]
    await after(town, worker, seconds=1)
    assert await reminded(town, town.bo) == ["draw_half_time", "draw_ends_soon"]
    newest = (await notices_page(town.ground, town.bo)).notices[0]
    assert "安" in newest.title("zh") and "two hours" in newest.body("en")
    assert await reminded(town, town.cai) == await reminded(town, town.an) == []
    await after(town, worker, hours=2)
    assert await reminded(town, town.bo) == ["draw_half_time", "draw_ends_soon"]
    await all_is_well(town)


async def test_who_enters_after_the_first_reminder_has_no_second(town, worker):
    gift = await of_a_group(town)
    await after(town, worker, hours=6)
    await enter(town, town.bo, gift.gift_id)
    await after(town, worker, hours=4)
    assert await reminded(town, town.bo) == ["draw_half_time"]
    assert await reminded(town, town.cai) == ["draw_half_time", "draw_ends_soon"]


async def test_chosen_guests_are_reminded_and_nobody_else(town, worker):
    gift = await drawn_for(town, guest_ids=(town.bo, town.cai))
    await enter(town, town.bo, gift.gift_id)
    await after(town, worker, hours=6)
    await after(town, worker, hours=4)
    assert await reminded(town, town.cai) == ["draw_half_time", "draw_ends_soon"]
    assert await reminded(town, town.bo) == await reminded(town, town.stranger) == await reminded(town, town.an) == []


async def test_of_a_draw_by_link_its_giver_is_reminded_before_it_is_made(town, worker):
    await drawn_for(town)
    await after(town, worker, hours=6)
    assert await reminded(town, town.an) == []
    await after(town, worker, hours=4)
    assert await reminded(town, town.an) == ["draw_link_ends_soon"]
    await drawn_for(town, hours=3)
    await after(town, worker, hours=1)
    await after(town, worker, hours=1)
    assert await reminded(town, town.an) == ["draw_link_ends_soon"], "so brief a draw by link reminds nobody"


async def test_of_a_draw_that_is_full_its_giver_is_not_reminded_though_the_worker_comes_late(town, worker):
    gift = await drawn_for(town, entrants_max=2)
    await worker.drain()
    town.ground.clock.move(timedelta(hours=10))
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=await token_of(town, gift))
    await worker.drain()
    assert await town.ground.db.fetchval("SELECT count(*) FROM draw_award") == 2, "it is drawn"
    assert await reminded(town, town.an) == []
    await all_is_well(town)


async def test_a_brief_draw_reminds_once_and_one_that_is_drawn_reminds_nobody_to_enter(town, worker):
    await of_a_group(town, hours=4)
    await after(town, worker, hours=2)
    await after(town, worker, hours=1)
    assert await reminded(town, town.bo) == ["draw_half_time"]
    await after(town, worker, hours=1)
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind LIKE 'remind_%'") == 0


async def test_a_worker_that_was_away_says_the_one_thing_that_is_still_so(town, worker):
    await of_a_group(town)
    await after(town, worker, hours=11)
    assert await reminded(town, town.bo) == ["draw_ends_soon"]
    await after(town, worker, hours=1)
    assert await reminded(town, town.bo) == ["draw_ends_soon"]


async def test_blocks_and_quiet_hours_are_held(town, worker):
    await of_a_group(town)
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    quiet = peace.PeaceRule(quiet_from=17 * 60, quiet_to=19 * 60)  # half time is at six in the evening in Beijing
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.cai, quiet))
    await worker.drain()
    before = await waiting(town.ground, town.cai)
    await after(town, worker, hours=6)
    assert await reminded(town, town.bo) == []
    assert await reminded(town, town.cai) == ["draw_half_time"]
    assert (await waiting(town.ground, town.cai)).notices == before.notices
    town.ground.clock.move(timedelta(hours=1))
    assert (await waiting(town.ground, town.cai)).notices == before.notices + 1


async def test_one_that_comes_later_reminds_from_its_coming_on(town, worker):
    await of_a_group(town, hours=36, moment=Moment("2026-11-24T12:00"))
    await after(town, worker, hours=18)
    await after(town, worker, hours=6)
    assert await reminded(town, town.bo) == []
    await after(town, worker, hours=6)
    assert await reminded(town, town.bo) == ["draw_half_time"]
    await after(town, worker, hours=4)
    assert await reminded(town, town.bo) == ["draw_half_time", "draw_ends_soon"]


# who won --------------------------------------------------------------------------------------------------------------
async def test_winners_who_have_not_claimed_are_reminded_at_half_of_their_time_and_before_its_end(town, worker):
    gift = await drawn_for(town, hours=1)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=await token_of(town, gift))
    await after(town, worker, hours=1)
    await claim(town, town.cai, gift.gift_id)
    await after(town, worker, hours=12, seconds=-1)
    assert await reminded(town, town.bo) == []
    await after(town, worker, seconds=1)
    assert await reminded(town, town.bo) == ["prize_half_time"]
    await after(town, worker, hours=10)
    assert await reminded(town, town.bo) == ["prize_half_time", "prize_ends_soon"]
    newest = (await notices_page(town.ground, town.bo)).notices[0]
    assert "安" in newest.title("en") and "下一位" in newest.body("zh")
    await after(town, worker, hours=4)
    assert await reminded(town, town.bo) == ["prize_half_time", "prize_ends_soon"]
    assert await reminded(town, town.cai) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind LIKE 'remind_%'") == 0
    await all_is_well(town)


async def test_where_every_winner_claimed_before_the_worker_looked_nobody_is_reminded_though_a_piece_is_left(
    town, worker
):
    gift = await drawn_for(town, shares=2, hours=1)
    await enter(town, town.bo, None, token=await token_of(town, gift))
    await after(town, worker, hours=1)
    town.ground.clock.move(timedelta(hours=12, seconds=1))
    await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'WinnersReminded'") == 0
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'remind_winners'") == 0
    await all_is_well(town)


async def test_the_next_in_line_has_reminders_of_their_own_time(town, worker):
    gift = await drawn_for(town, shares=1, hours=1)
    for person in (town.bo, town.cai):
        await enter(town, person, None, token=await token_of(town, gift))
    await after(town, worker, hours=1)
    first = await town.ground.db.fetchval("SELECT person_id FROM draw_award")
    second = town.bo if first == town.cai else town.cai
    await after(town, worker, hours=24)
    assert await reminded(town, second) == []
    await after(town, worker, hours=12)
    assert await reminded(town, second) == ["prize_half_time"]
    await claim(town, second, gift.gift_id)
    await after(town, worker, hours=10)
    assert await reminded(town, second) == ["prize_half_time"]
    assert await reminded(town, first) == [], "their time was over before the worker looked again"


async def test_of_very_many_winners_so_many_at_a_time_are_reminded_and_everybody_is_once(town, worker, monkeypatch):
    monkeypatch.setattr(actions, "REMINDED_AT_ONCE_MAX", 3)
    gift = await drawn_for(town, shares=8, hours=1)
    crowd = await gather_a_crowd(town, 8)
    for person in crowd:
        await enter(town, person, None, token=await token_of(town, gift))
    await after(town, worker, hours=1)
    await claim(town, crowd[0], gift.gift_id)
    await after(town, worker, hours=12)
    facts = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'WinnersReminded' ORDER BY id")
    assert [len(row["payload"]["told_ids"]) for row in facts] == [3, 3, 1]
    await after(town, worker, hours=10)
    assert [await reminded(town, one) for one in crowd[1:]] == [["prize_half_time", "prize_ends_soon"]] * 7
    assert await reminded(town, crowd[0]) == []
    await all_is_well(town)


async def test_of_a_claim_and_a_reminder_the_first_decides(town, worker):
    gift = await drawn_for(town, shares=1, hours=1)
    await enter(town, town.bo, None, token=await token_of(town, gift))
    await after(town, worker, hours=1)
    town.ground.clock.move(timedelta(hours=12))
    await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    assert await reminded(town, town.bo) == []
