"""After the claim the giver asks for a refund; nothing but a yes of who has the gift makes it an after-sale."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio
from channel import FakeChannel
from counter import answer as shop_answers
from counter import ask_for, receive, ship
from counter_vouchers import of_order, open_cafe, redeem
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from outside import FakeOutside, listen
from town import Town, build_town, claim, give_paid

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.ask_for_a_refund import (
    AnswerARefundAsk,
    AskForARefund,
    RefundAskStands,
    answer_a_refund_ask,
    ask_for_a_refund,
)
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.social import gifts
from renqing.social.gifts import GiftNotAvailable
from renqing.trade.aftersales import AftersaleOpen
from renqing.trade.refund_asks import RefundAskNotNow, RefundNotAsked
from renqing.views.check import check
from renqing.views.gift_page import GiverPage, KeptGift, gift_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def claimed(town: Town) -> tuple[int, int]:
    gift = await give_paid(town, town.an, town.bo, town.red)
    return gift.gift_id, (await claim(town, town.bo, gift.gift_id)).order_id


async def ask(town: Town, gift_id: int, reason: str = "late", by: int = 0):
    return await ask_for_a_refund(town.ground, AskForARefund(by or town.an, gift_id, reason), town.key(by or town.an))


async def say(town: Town, gift_id: int, *, agrees: bool, by: int = 0):
    said = AnswerARefundAsk(by or town.bo, gift_id, agrees)
    return await answer_a_refund_ask(town.ground, said, town.key(by or town.bo))


async def told(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows if row["kind"].startswith("refund_")]


async def giver_sees(town: Town, gift_id: int) -> tuple[str, bool]:
    page = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(page, GiverPage)
    return page.refund_ask.state if page.refund_ask else "", page.may_ask_refund


async def waits_for_bo(town: Town, gift_id: int) -> Any:
    page = await gift_page(town.ground, town.bo, gift_id)
    assert isinstance(page, KeptGift)
    return page.refund_ask


async def cases(town: Town) -> int:
    return await town.ground.db.fetchval("SELECT count(*) FROM aftersale_case")


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_a_yes_opens_an_aftersale_and_the_money_goes_to_the_giver(town):
    gift, order = await claimed(town)
    assert await giver_sees(town, gift) == ("", True)
    await ask(town, gift)
    assert await giver_sees(town, gift) == ("waiting", False)
    assert (await waits_for_bo(town, gift)).reason == "late"
    assert await told(town, town.bo) == ["refund_asked"]
    stands = await say(town, gift, agrees=True)
    assert stands.case_id is not None and await waits_for_bo(town, gift) is not None
    case = await town.ground.db.fetchrow("SELECT * FROM aftersale_case WHERE id = $1", stands.case_id)
    assert (case["owner_id"], case["order_id"], case["kind"]) == (town.bo, order, "refund")
    assert "等太久" in case["reason"]
    await shop_answers(town, stands.case_id)
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    refund = "SELECT r.amount FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id WHERE i.payer_id = $1"
    assert await town.ground.db.fetchval(refund, town.an) == 12_900
    assert await told(town, town.an) == ["refund_agreed", "refund_done"]
    assert await giver_sees(town, gift) == ("agreed", False)
    await all_is_well(town)


async def test_what_has_left_the_shop_is_returned(town):
    gift, order = await claimed(town)
    await ship(town, order)
    await receive(town, town.bo, order)
    await ask(town, gift, "not_as_said")
    stands = await say(town, gift, agrees=True)
    kind = "SELECT kind FROM aftersale_case WHERE id = $1"
    assert await town.ground.db.fetchval(kind, stands.case_id) == "return"
    await all_is_well(town)


async def test_of_a_voucher_nothing_is_asked_while_it_is_good_and_nothing_is_sent_back_once_it_is_used(town):
    cafe = await open_cafe(town, uses=1)
    gift = await give_paid(town, town.an, town.bo, cafe.sku_id)
    order = (await claim(town, town.bo, gift.gift_id, address_id=None)).order_id
    await refused(town, ask(town, gift.gift_id), RefundAskNotNow, reason="state")
    (voucher,) = await of_order(cafe, order)
    await redeem(cafe, voucher)
    await ask(town, gift.gift_id, "not_as_said")
    stands = await say(town, gift.gift_id, agrees=True)
    kind = "SELECT kind FROM aftersale_case WHERE id = $1"
    assert await town.ground.db.fetchval(kind, stands.case_id) == "refund"
    await all_is_well(town)


async def test_a_no_and_silence_decline_and_the_giver_cannot_tell_them_apart(town):
    gift, _ = await claimed(town)
    quiet, _ = await claimed(town)
    await ask(town, gift)
    await ask(town, quiet)
    assert (await say(town, gift, agrees=False)).state == "declined"
    await refused(town, say(town, gift, agrees=True), RefundAskNotNow, reason="over")
    town.ground.clock.move(timedelta(days=3))
    await refused(town, say(town, quiet, agrees=True), RefundAskNotNow, reason="over")
    assert await waits_for_bo(town, quiet) is None
    assert await told(town, town.an) == ["refund_declined", "refund_declined"]
    assert await giver_sees(town, gift) == await giver_sees(town, quiet) == ("declined", False)
    assert await cases(town) == 0
    for one in (gift, quiet):
        await refused(town, ask(town, one), RefundAskNotNow, reason="once")
    await all_is_well(town)


async def test_an_answer_in_the_last_moment_counts(town):
    gift, _ = await claimed(town)
    await ask(town, gift)
    town.ground.clock.move(timedelta(days=3, microseconds=-1))
    assert (await say(town, gift, agrees=True)).state == "agreed"
    town.ground.clock.move(timedelta(days=1))
    assert await told(town, town.an) == ["refund_agreed"]


async def test_nobody_else_asks_and_nobody_else_answers(town):
    gift, _ = await claimed(town)
    for somebody in (town.bo, town.cai, town.stranger):
        await refused(town, ask(town, gift, by=somebody), GiftNotAvailable)
    await refused(town, say(town, gift, agrees=True), RefundNotAsked)
    await ask(town, gift)
    for somebody in (town.an, town.cai, town.stranger):
        await refused(town, say(town, gift, agrees=True, by=somebody), RefundNotAsked)
    await refused(town, ask(town, 404), GiftNotAvailable)
    await refused(town, ask(town, gift, "because"), FieldNotValid)


async def test_there_is_nothing_to_ask_of_a_gift_that_waits_that_is_shared_or_whose_days_are_over(town):
    waiting = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, ask(town, waiting.gift_id), RefundAskNotNow, reason="state")
    shared = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    await refused(town, ask(town, shared.gift_id), RefundAskNotNow, reason="shares")
    gift, order = await claimed(town)
    await ship(town, order)
    await receive(town, town.bo, order)
    town.ground.clock.move(timedelta(days=7, seconds=1))
    await refused(town, ask(town, gift), RefundAskNotNow, reason="over")
    assert await giver_sees(town, gift) == ("", False)


async def test_an_aftersale_of_their_own_stands_before_the_ask(town):
    gift, order = await claimed(town)
    await ask_for(town, town.bo, order)
    await refused(town, ask(town, gift), RefundAskNotNow, reason="case")
    other, order = await claimed(town)
    await ask(town, other)
    await ask_for(town, town.bo, order)
    await refused(town, say(town, other, agrees=True), AftersaleOpen)
    await all_is_well(town)


async def test_a_block_is_not_told_and_silence_declines(town):
    gift, _ = await claimed(town)
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    await ask(town, gift)
    assert await told(town, town.bo) == [] and await waits_for_bo(town, gift) is None
    await refused(town, say(town, gift, agrees=True), RefundNotAsked)
    town.ground.clock.move(timedelta(days=3))
    assert await told(town, town.an) == ["refund_declined"]


async def test_of_a_yes_and_a_no_in_line_the_first_counts(town):
    gift, order = await claimed(town)
    await ask(town, gift)
    answers = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", order),
        lambda: say(town, gift, agrees=False),
        lambda: say(town, gift, agrees=True),
    )
    assert isinstance(answers[0], RefundAskStands) and answers[0].state == "declined"
    assert isinstance(answers[1], RefundAskNotNow)
    assert await cases(town) == 0


async def test_a_program_of_the_platform_hears_of_a_givers_ask_and_of_the_answer(town):
    outside = FakeOutside()
    await listen(town, people.PLATFORM, kinds=("gift.refund_ask.moved",))
    gift_id, _ = await claimed(town)
    await ask(town, gift_id)
    await say(town, gift_id, agrees=False)
    await worker_of(town.ground, outside=outside).drain()
    assert [one.said["data"]["ask_state"] for one in outside.heard] == ["waiting", "declined"]
