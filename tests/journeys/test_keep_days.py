"""Friends see a birthday that is shown; who noted a day sees it; who asked is reminded of either, once a year."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from channel import FakeChannel
from household import worker_of
from town import Town, build_town

from renqing.books import people
from renqing.doors.worker import Worker
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.timers import Timer
from renqing.journeys.befriend import AnswerFriend, unfriend
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.keep_days import (
    KeepMyBirthday,
    NoteADay,
    be_reminded,
    keep_my_birthday,
    note_a_day,
    note_a_day_no_more,
)
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.journeys.remind_of_days import remind_of_days
from renqing.social.days import Day, DaysFull, DayUnknown
from renqing.social.days.model import NOTES_MAX
from renqing.social.peace import PeaceRule
from renqing.views.coming_days import coming_days, coming_with
from renqing.views.me_page import waiting
from renqing.views.notice_page import notices_page

SOON = Day("solar", 12, 1)  # the town's first day is 23 November 2026, noon in Shanghai
TABLES = ("day_birthday", "day_noted", "day_watch", "day_told")


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


@pytest.fixture
def worker(town: Town) -> Worker:
    return worker_of(town.ground, FakeChannel())


async def born(town: Town, person_id: int, day: Day | None = SOON, *, shown: bool = True) -> None:
    await keep_my_birthday(town.ground, KeepMyBirthday(person_id, day, shown), town.key(person_id))


async def noted(town: Town, person_id: int, friend_id: int, name: str = "纪念日", day: Day = SOON) -> int:
    ask = NoteADay(person_id, friend_id, name, day)
    return (await note_a_day(town.ground, ask, town.key(person_id))).day_id


async def seen(town: Town, person_id: int) -> list[tuple[int, str, int]]:
    return [(one.who.id, one.name, one.in_days) for one in (await coming_days(town.ground, person_id)).coming]


async def mornings(town: Town, worker: Worker, days: int) -> None:
    """So many days go by, in steps of a day."""
    for _ in range(days):
        town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
        await worker.drain()


async def reminded(town: Town, person_id: int) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows if row["kind"] in ("birthday_comes", "day_comes")]


async def test_friends_alone_see_a_birthday_and_only_while_it_is_shown(town):
    await born(town, town.bo, shown=False)
    assert await seen(town, town.an) == []
    await born(town, town.bo)
    assert await seen(town, town.an) == [(town.bo, "", 8)]
    assert await seen(town, town.stranger) == [] and await seen(town, town.bo) == []
    await born(town, town.bo, Day("solar", 12, 24))
    assert await seen(town, town.an) == [], "31 days are not 30"
    await born(town, town.bo, Day("solar", 12, 23))
    assert await seen(town, town.an) == [(town.bo, "", 30)]
    await born(town, town.bo, None)
    assert await seen(town, town.an) == []
    assert (await coming_days(town.ground, town.bo)).birthday is None


async def test_who_parts_or_blocks_sees_no_day_either_way(town):
    for one in (town.an, town.bo):
        await born(town, one)
    await noted(town, town.an, town.bo)
    assert len(await seen(town, town.an)) == 2 and len(await seen(town, town.bo)) == 1
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    assert await seen(town, town.an) == await seen(town, town.bo) == []
    (kept,) = (await coming_days(town.ground, town.an)).notes
    assert not kept.is_friend
    with pytest.raises(people.PersonUnknown):
        await coming_with(town.ground, town.an, town.bo)


async def test_a_note_is_its_owners_alone_and_about_a_friend(town):
    day_id = await noted(town, town.an, town.bo, " 结婚 纪念日 ")
    assert await seen(town, town.an) == [(town.bo, "结婚 纪念日", 8)]
    assert await seen(town, town.bo) == await seen(town, town.cai) == []
    with pytest.raises(people.NotFriends):
        await noted(town, town.an, town.stranger)
    for name in ("", "日" * 41, "a\u202eb"):
        with pytest.raises(FieldNotValid):
            await noted(town, town.an, town.bo, name)
    for person_id, number in ((town.bo, day_id), (town.an, 404)):
        with pytest.raises(DayUnknown):
            await note_a_day_no_more(town.ground, person_id, number, town.key(person_id))
    await note_a_day_no_more(town.ground, town.an, day_id, town.key(town.an))
    assert await seen(town, town.an) == []


async def test_notes_have_an_end(town):
    await noted(town, town.an, town.bo)
    await town.ground.db.run(
        lambda tx: tx.execute(
            """INSERT INTO day_noted SELECT n, owner_id, friend_id, name, calendar, month, day, is_leap, noted_at
                 FROM day_noted, generate_series(1, $1) n""",
            NOTES_MAX - 1,
        )
    )
    with pytest.raises(DaysFull) as full:
        await noted(town, town.an, town.bo)
    assert full.value.facts == {"max": NOTES_MAX}


async def test_nobody_is_reminded_who_did_not_ask_and_who_did_hears_once_a_year(town, worker):
    await born(town, town.bo)
    await noted(town, town.an, town.bo)
    await mornings(town, worker, 4)
    assert await reminded(town, town.an) == []
    await be_reminded(town.ground, town.an, 3, town.key(town.an))
    await mornings(town, worker, 1)  # 28 November: three days before
    assert await reminded(town, town.an) == ["birthday_comes", "day_comes"]
    newest = (await notices_page(town.ground, town.an)).notices
    assert all("Bo" in one.title("zh") and one.link == "/days" for one in newest)
    assert not [one for one in newest if "12" in one.title("en") + one.body("en")], "which day may be hidden meanwhile"
    await mornings(town, worker, 6)
    assert len(await reminded(town, town.an)) == 2
    await mornings(town, worker, 359)
    assert len(await reminded(town, town.an)) == 4, "and the next year again"
    assert await reminded(town, town.bo) == await reminded(town, town.cai) == []


async def test_a_clock_that_jumps_either_way_and_a_house_that_was_down_tell_each_day_once(town, worker):
    await born(town, town.bo)
    await be_reminded(town.ground, town.an, 7, town.key(town.an))
    town.ground.clock.move(timedelta(days=5))  # past the morning that was meant
    await worker.drain()
    assert await reminded(town, town.an) == ["birthday_comes"]
    town.ground.clock.move(timedelta(days=-3))
    await worker.drain()
    await be_reminded(town.ground, town.an, 7, town.key(town.an))
    await mornings(town, worker, 3)
    assert await reminded(town, town.an) == ["birthday_comes"]


async def test_what_was_hidden_parted_or_switched_off_before_the_morning_is_not_spoken_of(town, worker):
    for one in (town.bo, town.cai):
        await born(town, one)
    await be_reminded(town.ground, town.an, 7, town.key(town.an))
    await born(town, town.bo, shown=False)
    await unfriend(town.ground, AnswerFriend(town.an, town.cai), town.key(town.an))
    await mornings(town, worker, 8)
    assert await reminded(town, town.an) == []
    await born(town, town.bo)
    await be_reminded(town.ground, town.an, None, town.key(town.an))
    await mornings(town, worker, 1)
    assert await reminded(town, town.an) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'look_at_days'") == 0
    for wrong in (-1, 15):
        with pytest.raises(FieldNotValid):
            await be_reminded(town.ground, town.an, wrong, town.key(town.an))


async def test_a_morning_that_had_begun_when_somebody_asked_for_no_more_tells_them_nothing(town):
    await born(town, town.bo)
    timer = Timer(1, "look_at_days", town.an, {}, 0, town.ground.clock.now())
    for days, said in ((None, []), (14, ["birthday_comes"])):
        await be_reminded(town.ground, town.an, days, town.key(town.an))
        await town.ground.db.run(lambda tx: remind_of_days(town.ground, tx, [timer]))
        await worker_of(town.ground, FakeChannel()).drain()
        assert await reminded(town, town.an) == said


async def test_quiet_hours_hush_a_reminder(town, worker):
    await born(town, town.bo)
    await keep_my_peace(town.ground, KeepMyPeace(town.an, PeaceRule(quiet_from=0, quiet_to=1439)), town.key(town.an))
    await be_reminded(town.ground, town.an, 14, town.key(town.an))
    await mornings(town, worker, 1)
    assert await reminded(town, town.an) == ["birthday_comes"]
    assert (await waiting(town.ground, town.an)).notices == 0


async def test_nothing_is_left_of_who_is_erased_on_either_side(town, worker):
    await born(town, town.bo)
    await noted(town, town.an, town.bo)
    await noted(town, town.bo, town.an)
    for one in (town.an, town.bo):
        await be_reminded(town.ground, one, 14, town.key(one))
    await mornings(town, worker, 1)
    assert await town.ground.db.fetchval("SELECT count(*) FROM day_told") == 3
    await erase_a_person(town.ground, EraseMe(town.bo, "Bo"))
    left = {table: await town.ground.db.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    assert left == {"day_birthday": 0, "day_noted": 0, "day_watch": 1, "day_told": 0}
    await mornings(town, worker, 10)
    assert await seen(town, town.an) == [] and len(await reminded(town, town.an)) == 2


async def test_a_lunar_birthday_comes_on_another_date_each_year(town):
    await born(town, town.bo, Day("lunar", 10, 26))
    (one,) = (await coming_days(town.ground, town.an)).coming
    assert one.on.isoformat() == "2026-12-04"
    town.ground.clock.move(timedelta(days=365))
    assert (await coming_days(town.ground, town.an)).coming[0].on.isoformat() == "2027-11-23"
