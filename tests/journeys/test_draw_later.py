"""A draw that is paid now and comes later: unseen before, its own time behind its coming, and kept when it is moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from channel import FakeChannel
from crowd import refused
from household import worker_of
from town import Town, build_town, claim, enter, give, give_paid, pay

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.end_a_gift import WithdrawAGift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared
from renqing.journeys.send_a_gift_later import MoveASchedule, move_a_schedule
from renqing.social import chats, draws
from renqing.social.draws import Draw
from renqing.social.gifts import GiftNotAvailable
from renqing.social.schedules import Moment
from renqing.views.check import check
from renqing.views.draw_page import draw_record
from renqing.views.gift_page import GiverPage, gift_page
from renqing.views.my_gifts import gifts_got

EVENING = Moment("2026-11-23T20:00")  # of the day whose noon it is, where everybody of the town lives
AT_EVENING = datetime.fromisoformat("2026-11-23T20:00+08:00")
AT_NIGHT = AT_EVENING + timedelta(hours=3)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def of_a_group(town: Town, draw_at: datetime = AT_NIGHT, **more: Any) -> GiftPrepared:
    """Two prizes for a group, that come this evening and are drawn for three hours later."""

    async def story(tx: Tx) -> int:
        group = await people.make_group(tx, town.an, "Cousins", [town.bo, town.cai])
        await chats.open_group(tx, group.id, [town.an, town.bo, town.cai])
        return group.id

    group_id = await town.ground.db.run(story)
    asked = {"shares": 2, "draw": DrawAsked(draw_at), "moment": EVENING, "open_for_hours": 24, "group_id": group_id}
    return await give_paid(town, town.an, None, town.red, **{**asked, **more})


async def pass_time(town: Town, **time: Any) -> None:
    town.ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]
    await worker_of(town.ground, FakeChannel()).drain()


async def draw_of(town: Town, gift: GiftPrepared) -> Draw:
    return (await draws.of_gifts(town.ground.db, [gift.gift_id]))[gift.gift_id]


async def move(town: Town, gift: GiftPrepared, moment: Moment | None) -> Any:
    return await move_a_schedule(town.ground, MoveASchedule(town.an, gift.gift_id, moment), town.key(town.an))


async def told(town: Town, person_id: int) -> list[str]:
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_it_comes_at_its_moment_is_entered_then_and_drawn_at_the_time_that_was_promised(town: Town):
    gift = await of_a_group(town)
    promised = await draw_of(town, gift)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.draw is not None and not page.draw.is_open
    await pass_time(town, hours=8, seconds=-1)
    await refused(town, enter(town, town.bo, gift.gift_id), GiftNotAvailable)
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.bo, gift.gift_id)
    assert await told(town, town.bo) == []
    assert (await gifts_got(town.ground, town.bo, None)).gifts == []
    await all_is_well(town)
    await pass_time(town, seconds=1)
    seen = await gift_page(town.ground, town.bo, gift.gift_id)
    assert seen.draw is not None and seen.draw.commitment == promised.commitment.hex(), "before the first entry"
    for person in (town.bo, town.cai):
        await enter(town, person, gift.gift_id)
    await pass_time(town, hours=3, seconds=-1)
    assert (await draw_of(town, gift)).drawn_at is None
    await pass_time(town, seconds=1)
    drawn = await draw_of(town, gift)
    assert (drawn.drawn_at, drawn.commitment) == (AT_NIGHT, promised.commitment)
    for person in (town.bo, town.cai):
        await claim(town, person, gift.gift_id)
    await all_is_well(town)


async def test_its_draw_lies_behind_its_coming_and_leaves_the_winners_time(town: Town):
    for draw_at in (AT_EVENING - timedelta(hours=1), AT_EVENING, AT_EVENING + timedelta(hours=23, seconds=1)):
        asked = {"shares": 2, "draw": DrawAsked(draw_at), "moment": EVENING, "open_for_hours": 24}
        story = give(town, town.an, None, town.red, **asked)
        await refused(town, story, FieldNotValid, field="draw_at", reason="draw_after_coming", hours=1)
    await of_a_group(town, AT_EVENING + timedelta(hours=23))


async def test_it_is_moved_only_to_where_its_draw_still_fits(town: Town):
    gift = await of_a_group(town, AT_EVENING + timedelta(days=2), moment=Moment("2026-11-25T10:00"))
    before = await draw_of(town, gift)
    for at, reason in (("2026-11-25T20:00", "after_draw"), ("2026-11-26T08:00", "after_draw")):
        await refused(town, move(town, gift, Moment(at)), FieldNotValid, field="deliver_at", reason=reason)
    for moment in (Moment("2026-11-24T20:59"), None):
        await refused(town, move(town, gift, moment), FieldNotValid, field="deliver_at", reason="long_before_draw")
    for at in ("2026-11-24T21:00", "2026-11-25T19:59"):
        assert (await move(town, gift, Moment(at))).deliver_at == datetime.fromisoformat(f"{at}+08:00")
    assert await draw_of(town, gift) == before, "what was promised stays"
    await all_is_well(town)


async def test_it_is_sent_at_once_where_that_fits_and_entered_from_then_on(town: Town):
    gift = await of_a_group(town)
    await move(town, gift, None)
    await enter(town, town.bo, gift.gift_id)
    await pass_time(town, hours=11)
    assert (await draw_of(town, gift)).drawn_at is not None
    await claim(town, town.bo, gift.gift_id)
    await all_is_well(town)


async def test_it_is_called_off_with_everything_back_and_nobody_hears_of_it(town: Town):
    gift = await of_a_group(town)
    ended = await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    assert ended.refund == gift.total
    await pass_time(town, hours=12)
    assert await told(town, town.bo) == []
    record = await draw_record(town.ground, (await draw_of(town, gift)).commitment.hex())
    assert record.seed is None, "of a draw that never was nothing is told"
    await all_is_well(town)


async def test_chosen_guests_are_asked_when_it_comes_and_not_before(town: Town):
    draw = DrawAsked(AT_NIGHT, guest_ids=(town.bo,))
    await of_a_group(town, draw=draw, group_id=None, shares=1)
    await pass_time(town, minutes=1)
    assert await told(town, town.bo) == []
    await pass_time(town, hours=8)
    assert await told(town, town.bo) == ["draw_invited"]
    await all_is_well(town)


async def test_one_that_could_come_only_after_its_draw_goes_back_whole(town: Town):
    """The house was down all night: nobody could enter, and the time of the draw is not changed behind its promise."""
    gift = await of_a_group(town)
    await pass_time(town, hours=12)
    state = await town.ground.db.fetchrow("SELECT state, ended_how FROM gift_gift WHERE id = $1", gift.gift_id)
    assert state is not None and (state["state"] in (180, 181), state["ended_how"]) == (True, "nobody_left")
    refunded = await town.ground.db.fetchval("SELECT refunded_amount FROM order_order WHERE id = $1", gift.order_id)
    assert refunded == gift.total
    await all_is_well(town)


async def test_a_payment_after_its_moment_sends_it_at_once(town: Town):
    asked = {"shares": 1, "draw": DrawAsked(AT_NIGHT), "moment": Moment("2026-11-23T12:05"), "open_for_hours": 24}
    gift = await give(town, town.an, None, town.red, **asked)
    town.ground.clock.move(timedelta(minutes=6))  # type: ignore[attr-defined]
    await pay(town, gift.intent_id, gift.total)
    await pass_time(town, minutes=1)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.draw is not None and page.draw.is_open
    await all_is_well(town)
