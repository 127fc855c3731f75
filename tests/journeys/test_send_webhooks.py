from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from household import worker_of
from outside import URL, FakeOutside, deliveries, endpoint_row, listen
from receiver import NotVerified, verify
from town import build_town, claim, give_paid, pay, place

from renqing.books import people
from renqing.books.people import PLATFORM
from renqing.foundation.errors import NotFound
from renqing.foundation.settings import Settings
from renqing.journeys.keep_webhooks import AddEndpoint, add_an_endpoint
from renqing.journeys.send_webhooks import lend_webhooks, send_a_webhook
from renqing.trade import webhooks
from renqing.trade.webhooks import (
    TRIES_MAX,
    WAITS,
    DeliveryUnknown,
    EndpointOff,
    EndpointsEnough,
    EndpointState,
    NewEndpoint,
    UrlNotAllowed,
)
from renqing.views.house_state import house_state

SLOW = "https://slow.example.com/hooks"
OTHER = "https://other.example.com/hooks"


@pytest_asyncio.fixture
async def town(ground):
    return await build_town(ground)


def now(town):
    return town.ground.clock.now()


async def change(town, endpoint, deed):
    """A deed of the room upon an endpoint, as its journeys do it."""

    async def story(tx):
        return await deed(tx, await webhooks.get_endpoint(tx, endpoint.shop_id, endpoint.id))

    return await town.ground.db.run(story)


async def bought(town, quantity=1):
    order = await place(town, town.an, town.red, quantity)
    await pay(town, order.intent_id, order.total)
    return order.order_id


# signatures ----------------------------------------------------------------------------------------------------------
async def test_a_delivery_is_signed_so_that_a_receiver_can_tell_it_from_a_forged_or_old_one(town):
    outside = FakeOutside()
    _, secret = await listen(town)
    await bought(town)
    await worker_of(town.ground, outside=outside).drain()
    (post,) = outside.heard
    moment = now(town).timestamp()
    assert verify([secret], post.headers, post.body, now=moment)["type"] == "order.paid"
    assert verify([secret], post.headers, post.body, now=moment + 299)
    for headers, body, at in (
        (post.headers, post.body, moment + 301),
        (post.headers, post.body, moment - 301),
        (post.headers, post.body + b" ", moment),
        (post.headers, post.body.replace(b"order", b"ordes", 1), moment),
        ({**post.headers, "webhook-id": "evt_2"}, post.body, moment),
        ({**post.headers, "webhook-timestamp": str(int(moment) + 1)}, post.body, moment),
        ({**post.headers, "webhook-signature": "v1,AAAA"}, post.body, moment),
        ({**post.headers, "webhook-signature": ""}, post.body, moment),
    ):
        with pytest.raises(NotVerified):
            verify([secret], headers, body, now=at)


async def test_the_same_event_has_the_same_id_at_every_try_and_every_replay(town):
    outside = FakeOutside({URL: 500})
    endpoint, _ = await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    town.ground.clock.move(WAITS[0])
    outside.answers[URL] = 200
    await worker.drain()
    await change(town, endpoint, lambda tx, one: webhooks.replay(tx, one, since=now(town) - timedelta(days=1)))
    await worker.drain()
    assert len(outside.heard) == 3
    assert len({(post.headers["webhook-id"], post.body) for post in outside.heard}) == 1
    assert len({post.headers["webhook-timestamp"] for post in outside.heard}) == 2


async def test_a_former_secret_signs_beside_the_new_one_for_a_day_and_then_no_more(town):
    outside = FakeOutside()
    endpoint, former = await listen(town)
    new = await change(town, endpoint, webhooks.rotate)
    worker, moment = worker_of(town.ground, outside=outside), now(town).timestamp()
    await bought(town)
    await worker.drain()
    assert outside.heard[0].headers["webhook-signature"].count("v1,") == 2
    for secret in (new, former):
        assert verify([secret], outside.heard[0].headers, outside.heard[0].body, now=moment)
    town.ground.clock.move(timedelta(hours=24))
    await bought(town)
    await worker.drain()
    last, moment = outside.heard[-1], now(town).timestamp()
    assert verify([new], last.headers, last.body, now=moment)
    with pytest.raises(NotVerified):
        verify([former], last.headers, last.body, now=moment)


