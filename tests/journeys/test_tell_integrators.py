from __future__ import annotations

import json
import re

import pytest
import pytest_asyncio
from counter import receive, ship
from household import worker_of
from outside import URL, FakeOutside, deliveries, listen
from schemas import misfits
from stories import tell_all
from town import build_town, claim, give_paid, pay, place

from renqing.books.people import PLATFORM
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.tell_integrators import HEARD
from renqing.journeys.tell_of_activities import ABOUT_SHOPS
from renqing.journeys.track_a_parcel import TrackParcel, track_a_parcel
from renqing.social import gifts
from renqing.trade.shipping import ParcelState
from renqing.trade.webhooks import EVENTS, TEST, schemas
from renqing.views.check.webhooks import BY_STATE, BY_STEP, OF_GIFTS_TOO, TOLD

PLATFORMS = "https://ops.example.com/hooks"
OTHERS = "https://other.example.com/hooks"
# What no story of the town tells: facts, and the events they make.
IN_OTHER_STORIES = {
    "OrderHurried": "order.hurried",
    "RefundAskMoved": "gift.refund_ask.moved",
    "GiftReplied": "gift.replied",
    "RefundFailed": "refund.failed",
    "BalanceReturned": "balance.returned",
}


@pytest_asyncio.fixture
async def town(ground):
    return await build_town(ground)


async def test_a_gift_is_told_in_order_to_its_shop_and_to_the_platform(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    worker = worker_of(town.ground, outside=outside)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await worker.drain()
    await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    await ship(town, gift.order_id)
    await receive(town, town.bo, gift.order_id)
    await worker.drain()
    ordered = ["order.paid", "gift.paid", "gift.claimed", "order.shipped", "gift.shipped", "order.received"]
    assert sorted(outside.types()) == sorted(ordered)
    said = [post.said for post in outside.heard if post.url == URL]
    assert [one["sequence"] for one in said] == [1, 2, 3, 4, 5, 6]
    assert {one["subject"] for one in said} == {str(gift.gift_id)}
    states = {one["type"]: one["data"]["state"] for one in said}
    assert (states["gift.paid"], states["gift.claimed"], states["order.shipped"]) == (10, 20, 30)
    assert sorted(outside.types(PLATFORMS)) == sorted(ordered)


async def test_a_merchant_does_not_hear_that_a_gift_was_opened_and_the_platform_does(town):
    kinds = {kind for kind, published in EVENTS.items() if published.audience == "platform"}
    assert kinds == {
        "gift.opened",
        "gift.entry_joined",
        "gift.drawn",
        "gift.extended",
        "gift.readdressed",
        "gift.passed_on",
        "gift.refund_ask.moved",
        "gift.replied",
        "gift.thanked",
    }
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    await tell_all(town)
    await worker_of(town.ground, outside=outside).drain()
    assert not kinds & set(outside.types())


async def test_an_opened_gift_is_told_to_the_platform_and_a_delivered_one_to_its_shop_too(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id=gift.gift_id), town.key(town.bo))
    await claim(town, town.bo, gift.gift_id)
    parcel = await ship(town, gift.order_id)
    there = TrackParcel(town.owner_id, parcel.parcel_id, ParcelState.DELIVERED, "杭州")
    await track_a_parcel(town.ground, there, town.key(town.owner_id))
    await worker_of(town.ground, outside=outside).drain()
    assert {"order.delivered", "gift.delivered"} <= set(outside.types(URL))
    assert "gift.opened" not in outside.types(URL)
    assert {"gift.opened", "order.delivered", "gift.delivered"} <= set(outside.types(PLATFORMS))


async def test_every_fact_of_the_table_makes_events_that_fit_their_schema(town):
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    await tell_all(town)
    await worker_of(town.ground, outside=FakeOutside()).drain()
    rows = await deliveries(town)
    told = await town.ground.db.fetch("SELECT DISTINCT kind FROM outbox_fact WHERE told_at IS NOT NULL")
    assert {row["kind"] for row in told} & set(HEARD) >= set(HEARD) - {
        "GiftOpened",
        "ParcelDelivered",
        *IN_OTHER_STORIES,
    }
    apart = {TEST, "gift.refund.failed", "gift.opened", "gift.delivered", "order.delivered", *IN_OTHER_STORIES.values()}
    assert {row["kind"] for row in rows} >= set(EVENTS) - apart
    for row in rows:
        schema = dict(schemas()[row["kind"]])
        document = {"components": {"schemas": schema.pop("$defs")}}
        schema.pop("$schema")
        schema["properties"] = {**schema["properties"], "type": {"enum": [row["kind"]]}}
        assert not list(misfits(document, schema, json.loads(row["body"]))), row["body"]


async def test_an_event_holds_nothing_personal_and_people_have_other_names_elsewhere(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="canary-greeting")
    await claim(town, town.bo, gift.gift_id)
    await worker_of(town.ground, outside=outside).drain()
    everything = b"".join(post.body for post in outside.heard).decode()
    for personal in ("canary-greeting", "13800000001", "文三路", "收件人", f'"{town.an}"', f'"{town.bo}"'):
        assert personal not in everything
    claimed = {post.url: post.said["data"] for post in outside.heard if post.type == "gift.claimed"}
    names = {claimed[url][who] for url in (URL, PLATFORMS) for who in ("giver", "recipient")}
    assert len(names) == 4 and all(re.fullmatch(r"per_[0-9a-f]{26}", name) for name in names)
    paid = next(post.said["data"] for post in outside.heard if post.type == "gift.paid" and post.url == URL)
    assert paid["giver"] == claimed[URL]["giver"] and paid["recipient"] is None


