"""Who keeps the programs that listen: a shop's owner their shop's, an operator the platform's."""

from __future__ import annotations

import pytest
from outside import URL, listen
from town import Town, build_town

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.journeys.keep_webhooks import (
    AddEndpoint,
    NameEndpoint,
    SwitchEndpoint,
    add_an_endpoint,
    switch_an_endpoint,
)
from renqing.trade.webhooks import NewEndpoint


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
