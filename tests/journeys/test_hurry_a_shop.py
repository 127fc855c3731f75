"""A late shop is hurried with one tap, once a day, by who paid or who gets the goods."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from channel import FakeChannel
from counter import buy, ship
from crowd import refused
from household import worker_of
from outside import FakeOutside, listen
from town import Town, build_town, claim, give_paid

from renqing.books import people
from renqing.journeys.hurry_a_shop import HurryAShop, hurry_a_shop
from renqing.trade.hurries import HurryNotNow
from renqing.trade.orders import OrderUnknown
from renqing.views.check import check
from renqing.views.hurries import hurry_of
from renqing.views.notice_page import notices_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def hurry(town: Town, person_id: int, order_id: int):
    return await hurry_a_shop(town.ground, HurryAShop(person_id, order_id), town.key(person_id))


async def claimed(town: Town) -> int:
    gift = await give_paid(town, town.an, town.bo, town.red)
    town.ground.clock.move(timedelta(hours=20))  # type: ignore[attr-defined]
    return (await claim(town, town.bo, gift.gift_id)).order_id


async def told(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    return [one.kind for one in (await notices_page(town.ground, person_id)).notices]


async def test_the_clock_starts_at_the_claim_and_giver_and_recipient_share_one_tap_a_day(town):
    order = await claimed(town)
    town.ground.clock.move(timedelta(hours=48, seconds=-1))
    await refused(town, hurry(town, town.an, order), HurryNotNow, reason="early")
    assert not (await hurry_of(town.ground, town.an, order)).may
    town.ground.clock.move(timedelta(seconds=1))
    assert (await hurry_of(town.ground, town.bo, order)).may
    assert (await hurry(town, town.an, order)).times == 1
    for person in (town.an, town.bo):
        await refused(town, hurry(town, person, order), HurryNotNow, reason="today")
    town.ground.clock.move(timedelta(days=1, seconds=-1))
    await refused(town, hurry(town, town.bo, order), HurryNotNow, reason="today")
    town.ground.clock.move(timedelta(seconds=1))
    assert (await hurry(town, town.bo, order)).times == 2
    seen = await hurry_of(town.ground, town.an, order)
    assert (seen.may, seen.times, seen.last_at) == (False, 2, town.ground.clock.now())
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_the_shops_people_are_told_and_nobody_else(town):
    await town.ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, town.cai, people.Role.CLERK))
    order = await claimed(town)
    town.ground.clock.move(timedelta(hours=48))
    await hurry(town, town.bo, order)
    assert await told(town, town.owner_id) == ["order_hurried"]
    assert await told(town, town.cai) == ["order_hurried"]
    for person in (town.an, town.bo, town.stranger):
        assert "order_hurried" not in await told(town, person)
    notice = (await notices_page(town.ground, town.owner_id)).notices[0]
    assert notice.link == f"/desk/shops/{town.shop_id}/orders/{order}"
    assert "青瓷杯" in notice.body("zh") and "reminder 1" in notice.body("en")


async def test_nobody_else_hurries_and_what_has_left_or_waits_for_a_claim_is_not_hurried(town):
    order = await claimed(town)
    waiting = await give_paid(town, town.an, town.cai, town.red)
    town.ground.clock.move(timedelta(hours=48))
    for person in (town.cai, town.stranger, town.owner_id):
        await refused(town, hurry(town, person, order), OrderUnknown)
    await refused(town, hurry(town, town.an, 404), OrderUnknown)
    await refused(town, hurry(town, town.an, waiting.order_id), HurryNotNow, reason="state")
    await ship(town, order)
    await refused(town, hurry(town, town.bo, order), HurryNotNow, reason="state")
    assert (await hurry_of(town.ground, town.bo, order)).from_at is None


async def test_an_order_for_oneself_is_hurried_too(town):
    bought = await buy(town, town.an, town.blue)
    town.ground.clock.move(timedelta(hours=48))
    assert (await hurry(town, town.an, bought.order_id)).times == 1


async def test_a_program_of_the_shop_hears_that_it_is_hurried_and_how_often(town):
    outside = FakeOutside()
    await listen(town, kinds=("order.hurried",))
    order_id = await claimed(town)
    town.ground.clock.move(timedelta(days=3))
    await hurry(town, town.bo, order_id)
    town.ground.clock.move(timedelta(days=1))
    await hurry(town, town.an, order_id)
    await worker_of(town.ground, outside=outside).drain()
    assert [(one.said["data"]["order_id"], one.said["data"]["times"]) for one in outside.heard] == [
        (str(order_id), 1),
        (str(order_id), 2),
    ]
