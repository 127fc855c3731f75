"""Who keeps the programs that listen: a shop's owner their shop's, an operator the platform's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from household import worker_of
from outside import URL, FakeOutside, listen
from town import Town, build_town

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once
from renqing.journeys.keep_webhooks import (
    AddEndpoint,
    ChangeEndpoint,
    NameEndpoint,
    ReplayDeliveries,
    SwitchEndpoint,
    add_an_endpoint,
    change_an_endpoint,
    remove_an_endpoint,
    replay_deliveries,
    rotate_a_secret,
    send_a_test_event,
    switch_an_endpoint,
)
from renqing.trade.webhooks import ENDPOINTS_MAX, DeliveryUnknown, EndpointsEnough, EndpointUnknown, NewEndpoint


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def state(town: Town, endpoint_id: int) -> str:
    return str(await town.ground.db.fetchval("SELECT state FROM webhook_endpoint WHERE id = $1", endpoint_id))


async def test_the_platforms_endpoints_are_its_operators(town: Town) -> None:
    ask = AddEndpoint(town.owner_id, people.PLATFORM, NewEndpoint(URL))
    with pytest.raises(NotFound):
        await add_an_endpoint(town.ground, ask, town.key(town.owner_id))
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_endpoint") == 0
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    made = await add_an_endpoint(
        town.ground, AddEndpoint(town.cai, people.PLATFORM, NewEndpoint(URL)), town.key(town.cai)
    )
    assert made.secret


async def test_an_owner_switches_an_endpoint_off_and_on(town: Town) -> None:
    endpoint, _ = await listen(town)
    at = NameEndpoint(town.owner_id, town.shop_id, endpoint.id)
    kept = await switch_an_endpoint(town.ground, SwitchEndpoint(at, on=False), town.key(town.owner_id))
    assert kept.endpoint_id == endpoint.id
    assert await state(town, endpoint.id) == "paused"
    await switch_an_endpoint(town.ground, SwitchEndpoint(at, on=True), town.key(town.owner_id))
    assert await state(town, endpoint.id) == "on"
    stranger = NameEndpoint(town.an, town.shop_id, endpoint.id)
    with pytest.raises(people.ShopUnknown):
        await switch_an_endpoint(town.ground, SwitchEndpoint(stranger, on=False), town.key(town.an))
    assert await state(town, endpoint.id) == "on"


async def test_every_change_of_an_endpoint_is_its_owners_and_a_secret_is_shown_once(town: Town) -> None:
    endpoint, secret = await listen(town)
    at = NameEndpoint(town.owner_id, town.shop_id, endpoint.id)

    def key() -> Once:
        return town.key(town.owner_id)

    async def kept() -> Any:
        return await town.ground.db.fetchrow("SELECT url, description, kinds FROM webhook_endpoint")

    other = NewEndpoint(f"{URL}/other", "新的", ("order.paid",))
    await change_an_endpoint(town.ground, ChangeEndpoint(at, other, on=False), key())
    assert tuple((await kept()).values()) == (other.url, "新的", ["order.paid"])
    assert await state(town, endpoint.id) == "paused"
    await change_an_endpoint(town.ground, ChangeEndpoint(at, other, on=True), key())
    assert await state(town, endpoint.id) == "on"

    again = key()
    first, repeated = [await rotate_a_secret(town.ground, at, again) for _ in range(2)]
    assert first == repeated
    assert first.secret != secret
    assert first.secret.startswith("whsec_")

    stranger = NameEndpoint(town.an, town.shop_id, endpoint.id)
    for call in (rotate_a_secret, send_a_test_event, remove_an_endpoint):
        with pytest.raises(people.ShopUnknown):
            await call(town.ground, stranger, town.key(town.an))
    assert await state(town, endpoint.id) == "on"
    await remove_an_endpoint(town.ground, at, key())
    with pytest.raises(EndpointUnknown):
        await send_a_test_event(town.ground, at, key())


async def test_a_test_event_is_delivered_and_goes_out_again_when_its_owner_wants_it(town: Town) -> None:
    endpoint, _ = await listen(town)
    at = NameEndpoint(town.owner_id, town.shop_id, endpoint.id)
    outside = FakeOutside()
    worker = worker_of(town.ground, outside=outside)
    await send_a_test_event(town.ground, at, town.key(town.owner_id))
    await worker.drain()
    assert outside.types() == ["webhook.test"]
    delivery = await town.ground.db.fetchval("SELECT id FROM webhook_delivery")

    async def replay(**which: Any) -> int:
        ask = ReplayDeliveries(at, **which)
        return (await replay_deliveries(town.ground, ask, town.key(town.owner_id))).deliveries

    assert await replay() == 1
    assert await replay(since=town.ground.clock.now() + timedelta(seconds=1)) == 0
    with pytest.raises(DeliveryUnknown):
        await replay(delivery_id=delivery + 1)
    await worker.drain()
    assert outside.types() == ["webhook.test"] * 2
    assert await replay(delivery_id=delivery) == 1
    await worker.drain()
    assert outside.types() == ["webhook.test"] * 3


async def test_an_owner_has_only_so_many_endpoints(town: Town) -> None:
    for n in range(ENDPOINTS_MAX):
        await listen(town, url=f"{URL}/{n}")
    ask = AddEndpoint(town.owner_id, town.shop_id, NewEndpoint(URL))
    with pytest.raises(EndpointsEnough):
        await add_an_endpoint(town.ground, ask, town.key(town.owner_id))
    assert await town.ground.db.fetchval("SELECT count(*) FROM webhook_endpoint") == ENDPOINTS_MAX