async def test_a_secret_is_sealed_in_its_row_and_gone_with_its_endpoint(town):
    endpoint, secret = await listen(town)
    row = await endpoint_row(town, endpoint.id)
    assert secret.removeprefix("whsec_").encode() not in row["secret_sealed"] and len(secret) == 38
    await change(town, endpoint, webhooks.rotate)
    await change(town, endpoint, webhooks.remove_endpoint)
    row = await endpoint_row(town, endpoint.id)
    assert (row["state"], row["secret_sealed"], row["former_sealed"]) == ("removed", None, None)


async def test_a_house_says_how_late_webhooks_are_and_what_is_refused_is_not_late(town):
    outside = FakeOutside({URL: 500})
    await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    await worker.tell_facts(100)
    town.ground.clock.move(timedelta(seconds=90))
    assert (await house_state(town.ground, 0)).webhooks_late_seconds == 90
    await worker.drain()
    town.ground.clock.move(timedelta(hours=1))
    assert (await house_state(town.ground, 0)).webhooks_late_seconds == 0
    outside.answers[URL] = 200
    await worker.drain()
    town.ground.clock.move(timedelta(hours=1))
    assert (await house_state(town.ground, 0)).webhooks_late_seconds == 0


# tries ---------------------------------------------------------------------------------------------------------------
def test_there_are_eighteen_tries_over_exactly_four_days_ever_further_apart():
    assert len(WAITS) == TRIES_MAX - 1 == 17
    assert sum(WAITS, timedelta()) == timedelta(days=4)
    assert list(WAITS) == sorted(WAITS)


async def test_what_nobody_takes_is_tried_eighteen_times_then_given_up_and_its_endpoint_switched_off(town):
    outside = FakeOutside({URL: 503})
    endpoint, _ = await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    for wait in WAITS:
        assert (await endpoint_row(town, endpoint.id))["state"] == "on"
        town.ground.clock.move(wait)
        await worker.drain()
    assert len(outside.heard) == TRIES_MAX
    (row,) = await deliveries(town)
    assert (row["state"], row["tries"], row["last_status"], row["next_at"]) == ("given_up", 18, 503, None)
    assert (await endpoint_row(town, endpoint.id))["state"] == "disabled"
    told = await town.ground.db.fetch("SELECT person_id, kind, link FROM notice_notice WHERE kind = 'webhook_off'")
    assert [tuple(notice) for notice in told] == [
        (town.owner_id, "webhook_off", f"/desk/shops/{town.shop_id}/webhooks/{endpoint.id}")
    ]
    town.ground.clock.move(timedelta(days=1))
    await worker.drain()
    assert len(outside.heard) == TRIES_MAX


async def test_what_happens_while_an_endpoint_is_off_comes_in_order_once_it_is_on(town):
    outside = FakeOutside()
    endpoint, _ = await listen(town)
    worker = worker_of(town.ground, outside=outside)
    await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=False))
    gift = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    assert outside.heard == [] and len(await deliveries(town)) == 3
    await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=True))
    await worker.drain()
    assert [post.said["sequence"] for post in outside.heard] == [1, 2, 3]
    await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=True))
    assert not await worker.drain()


async def test_an_endpoint_that_says_it_is_gone_is_switched_off_at_once(town):
    outside = FakeOutside({URL: 410})
    endpoint, _ = await listen(town)
    await bought(town)
    await worker_of(town.ground, outside=outside).drain()
    row = await endpoint_row(town, endpoint.id)
    assert (row["state"], row["why_disabled"], len(outside.heard)) == ("disabled", "gone", 1)