async def test_another_shop_and_who_chose_other_events_hear_nothing(town):
    outside = FakeOutside()
    await listen(town, town.shop_id + 1, OTHERS)
    await listen(town, kinds=("refund.done",))
    order = await place(town, town.an, town.red)
    await pay(town, order.intent_id, order.total)
    await worker_of(town.ground, outside=outside).drain()
    assert outside.heard == [] and await deliveries(town) == []


async def test_of_two_shops_told_in_one_turn_each_hears_its_own(town):
    other = await build_town(town.ground)
    outside = FakeOutside()
    await listen(town)
    await listen(other, url=OTHERS)
    ids = {}
    for url, place_ in ((URL, town), (OTHERS, other)):
        order = await place(place_, place_.an, place_.red)
        await pay(place_, order.intent_id, order.total)
        ids[url] = str(order.order_id)
    await worker_of(town.ground, outside=outside).drain()
    heard = {(post.url, post.said["data"]["order_id"]) for post in outside.heard}
    assert heard == set(ids.items())


async def test_where_nobody_listens_nothing_is_written_and_no_turn_is_waited_for(town):
    await give_paid(town, town.an, town.bo, town.red)
    await worker_of(town.ground).drain()
    assert await deliveries(town) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_line") == 0


async def test_two_workers_that_tell_at_once_number_a_gifts_events_without_a_gap(town):
    await listen(town)
    for _ in range(5):
        gift = await give_paid(town, town.an, town.bo, town.red)
        await claim(town, town.bo, gift.gift_id)
    workers = [worker_of(town.ground, outside=FakeOutside()) for _ in range(3)]
    for _ in range(20):
        for worker in workers:
            await worker.tell_facts(1)
    rows = await deliveries(town)
    lines = {row["subject_id"] for row in rows}
    assert len(lines) == 5
    for line in lines:
        assert [row["n"] for row in rows if row["subject_id"] == line] == [1, 2, 3]
        assert [row["kind"] for row in rows if row["subject_id"] == line][-1] == "gift.claimed"


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_every_event_type_has_a_schema_that_names_it(kind):
    assert schemas()[kind]["properties"]["type"] == {"const": kind}
    assert schemas()[kind]["$defs"]


def test_the_check_knows_the_same_table_of_facts_and_events():
    assert {fact for fact, _, _ in (*TOLD, *BY_STATE, *BY_STEP)} == set(HEARD) | set(ABOUT_SHOPS)
    checked = {event: audience for _, event, audience in TOLD} | {event: "shops" for _, event in OF_GIFTS_TOO}
    checked |= {event: "shops" for _, event, _ in (*BY_STATE, *BY_STEP)}
    assert checked == {kind: published.audience for kind, published in EVENTS.items() if kind != TEST}


async def test_a_share_of_a_gift_for_many_has_a_line_of_its_own_once_it_is_an_order(town):
    outside = FakeOutside()
    await listen(town)
    worker = worker_of(town.ground, outside=outside)
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    await worker.drain()
    share = await town.ground.db.fetchrow("SELECT order_id FROM gift_share WHERE gift_id = $1", gift.gift_id)
    await ship(town, share["order_id"])
    await worker.drain()
    said = {post.type: post.said for post in outside.heard}
    assert (said["gift.claimed"]["data"]["state"], said["gift.claimed"]["subject"]) == (10, str(gift.gift_id))
    assert said["gift.shipped"]["subject"] == str(share["order_id"])
    assert said["gift.shipped"]["data"]["gift_id"] == str(gift.gift_id)


async def test_what_only_the_platform_may_hear_goes_to_the_platform_alone_and_a_parcels_end_to_both(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    worker = worker_of(town.ground, outside=outside)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id=gift.gift_id), town.key(town.bo))
    await claim(town, town.bo, gift.gift_id)
    shipped = await ship(town, gift.order_id)
    arrived = TrackParcel(town.owner_id, shipped.parcel_id, ParcelState.DELIVERED, "杭州")
    await track_a_parcel(town.ground, arrived, town.key(town.owner_id))
    await worker.drain()
    assert "gift.opened" in outside.types(PLATFORMS) and "gift.opened" not in outside.types()
    for url in (URL, PLATFORMS):
        said = {post.type: post.said["data"] for post in outside.heard if post.url == url}
        assert said["gift.delivered"] == said["order.delivered"] and "杭州" not in str(said)
        assert said["gift.delivered"]["parcel_id"] == str(shipped.parcel_id)


async def test_facts_of_two_shops_that_are_told_together_go_each_to_its_own(town):
    outside = FakeOutside()
    await listen(town)
    other = town.shop_id + 1
    await listen(town, other, OTHERS)
    orders = [await place(town, town.an, town.red) for _ in range(2)]
    for order in orders:
        await pay(town, order.intent_id, order.total)
    await town.ground.db.pool.execute(
        "INSERT INTO people_shop SELECT $1, name_zh, name_en, brief_zh, brief_en, logo, "
        "gifts_allowed, opened_at FROM people_shop WHERE id = $2",
        other,
        town.shop_id,
    )
    await town.ground.db.pool.execute("UPDATE order_order SET shop_id = $1 WHERE id = $2", other, orders[1].order_id)
    await worker_of(town.ground, outside=outside).drain()
    heard = [(post.url, post.said["data"]["order_id"]) for post in outside.heard]
    assert sorted(heard) == sorted([(URL, str(orders[0].order_id)), (OTHERS, str(orders[1].order_id))])
