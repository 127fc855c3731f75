"""Whoever has a fund's link joins those who are asked, while it lives; whom the gift is for finds nothing behind it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from crowd import gather_a_crowd, refused
from town import Town, build_town, pay

from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.join_a_fund import JoinAFund, LinkAFund, join_a_fund, link_a_fund
from renqing.journeys.make_a_group import MakeGroup, make_a_group
from renqing.journeys.start_a_fund import CallOff, PutIn, StartAFund, call_off, put_in, start_a_fund
from renqing.social import funds
from renqing.social.funds import GUESTS_MAX, FundCrowded, FundOver, FundUnknown
from renqing.views.check import check
from renqing.views.fund_link_page import fund_by_link
from renqing.views.fund_page import fund_page, my_funds


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def begun(town: Town, *, group_id: int | None = None) -> int:
    """An collects for Bo, and asks Cai or a group."""
    gift = GiveAGift(town.an, town.red, town.bo, "birthday", "", 24, "")
    ends_at = town.ground.clock.now() + timedelta(days=3)
    guests = () if group_id else (town.cai,)
    ask = StartAFund(gift, ends_at, group_id=group_id, guest_ids=guests)
    return (await start_a_fund(town.ground, ask, town.key(town.an))).order_id


async def link(town: Town, fund_id: int, *, on: bool = True, who: int = 0) -> str:
    starter = who or town.an
    await link_a_fund(town.ground, LinkAFund(starter, fund_id, on), town.key(starter))
    return await funds.link_of(town.ground.db, town.ground.keys, fund_id) or ""


async def join(town: Town, person_id: int, token: str) -> int:
    return (await join_a_fund(town.ground, JoinAFund(person_id, token), town.key(person_id))).fund_id


async def test_a_stranger_with_the_link_joins_puts_in_and_stays_when_it_is_off(town):
    fund = await begun(town)
    await refused(town, join(town, town.stranger, "nonsense"), FundUnknown)
    token = await link(town, fund)
    with pytest.raises(FundUnknown):
        await fund_page(town.ground, town.stranger, fund)
    assert await join(town, town.stranger, token) == await join(town, town.stranger, token) == fund
    assert [one.fund_id for one in await my_funds(town.ground, town.stranger)] == [fund]
    await link(town, fund, on=False)
    ask = PutIn(town.stranger, fund, 12_900, "sandbox")
    one = await put_in(town.ground, ask, town.key(town.stranger))
    intent = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", one.contribution_id)
    await pay(town, intent, 12_900)
    assert (await fund_page(town.ground, town.stranger, fund)).state == "full"
    assert not [one.id for one in (await check(town.ground)).findings if one.differences]


async def test_whom_it_is_for_and_who_is_blocked_find_no_link(town):
    fund = await begun(town)
    token = await link(town, fund)
    await block_a_person(town.ground, Block(town.an, town.stranger), town.key(town.an))
    for who in (town.bo, town.stranger):
        await refused(town, join(town, who, token), FundUnknown)
        with pytest.raises(FundUnknown):
            await fund_by_link(town.ground, token, who)
    seen = await fund_by_link(town.ground, token, None)
    assert (seen.to, seen.product_id, seen.fund_id, seen.title_zh) == (None, None, None, "")
    friend = await fund_by_link(town.ground, token, town.cai)
    assert friend.to is not None and friend.title_zh == "青瓷杯" and friend.is_in
    assert await join(town, town.an, token) == fund, "its starter takes part anyway"
    assert await town.ground.db.fetchval("SELECT count(*) FROM fund_guest WHERE person_id = $1", town.an) == 0


async def test_a_new_link_ends_the_one_before_and_its_starter_alone_makes_one(town):
    fund = await begun(town)
    first = await link(town, fund)
    second = await link(town, fund)
    assert first != second
    await refused(town, join(town, town.stranger, first), FundUnknown)
    for who in (town.bo, town.cai, town.stranger):
        await refused(town, link(town, fund, who=who), FundUnknown)
    assert await link(town, fund, on=False) == ""
    await refused(town, join(town, town.stranger, second), FundUnknown)
    held = await town.ground.db.fetch("SELECT * FROM once_answer")
    assert not [row for row in held if first in str(row) or second in str(row)], "no answer keeps a token"


async def test_a_fund_that_is_over_is_joined_by_nobody(town):
    fund = await begun(town)
    token = await link(town, fund)
    town.ground.clock.move(timedelta(days=3))  # type: ignore[attr-defined]
    await refused(town, join(town, town.stranger, token), FundOver)
    town.ground.clock.move(timedelta(days=-1))  # type: ignore[attr-defined]
    await call_off(town.ground, CallOff(town.an, fund), town.key(town.an))
    await refused(town, join(town, town.stranger, token), FundOver)
    await refused(town, link(town, fund), FundOver)
    assert not (await fund_by_link(town.ground, token, town.stranger)).is_open


async def test_the_link_of_who_is_erased_opens_nothing_and_who_joined_by_it_is_forgotten(town):
    fund = await begun(town)
    token = await link(town, fund)
    await join(town, town.stranger, token)
    await erase_a_person(town.ground, EraseMe(town.stranger, "Stranger"))
    assert await town.ground.db.fetchval("SELECT count(*) FROM fund_guest WHERE person_id = $1", town.stranger) == 0
    await call_off(town.ground, CallOff(town.an, fund), town.key(town.an))
    await erase_a_person(town.ground, EraseMe(town.an, "安"))
    for reader in (None, town.cai):
        with pytest.raises(FundUnknown):
            await fund_by_link(town.ground, token, reader)


async def test_a_fund_for_a_group_is_joined_by_link_as_well(town):
    made = await make_a_group(town.ground, MakeGroup(town.an, "我们", (town.cai,)), town.key(town.an))
    fund = await begun(town, group_id=made.group_id)
    await join(town, town.stranger, await link(town, fund))
    await put_in(town.ground, PutIn(town.stranger, fund, 100, "sandbox"), town.key(town.stranger))
    assert (await fund_page(town.ground, town.stranger, fund)).missing == 12_800
    assert (await fund_page(town.ground, town.cai, fund)).is_open


async def test_of_more_who_join_at_once_than_there_is_room_exactly_so_many_are_in(town):
    fund = await begun(town)
    token = await link(town, fund)
    crowd = await gather_a_crowd(town, GUESTS_MAX + 5)
    answers = await asyncio.gather(*(join(town, who, token) for who in crowd), return_exceptions=True)
    assert sum(isinstance(one, FundCrowded) for one in answers) == 6, "Cai has a place already"
    assert await town.ground.db.fetchval("SELECT count(*) FROM fund_guest") == GUESTS_MAX