async def test_the_platforms_operators_hear_that_its_endpoint_is_off(town):
    endpoint, _ = await listen(town, PLATFORM)
    await bought(town)
    await worker_of(town.ground, outside=FakeOutside({URL: 410})).drain()
    fact = await town.ground.db.fetchrow("SELECT payload FROM outbox_fact WHERE kind = 'WebhookDisabled'")
    assert fact["payload"]["told_ids"] == [] and fact["payload"]["shop_id"] == PLATFORM
    assert (await endpoint_row(town, endpoint.id))["state"] == "disabled"


@pytest.mark.parametrize("answer", [301, 302, 307, 400, 404, 429, 500, "slow", "inside", "tls", "dns"])
async def test_only_a_2xx_is_a_yes(town, answer):
    await listen(town)
    await bought(town)
    await worker_of(town.ground, outside=FakeOutside({URL: answer})).drain()
    (row,) = await deliveries(town)
    assert (row["state"], row["tries"], row["next_at"]) == ("waiting", 1, now(town) + WAITS[0])
    said = await town.ground.db.fetchrow("SELECT status, why FROM webhook_try")
    assert tuple(said) == ((answer, "") if isinstance(answer, int) else (0, answer))


# order ---------------------------------------------------------------------------------------------------------------
async def test_the_next_of_a_gift_waits_for_the_former_and_other_gifts_do_not(town):
    failing = set()

    async def stumble(post):
        outside.answers[URL] = 500 if post.said["subject"] in failing else 200

    outside = FakeOutside(before=stumble)
    await listen(town)
    one, other = [await give_paid(town, town.an, town.bo, town.red) for _ in range(2)]
    failing.add(str(one.gift_id))
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    for gift in (one, other):
        await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    taken = {row["subject_id"]: [] for row in await deliveries(town)}
    for row in await deliveries(town):
        taken[row["subject_id"]].append(row["state"])
    assert taken == {one.gift_id: ["waiting"] * 3, other.gift_id: ["delivered"] * 3}
    assert [post.said["sequence"] for post in outside.heard if post.said["subject"] == str(one.gift_id)] == [1]
    failing.clear()
    town.ground.clock.move(WAITS[0])
    await worker.drain()
    assert [post.said["sequence"] for post in outside.heard if post.said["subject"] == str(one.gift_id)] == [1, 1, 2, 3]


async def test_once_the_former_is_given_up_the_next_goes(town):
    async def stumble(post):
        refused = (post.said["subject"], post.said["sequence"]) == (str(gift.gift_id), 1)
        outside.answers[URL] = 500 if refused else 200

    outside = FakeOutside(before=stumble)
    await listen(town)
    gift = await give_paid(town, town.an, town.bo, town.red, open_for_hours=720)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    for wait in WAITS[:-1]:
        town.ground.clock.move(wait)
        await worker.drain()
    await bought(town)  # another line: its success keeps the endpoint on
    await worker.drain()
    town.ground.clock.move(WAITS[-1])
    await worker.drain()
    states = [row["state"] for row in await deliveries(town) if row["subject_id"] == gift.gift_id]
    assert states == ["given_up", "delivered"]


async def test_an_endpoint_that_answers_again_gets_what_waited_at_once(town):
    outside = FakeOutside({URL: "connect"})
    await listen(town)
    for _ in range(3):
        await bought(town)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    for wait in WAITS[:6]:
        town.ground.clock.move(wait)
        await worker.drain()
    assert {(row["state"], row["tries"]) for row in await deliveries(town)} == {("waiting", 7)}
    outside.answers[URL] = 200
    await bought(town)
    await worker.drain()
    assert {(row["state"], row["tries"]) for row in await deliveries(town)} == {("delivered", 7), ("delivered", 1)}


