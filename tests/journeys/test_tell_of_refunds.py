"""Programs and people hear how a refund goes: it started, it is back, or the channel refused for good."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from channel import FakeChannel
from household import worker_of
from outside import FakeOutside, listen
from town import Town, build_town, claim, give_paid

from renqing.journeys.ask_the_channel import REFUND_TRIES_MAX
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.views.check import check
from renqing.views.notice_page import notices_page

STARTED = ["gift.refund.started", "refund.started"]


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def refused_gift(town: Town) -> int:
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    return gift.gift_id


async def test_a_refund_of_a_gift_is_told_from_its_start_to_its_end_in_the_gifts_line(town):
    outside = FakeOutside()
    await listen(town)
    gift = await refused_gift(town)
    await worker_of(town.ground, outside=outside).drain()
    of_refunds = [post.said for post in outside.heard if "refund" in post.type]
    told = [one["type"] for one in of_refunds]
    assert sorted(told) == sorted([*STARTED, "gift.refund.succeeded", "refund.done", "gift.refunded"])
    assert {one["subject"] for one in of_refunds} == {str(gift)}
    sequences = {one["type"]: one["sequence"] for one in of_refunds}
    assert max(sequences[one] for one in STARTED) < sequences["gift.refund.succeeded"]
    (started,) = [one["data"] for one in of_refunds if one["type"] == "gift.refund.started"]
    assert (started["refunded"], started["cause"]) == ({"amount": 12_900, "currency": "CNY"}, "gift")


async def test_one_that_the_channel_refuses_for_good_is_told_once_to_program_and_payer_and_is_the_payers(town):
    outside, channel = FakeOutside(), FakeChannel()
    await listen(town)
    await refused_gift(town)
    channel.refuses.add("refund")
    worker = worker_of(town.ground, channel, outside)
    for _ in range(REFUND_TRIES_MAX + 2):
        await worker.drain()
        town.ground.clock.move(timedelta(minutes=11))
    await worker.drain()
    told = [post.type for post in outside.heard if "refund" in post.type]
    assert sorted(told) == sorted([*STARTED, "gift.refund.failed", "refund.failed"])
    kinds = [one.kind for one in (await notices_page(town.ground, town.an)).notices]
    assert kinds.count("refund_failed") == 1 and "gift_refunded" not in kinds
    assert "refund_failed" not in [one.kind for one in (await notices_page(town.ground, town.bo)).notices]
    assert (await check(town.ground)).is_clean


async def test_another_style_is_an_event_of_its_own_for_the_shop_and_the_same_style_is_none(town):
    outside = FakeOutside()
    await listen(town)
    for sku in (town.blue, None):
        gift = await give_paid(town, town.an, town.bo, town.red)
        await claim(town, town.bo, gift.gift_id, **({"sku_id": sku} if sku else {}))
    await worker_of(town.ground, outside=outside).drain()
    (changed,) = [post.said["data"] for post in outside.heard if post.type == "gift.sku_changed_on_claim"]
    assert (changed["given_sku_id"], changed["sku_id"]) == (str(town.red), str(town.blue))
    assert outside.types().count("gift.claimed") == 2
