"""Another style after the claim and before shipping (发货前换款): once, decided by the shop, and silence refuses."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio
from channel import FakeChannel
from counter import ask_for, buy, decide, ship, wish
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, give_paid, snapshot

from renqing.books import stock
from renqing.books.stock import StockRanOut
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.swap_a_style import TakeBackAsk, take_back_the_ask
from renqing.social import gifts
from renqing.social.gifts import StyleNotOffered
from renqing.trade.orders import OrderUnknown
from renqing.trade.swaps import SwapNotAsked, SwapNotNow, SwapNotOffered, SwapWaits
from renqing.views.check import check
from renqing.views.gift_page import gift_page
from renqing.views.order_page import order_page
from renqing.views.swap_page import shop_swaps, swap_of_order

WAITING, APPROVED, REJECTED, CANCELLED, TIMED_OUT = 3, 4, 5, 6, 7


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def claimed(town: Town, **asked) -> int:
    gift = await give_paid(town, town.an, town.bo, town.red)
    return (await claim(town, town.bo, gift.gift_id, **asked)).order_id


async def take_back(town: Town, order_id: int):
    return await take_back_the_ask(town.ground, TakeBackAsk(town.bo, order_id), town.key(town.bo))


async def line_sku(town: Town, order_id: int) -> int:
    return await town.ground.db.fetchval("SELECT sku_id FROM order_line WHERE order_id = $1", order_id)


async def held(town: Town) -> dict[int, int]:
    rows = await town.ground.db.fetch("SELECT sku_id, held FROM stock_item WHERE held > 0")
    return {row["sku_id"]: row["held"] for row in rows}


async def told(town: Town) -> list[int]:
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'SwapMoved' ORDER BY id")
    return [row["payload"]["state"] for row in rows]


async def notices_to(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows if row["kind"].startswith("swap")]


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_the_shop_agrees_and_stock_and_order_move_together(town):
    order_id = await claimed(town)
    assert (await wish(town, town.bo, order_id, town.blue)).state == WAITING
    assert await held(town) == {town.red: 1} and await line_sku(town, order_id) == town.red
    assert (await decide(town, order_id, "approve")).state == APPROVED
    assert await held(town) == {town.blue: 1} and await line_sku(town, order_id) == town.blue
    await ship(town, order_id)
    assert await told(town) == [WAITING, APPROVED]
    assert await notices_to(town, town.bo) == ["swap_approved"]
    await all_is_well(town)


async def test_the_shop_refuses_and_what_was_given_stays(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    done = await decide(town, order_id, "reject")
    assert (done.state, done.why) == (REJECTED, "shop")
    assert await held(town) == {town.red: 1} and await line_sku(town, order_id) == town.red
    assert await notices_to(town, town.bo) == ["swap_rejected"]
    await all_is_well(town)


async def test_silence_refuses_at_the_deadline_and_not_before(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    worker = worker_of(town.ground, FakeChannel())
    town.ground.clock.move(timedelta(hours=24, seconds=-1))
    await worker.drain()
    assert (await swap_of_order(town.ground, town.bo, order_id)).state == WAITING
    town.ground.clock.move(timedelta(seconds=1))
    await refused(town, decide(town, order_id, "approve"), SwapNotNow, state=WAITING)
    await worker.drain()
    assert (await swap_of_order(town.ground, town.bo, order_id)).state == TIMED_OUT
    assert await told(town) == [WAITING, TIMED_OUT] and await notices_to(town, town.bo) == ["swap_timed_out"]
    await ship(town, order_id)
    await all_is_well(town)


async def test_the_recipient_takes_it_back_and_asks_no_second_time(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    assert (await take_back(town, order_id)).state == CANCELLED
    await refused(town, wish(town, town.bo, order_id, town.blue), SwapNotOffered, reason="once")
    await refused(town, take_back(town, order_id), SwapNotNow)
    await refused(town, decide(town, order_id, "approve"), SwapNotNow, state=CANCELLED)
    assert await notices_to(town, town.bo) == []
    await all_is_well(town)


async def test_what_ran_out_while_it_waited_is_refused_and_what_was_given_kept(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    await buy(town, town.cai, town.blue, 10)
    done = await decide(town, order_id, "approve")
    assert (done.state, done.why) == (REJECTED, "stock")
    assert (await held(town))[town.red] == 1 and await line_sku(town, order_id) == town.red
    await all_is_well(town)


async def test_of_answers_in_line_the_first_ends_it(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    first, second = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", order_id),
        lambda: take_back(town, order_id),
        lambda: decide(town, order_id, "approve"),
    )
    assert first.state == CANCELLED and isinstance(second, SwapNotNow)
    assert await held(town) == {town.red: 1}
    await all_is_well(town)


async def test_nothing_is_shipped_before_the_answer(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    await refused(town, ship(town, order_id), SwapWaits)
    await decide(town, order_id, "reject")
    await ship(town, order_id)
    other = await claimed(town)
    await ship(town, other)
    await refused(town, wish(town, town.bo, other, town.blue), SwapNotOffered, reason="state")


async def test_an_after_sale_takes_the_wish_back(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    await ask_for(town, town.bo, order_id)
    assert (await swap_of_order(town.ground, town.bo, order_id)).state == CANCELLED
    other = await claimed(town)
    await ask_for(town, town.bo, other)
    await refused(town, wish(town, town.bo, other, town.blue), SwapNotOffered, reason="aftersale")
    await all_is_well(town)


async def test_only_a_style_of_the_same_product_and_price_that_is_there_can_be_asked_for(town):
    order_id = await claimed(town, sku_id=town.blue)
    choices = (await swap_of_order(town.ground, town.bo, order_id)).choices
    assert [one.sku_id for one in choices] == [town.red]  # the dear one costs more, the blue one it is already
    for sku in (town.dear, town.ring, town.blue, 404):
        await refused(town, wish(town, town.bo, order_id, sku), StyleNotOffered)
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 10, "test", 1))
    await refused(town, wish(town, town.bo, order_id, town.red), StockRanOut)


async def test_back_to_what_was_given_whatever_it_costs_now(town):
    order_id = await claimed(town, sku_id=town.blue)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET price = 12000 WHERE id = $1", town.red)
    await wish(town, town.bo, order_id, town.red)
    assert (await decide(town, order_id, "approve")).state == APPROVED
    assert await line_sku(town, order_id) == town.red
    await all_is_well(town)


async def test_only_the_recipient_asks_and_only_the_shop_answers(town):
    order_id = await claimed(town)
    for person in (town.an, town.cai, town.stranger):
        await refused(town, wish(town, person, order_id, town.blue), OrderUnknown)
        with pytest.raises(OrderUnknown):
            await swap_of_order(town.ground, person, order_id)
    await refused(town, decide(town, order_id, "approve"), SwapNotAsked)
    await refused(town, take_back(town, order_id), SwapNotAsked)
    await wish(town, town.bo, order_id, town.blue)
    for person in (town.an, town.bo, town.stranger):
        await refused(town, decide(town, order_id, "approve", person), OrderUnknown)
    bought = await buy(town, town.bo, town.red)
    await refused(town, wish(town, town.bo, bought.order_id, town.blue), SwapNotOffered, reason="no_gift")


async def test_shares_come_as_given_and_a_policy_may_offer_none(town):
    shared = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.an)
    share = await claim(town, town.bo, None, token=token)
    await refused(town, wish(town, town.bo, share.order_id, town.blue), SwapNotOffered, reason="shares")
    none = gifts.Choice("house", GiftPolicyChanges(gift_swap_answer_hours=0))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, none))
    order_id = await claimed(town)
    await refused(town, wish(town, town.bo, order_id, town.blue), SwapNotOffered, reason="policy")
    assert (await swap_of_order(town.ground, town.bo, order_id)).choices == []


async def test_the_giver_learns_nothing_of_it(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    order_id = (await claim(town, town.bo, gift.gift_id)).order_id
    before = msgspec.json.encode(await gift_page(town.ground, town.an, gift.gift_id))
    await wish(town, town.bo, order_id, town.blue)
    await decide(town, order_id, "approve")
    assert msgspec.json.encode(await gift_page(town.ground, town.an, gift.gift_id)) == before
    assert await notices_to(town, town.an) == []
    assert await order_page(town.ground, town.bo, order_id) is not None


async def test_the_shop_sees_what_waits_the_first_to_fall_due_first(town):
    one, other = await claimed(town), await claimed(town)
    await wish(town, town.bo, other, town.blue)
    town.ground.clock.move(timedelta(minutes=1))
    await wish(town, town.bo, one, town.blue)
    page = await shop_swaps(town.ground, town.owner_id, town.shop_id)
    assert [swap.order_id for swap in page.swaps] == [other, one]
    assert (page.swaps[0].specs, page.swaps[0].wanted, page.swaps[0].available) == (["红"], ["蓝"], 10)


async def test_the_database_knows_the_same_table(town):
    order_id = await claimed(town)
    await wish(town, town.bo, order_id, town.blue)
    await decide(town, order_id, "reject")
    before = await snapshot(town.ground)
    for state in range(3, 8):
        with pytest.raises(Exception, match="does not move"):
            await town.ground.db.pool.execute("UPDATE swap_request SET state = $1", state)
    assert await snapshot(town.ground) == before