async def test_an_event_that_is_refused_for_itself_keeps_its_eighteen_tries_over_four_days_beside_others(town):
    async def stumble(post):
        outside.answers[URL] = refusals.get(post.said["subject"], 200)

    refusals = {}

    outside = FakeOutside(before=stumble)
    endpoint, _ = await listen(town)
    worker = worker_of(town.ground, outside=outside)
    for poison in (500, "slow"):
        refused = await bought(town)
        refusals[str(refused)] = poison
        for _ in range(20):
            await change(town, endpoint, webhooks.write_test_event)
            await worker.drain()
            town.ground.clock.move(timedelta(minutes=2))
        tried = [post for post in outside.heard if post.said["subject"] == str(refused)]
        (row,) = [row for row in await deliveries(town) if row["subject_id"] == refused]
        assert row["state"] == "waiting" and row["tries"] <= 6, "by its own times it would be tried six times by now"
        assert len(tried) == row["loans"] and row["loans"] - row["tries"] <= TRIES_MAX


async def test_a_replay_keeps_the_order_and_new_events_come_behind_it(town):
    outside = FakeOutside()
    endpoint, _ = await listen(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    outside.heard.clear()
    await change(town, endpoint, lambda tx, one: webhooks.replay(tx, one, since=now(town)))
    await claim(town, town.bo, gift.gift_id)
    await worker.drain()
    assert [post.said["sequence"] for post in outside.heard] == [1, 2, 3]
    outside.heard.clear()
    second = next(row["id"] for row in await deliveries(town) if row["n"] == 2)
    await change(town, endpoint, lambda tx, one: webhooks.replay(tx, one, since=now(town), only=second))
    await worker.drain()
    assert [post.said["sequence"] for post in outside.heard] == [2]
    with pytest.raises(DeliveryUnknown):
        await change(town, endpoint, lambda tx, one: webhooks.replay(tx, one, since=now(town), only=1))


# one another ---------------------------------------------------------------------------------------------------------
async def test_an_endpoint_that_hangs_never_delays_another(town):
    everything = asyncio.Event()

    async def count(_post):
        if len(outside.types(OTHER)) == 8:
            everything.set()

    outside = FakeOutside(before=count)
    outside.held[SLOW] = asyncio.Event()
    await listen(town, url=SLOW)
    await listen(town, url=OTHER)
    stop = asyncio.Event()
    worker = worker_of(town.ground, outside=outside)
    working = asyncio.create_task(worker.run(stop))
    try:
        for _ in range(8):
            await bought(town)
        await asyncio.wait_for(everything.wait(), 20)
        assert 1 <= len(outside.types(SLOW)) <= 4, "so many of one may be in the air"
    finally:
        outside.held[SLOW].set()
        stop.set()
        await working
    await worker.drain()
    assert len(outside.types(SLOW)) == 8


async def test_of_an_endpoint_that_failed_one_at_a_time_is_tried(town):
    outside = FakeOutside({URL: 500})
    await listen(town)
    for _ in range(6):
        await bought(town)
    worker = worker_of(town.ground, outside=outside)
    while await worker.tell_facts(200):
        pass
    assert len(await lend_webhooks(town.ground, 64)) == 4
    town.ground.clock.move(timedelta(seconds=60))
    await worker.drain()
    town.ground.clock.move(WAITS[0])
    assert await lend_webhooks(town.ground, 64) == []
    assert len(await lend_webhooks(town.ground, 64, failing=True)) == 1
    assert await lend_webhooks(town.ground, 64, failing=True) == []


async def test_a_worker_that_lost_its_loan_writes_nothing(town):
    outside = FakeOutside()
    await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    while await worker.tell_facts(200):
        pass
    (frozen,) = await lend_webhooks(town.ground, 64)
    assert await lend_webhooks(town.ground, 64) == []
    town.ground.clock.move(timedelta(seconds=60))
    (lent,) = await lend_webhooks(town.ground, 64)
    outside.answers[URL] = 500
    await send_a_webhook(town.ground, outside, frozen)
    (row,) = await deliveries(town)
    assert (row["state"], row["tries"], row["last_status"]) == ("waiting", 2, 0)
    outside.answers[URL] = 200
    await send_a_webhook(town.ground, outside, lent)
    await send_a_webhook(town.ground, outside, frozen)
    (row,) = await deliveries(town)
    assert (row["state"], row["tries"]) == ("delivered", 2)
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_try") == 1


async def test_two_postmen_post_a_delivery_once(town):
    outside = FakeOutside()
    await listen(town)
    for _ in range(10):
        await bought(town)
    workers = [worker_of(town.ground, outside=outside) for _ in range(2)]
    while await workers[0].tell_facts(200):
        pass
    while sum(await asyncio.gather(*(worker.postman.send_due() for worker in workers))):
        pass
    assert len(outside.heard) == 10


# whom it lets in -----------------------------------------------------------------------------------------------------
async def test_the_platforms_endpoints_are_for_operators_alone_and_a_shops_for_its_owner(town):
    for asker, shop_id, refusal in (
        (town.owner_id, PLATFORM, NotFound),
        (town.stranger, town.shop_id, people.ShopUnknown),
    ):
        with pytest.raises(refusal):
            await add_an_endpoint(town.ground, AddEndpoint(asker, shop_id, NewEndpoint(URL)), town.key(asker))
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_endpoint") == 0
    ground = replace(town.ground, settings=Settings(mode="production"))
    here = NewEndpoint("http://127.0.0.1:9000/")
    with pytest.raises(UrlNotAllowed):
        await add_an_endpoint(ground, AddEndpoint(town.owner_id, town.shop_id, here), town.key(town.owner_id))


# limits --------------------------------------------------------------------------------------------------------------
async def test_an_owner_has_ten_endpoints_and_not_one_more_however_many_ask_at_once(town):
    answers = await asyncio.gather(
        *(listen(town, url=f"https://hooks.example.com/{n}") for n in range(15)), return_exceptions=True
    )
    assert sum(isinstance(answer, EndpointsEnough) for answer in answers) == 5
    assert sum(isinstance(answer, tuple) for answer in answers) == 10
    await listen(town, PLATFORM)


async def test_a_test_event_goes_to_its_endpoint_alone_and_to_none_that_is_off(town):
    outside = FakeOutside()
    endpoint, _ = await listen(town)
    await listen(town, url=OTHER)
    await change(town, endpoint, webhooks.write_test_event)
    await worker_of(town.ground, outside=outside).drain()
    assert [(post.url, post.type) for post in outside.heard] == [(URL, "webhook.test")]
    await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=False))
    with pytest.raises(EndpointOff):
        await change(town, endpoint, webhooks.write_test_event)


