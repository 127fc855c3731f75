"""How payments stand, for many at once: each payer's own, by a plan that is kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from town import Town, build_town, give, pay, place

from renqing.foundation.ground import Ground
from renqing.trade.orders import OrderUnknown
from renqing.views import payment_page as payment_view
from renqing.views.payment_page import payment_page, payment_pages


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def test_each_payer_sees_their_own_and_nobody_elses(town: Town):
    mine, theirs = await place(town, town.an, town.red), await place(town, town.bo, town.blue)
    gift = await give(town, town.an, town.cai, town.dear)
    await pay(town, theirs.intent_id, theirs.total)
    asks = [(town.an, mine.order_id), (town.bo, mine.order_id), (town.bo, theirs.order_id), (town.an, gift.order_id)]
    first, foreign, paid, given = await payment_pages(town.ground, [*asks])
    assert (first.standing, first.total, first.title_zh, first.gift_id) == ("waiting", 12_900, "青瓷杯", None)
    assert isinstance(foreign, OrderUnknown)
    assert (paid.standing, given.standing, given.gift_id) == ("paid", "waiting", gift.gift_id)
    with pytest.raises(OrderUnknown):
        await payment_page(town.ground, town.cai, mine.order_id)


async def test_its_plan_is_kept_however_few_ask(town: Town):
    placed = await place(town, town.an, town.red)
    await town.ground.db.pool.execute("SET plan_cache_mode = auto")  # as a house has it, and tests have not
    for _ in range(20):
        await payment_page(town.ground, town.an, placed.order_id)
    plans = await town.ground.db.fetchrow(
        """SELECT sum(generic_plans) AS kept, sum(custom_plans) AS made FROM pg_prepared_statements
            WHERE statement LIKE '%gift_gift g WHERE g.order_id = o.id%' AND generic_plans + custom_plans > 1"""
    )
    assert (plans["kept"], plans["made"]) == (15, 5)


async def test_no_order_is_read_that_nobody_asked_about(town: Town):
    placed = [await place(town, town.an, sku) for sku in (town.red, town.red, town.blue)]
    asked = "EXPLAIN (ANALYZE, FORMAT JSON) " + payment_view._PAYMENTS
    async with town.ground.db.pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = await conn.fetch(asked, [placed[0].order_id], timedelta(minutes=15))
    lines = [node for node in _nodes(json.loads(plan[0][0])[0]["Plan"]) if node.get("Relation Name") == "order_line"]
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in lines)
    assert read == 2, "its title in two languages"


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inside in plan.get("Plans", ()) for node in _nodes(inside))]
