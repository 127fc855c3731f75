"""A gift that is paid now and comes later: unseen before, once, to the minute, and movable until then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from channel import FakeChannel
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, give, give_paid, hears, pay

from renqing.foundation.errors import FieldNotValid
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.send_a_gift_later import MoveASchedule, move_a_schedule
from renqing.journeys.take_a_payment import take_payments
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social import gifts
from renqing.social.gifts import GiftNotAvailable
from renqing.social.peace import PeaceRule
from renqing.social.schedules import GiftAlreadySent, Moment
from renqing.views.check import check
from renqing.views.gift_page import Envelope, GiverPage, gift_page
from renqing.views.my_gifts import gifts_given, gifts_got

EVENING = Moment("2026-11-23T20:00")  # of the day whose noon it is, where everybody of the town lives
AT_EVENING = datetime.fromisoformat("2026-11-23T20:00+08:00")


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def work(town: Town) -> None:
    await worker_of(town.ground, FakeChannel()).drain()


async def scheduled(town: Town, recipient_id: int | None = None, moment: Moment = EVENING, **more: Any):
    return await give_paid(town, town.an, recipient_id or town.bo, town.red, moment=moment, **more)


async def move(town: Town, gift_id: int, moment: Moment | None, by: int = 0):
    return await move_a_schedule(town.ground, MoveASchedule(by or town.an, gift_id, moment), town.key(by or town.an))


async def call_off(town: Town, gift_id: int):
    return await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift_id), town.key(town.an))


async def told(town: Town, person_id: int) -> list[str]:
    await work(town)
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def state_of(town: Town, gift_id: int) -> int:
    return await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", gift_id)


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_it_comes_on_its_minute_and_its_time_to_be_claimed_begins_then(town):
    gift = await scheduled(town)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.schedule is not None
    assert (page.state, page.schedule.deliver_at, page.schedule.time_zone) == (5, AT_EVENING, "Asia/Shanghai")
    assert (page.token, page.expires_at, page.may_withdraw, page.may_readdress) == (None, None, True, False)
    town.ground.clock.move(timedelta(hours=8, seconds=-1))
    await work(town)
    assert await state_of(town, gift.gift_id) == 5
    town.ground.clock.move(timedelta(seconds=1))
    await work(town)
    envelope = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(envelope, Envelope) and envelope.expires_at == AT_EVENING + timedelta(hours=24)
    assert (await claim(town, town.bo, gift.gift_id)).order_id == gift.order_id
    await all_is_well(town)


async def test_who_it_is_for_sees_and_hears_nothing_before(town):
    gift = await scheduled(town)
    await work(town)
    await refused(town, gift_page(town.ground, town.bo, gift.gift_id), GiftNotAvailable)
    opening = open_a_gift(town.ground, OpenAGift(town.bo, gift.gift_id), town.key(town.bo))
    await refused(town, opening, GiftNotAvailable)
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    more = take_more_time(town.ground, TakeMoreTime(town.bo, gift.gift_id), town.key(town.bo))
    await refused(town, more, GiftNotAvailable)
    declined = refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift.gift_id), town.key(town.bo))
    await refused(town, declined, GiftNotAvailable)
    onward = readdress_a_gift(town.ground, ReaddressAGift(town.an, gift.gift_id, town.cai), town.key(town.an))
    await refused(town, onward, GiftNotAvailable)
    assert (await gifts_got(town.ground, town.bo)).gifts == []
    assert [one.state for one in (await gifts_given(town.ground, town.an)).gifts] == [5]
    assert await told(town, town.bo) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_message") == 0
    town.ground.clock.move(timedelta(hours=8))
    assert await told(town, town.bo) == ["gift_ready"]
    assert await told(town, town.an) == ["gift_came"]
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_message") == 1


async def test_a_house_that_was_down_sends_it_once_when_it_is_back_and_its_whole_time_begins_then(town):
    gift = await scheduled(town)
    town.ground.clock.move(timedelta(days=3))
    await work(town)
    await work(town)
    envelope = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(envelope, Envelope)
    assert envelope.expires_at == town.ground.clock.now() + timedelta(hours=24)
    ready = "SELECT count(*) FROM outbox_fact WHERE kind = 'GiftReadyToClaim' AND subject_id = $1"
    assert await town.ground.db.fetchval(ready, gift.gift_id) == 1
    await all_is_well(town)


async def test_a_payment_after_the_moment_sends_it_at_once(town):
    soon = Moment("2026-11-23T12:05")
    prepared = await give(town, town.an, town.bo, town.red, moment=soon)
    town.ground.clock.move(timedelta(minutes=10))
    await pay(town, prepared.intent_id, prepared.total)
    await work(town)
    assert await state_of(town, prepared.gift_id) == 10
    await all_is_well(town)


async def test_the_recipients_clock_is_meant_and_another_may_be_said(town):
    rule = PeaceRule(time_zone="America/New_York")
    await keep_my_peace(town.ground, KeepMyPeace(town.bo, rule), town.key(town.bo))
    theirs = await gift_page(town.ground, town.an, (await scheduled(town)).gift_id)
    assert isinstance(theirs, GiverPage) and theirs.schedule is not None
    assert theirs.schedule.deliver_at == datetime.fromisoformat("2026-11-23T20:00-05:00")
    chosen = await scheduled(town, moment=Moment("2026-11-23T20:00", "Europe/Berlin"))
    page = await gift_page(town.ground, town.an, chosen.gift_id)
    assert isinstance(page, GiverPage) and page.schedule is not None
    assert page.schedule.deliver_at == datetime.fromisoformat("2026-11-23T20:00+01:00")
    assert page.schedule.time_zone == "Europe/Berlin"


async def test_quiet_hours_hush_the_notice_and_do_not_hold_up_the_gift(town):
    rule = PeaceRule(quiet_from=19 * 60, quiet_to=8 * 60)
    await keep_my_peace(town.ground, KeepMyPeace(town.bo, rule), town.key(town.bo))
    gift = await scheduled(town)
    town.ground.clock.move(timedelta(hours=8))
    await work(town)
    assert await state_of(town, gift.gift_id) == 10
    quiet = await town.ground.db.fetchval("SELECT quiet_until FROM notice_notice WHERE person_id = $1", town.bo)
    assert quiet == datetime.fromisoformat("2026-11-24T08:00+08:00")
    assert isinstance(await gift_page(town.ground, town.bo, gift.gift_id), Envelope)


async def test_it_is_moved_until_it_comes_and_then_no_more(town):
    gift = await scheduled(town)
    moved = await move(town, gift.gift_id, Moment("2026-11-24T07:00", "Asia/Tokyo"))
    assert moved.deliver_at == datetime.fromisoformat("2026-11-24T07:00+09:00")
    town.ground.clock.move(timedelta(hours=8))
    await work(town)
    assert await state_of(town, gift.gift_id) == 5
    await refused(town, move(town, gift.gift_id, EVENING), FieldNotValid, field="deliver_at", reason="past")
    await refused(town, move(town, gift.gift_id, None, by=town.bo), GiftNotAvailable)
    await refused(town, move(town, gift.gift_id, None, by=town.cai), GiftNotAvailable)
    await all_is_well(town)
    town.ground.clock.move(timedelta(hours=10))
    await work(town)
    assert await state_of(town, gift.gift_id) == 10
    await refused(town, move(town, gift.gift_id, Moment("2026-12-24T09:00")), GiftAlreadySent)
    plain = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, move(town, plain.gift_id, Moment("2026-12-24T09:00")), GiftAlreadySent)
    await all_is_well(town)


async def test_its_giver_sends_it_now_instead(town):
    gift = await scheduled(town)
    await move(town, gift.gift_id, None)
    assert await state_of(town, gift.gift_id) == 10
    town.ground.clock.move(timedelta(hours=9))
    await work(town)
    assert await told(town, town.bo) == ["gift_ready"]
    assert (await claim(town, town.bo, gift.gift_id)).gift_id == gift.gift_id
    await all_is_well(town)


async def test_called_off_it_is_as_if_it_had_never_been_and_the_money_is_back(town):
    choice = gifts.Choice("wechat")  # never taken back once it is sent
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))
    gift = await scheduled(town)
    town.ground.clock.move(timedelta(hours=7))
    assert (await call_off(town, gift.gift_id)).refund == gift.total
    await refused(town, call_off(town, gift.gift_id), GiftNotAvailable)
    await refused(town, move(town, gift.gift_id, None), GiftNotAvailable)
    town.ground.clock.move(timedelta(hours=2))
    await work(town)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and (page.state, page.ended_how, page.refund_done) == (250, "called_off", True)
    assert await told(town, town.bo) == []
    assert (await gifts_got(town.ground, town.bo)).gifts == []
    held = await town.ground.db.fetchval("SELECT held FROM stock_item WHERE sku_id = $1", town.red)
    assert held == 0
    await all_is_well(town)


async def test_a_moment_that_is_over_or_too_far_is_refused(town):
    for wall, reason in (("2026-11-23T12:00", "past"), ("2027-11-25T12:01", "too_far"), ("soon", "moment")):
        asked = give(town, town.an, town.bo, town.red, moment=Moment(wall))
        await refused(town, asked, FieldNotValid, field="deliver_at", reason=reason)


async def test_shares_for_whoever_has_the_link_come_at_their_moment_and_the_link_with_them(town):
    gift = await give_paid(town, town.an, None, town.red, shares=3, moment=EVENING)
    assert await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an) is None
    town.ground.clock.move(timedelta(hours=8))
    await work(town)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    assert await told(town, town.an) == ["gift_came", "gift_share_claimed"]
    await all_is_well(town)


async def test_one_that_nobody_pays_for_leaves_nothing_that_waits(town):
    prepared = await give(town, town.an, town.bo, town.red, moment=EVENING)
    town.ground.clock.move(timedelta(hours=9))
    await work(town)
    assert await state_of(town, prepared.gift_id) == 250
    assert await town.ground.db.fetchval("SELECT count(*) FROM schedule_delivery") == 0
    await all_is_well(town)


async def test_of_its_moment_and_the_giver_who_calls_it_off_the_first_wins(town):
    gift = await scheduled(town)
    town.ground.clock.move(timedelta(hours=8))
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id)
    worker = worker_of(town.ground, FakeChannel())
    _, second = await one_after_the_other(
        town.ground.db, lock, lambda: call_off(town, gift.gift_id), lambda: worker.run_deadlines(500)
    )
    assert not isinstance(second, BaseException)
    assert await state_of(town, gift.gift_id) == 250
    other = await scheduled(town, moment=Moment("2026-11-23T21:00"))
    town.ground.clock.move(timedelta(hours=1))
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", other.order_id)
    first, moved = await one_after_the_other(
        town.ground.db,
        lock,
        lambda: worker.run_deadlines(500),
        lambda: move(town, other.gift_id, Moment("2026-12-24T09:00")),
    )
    assert not isinstance(first, BaseException) and isinstance(moved, GiftAlreadySent)
    await work(town)
    assert await state_of(town, other.gift_id) == 10
    await all_is_well(town)


async def test_of_two_workers_one_sends_it(town):
    gift = await scheduled(town)
    town.ground.clock.move(timedelta(hours=8))
    workers = [worker_of(town.ground, FakeChannel()) for _ in range(2)]
    await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", gift.order_id),
        lambda: workers[0].run_deadlines(500),
        lambda: move(town, gift.gift_id, None),
    )
    await workers[1].drain()
    assert await told(town, town.bo) == ["gift_ready"]
    await all_is_well(town)


async def test_a_callback_that_is_told_twice_lets_it_wait_once(town):
    prepared = await give(town, town.an, town.bo, town.red, moment=EVENING)
    said = hears(prepared.intent_id, prepared.total, event_id="twice")
    await take_payments(town.ground, [said, said])
    await take_payments(town.ground, [said])
    assert await state_of(town, prepared.gift_id) == 5
    facts = "SELECT count(*) FROM outbox_fact WHERE kind = 'GiftScheduled'"
    assert await town.ground.db.fetchval(facts) == 1
    await all_is_well(town)


async def test_the_database_refuses_to_show_it_before_or_to_send_it_unpaid(town):
    gift = await scheduled(town)
    for sql in (
        "UPDATE gift_gift SET opened_at = now() WHERE id = $1",
        "UPDATE gift_gift SET claimable_at = now() WHERE id = $1",
        "UPDATE gift_gift SET state = 0 WHERE id = $1",
        "UPDATE gift_gift SET state = 180 WHERE id = $1",
        "UPDATE schedule_delivery SET deliver_at = deliver_at + interval '1 second' WHERE gift_id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await town.ground.db.run(lambda tx, sql=sql: tx.execute(sql, gift.gift_id))
    unpaid = await give(town, town.an, town.bo, town.red, moment=EVENING)
    with pytest.raises(asyncpg.CheckViolationError):
        await town.ground.db.run(lambda tx: tx.execute("UPDATE gift_gift SET state = 10 WHERE id = $1", unpaid.gift_id))