async def test_what_waits_for_a_removed_endpoint_waits_no_more(town):
    outside = FakeOutside()
    endpoint, _ = await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    while await worker.tell_facts(200):
        pass
    (lent,) = await lend_webhooks(town.ground, 1)
    await change(town, endpoint, webhooks.remove_endpoint)
    await send_a_webhook(town.ground, outside, lent)
    (row,) = await deliveries(town)
    assert (row["state"], row["last_why"]) == ("given_up", "removed")
    assert await town.ground.db.run(lambda tx: webhooks.endpoints_of(tx, [town.shop_id])) == []


async def test_deliveries_are_forgotten_after_180_days_with_their_tries(town):
    outside = FakeOutside()
    endpoint, _ = await listen(town)
    await bought(town)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=False))
    await bought(town)
    await worker.drain()
    assert [row["state"] for row in await deliveries(town)] == ["delivered", "waiting"]
    town.ground.clock.move(timedelta(days=180))
    await worker.drain()
    assert len(await deliveries(town)) == 2
    town.ground.clock.move(timedelta(days=1, seconds=1))
    await worker.drain()
    assert await deliveries(town) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_try") == 0
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'forget_webhooks'") == 1


async def test_an_endpoint_that_is_switched_off_while_a_try_is_in_the_air_stays_off(town):
    async def switch_off(_post):
        await change(town, endpoint, lambda tx, one: webhooks.switch(tx, one, on=False))

    outside = FakeOutside(before=switch_off)
    endpoint, _ = await listen(town)
    await bought(town)
    await worker_of(town.ground, outside=outside).drain()
    assert (await endpoint_row(town, endpoint.id))["state"] == EndpointState.PAUSED
    assert [row["state"] for row in await deliveries(town)] == ["delivered"]
