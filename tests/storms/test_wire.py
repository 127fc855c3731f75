"""The wire to PostgreSQL, cut at the commit, refused, slow and half open: through a proxy of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from proxy import Proxy, proxied
from town import Town, build_town, snapshot

from renqing.foundation import database
from renqing.foundation.database import Database, DatabaseAway, open_pool
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.check_out import CheckOut, Placed, check_out

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@asynccontextmanager
async def through_a_proxy(town: Town) -> AsyncIterator[tuple[Proxy, Ground]]:
    """The same ground, whose every connection goes through a proxy."""
    ground = town.ground
    async with proxied(ground.settings.database_url) as (proxy, dsn):
        pool = await open_pool(dsn, size=4)
        try:
            db = Database(pool, ground.clock, ground.ids, ground.keys)
            yield proxy, Ground(db, ground.clock, ground.ids, ground.keys, ground.settings)
        finally:
            pool.terminate()


async def order(town: Town, ground: Ground) -> Any:
    """The same request of the same person, whenever it is made."""
    ask = CheckOut(town.an, ((town.red, 2),), town.addresses[town.an], "sandbox")
    return (await check_out(ground, [(ask, once(town.an, "one-key", "wire", ask))]))[0]


async def orders(town: Town) -> int:
    return int(await town.ground.db.fetchval("SELECT count(*) FROM order_order"))


@pytest.mark.parametrize(("mode", "kept"), [("cut_before_commit", 0), ("cut_after_commit", 1)])
async def test_a_connection_cut_at_the_commit_is_not_sure_and_the_same_key_finds_out(town: Town, mode: str, kept: int):
    async with through_a_proxy(town) as (proxy, ground):
        proxy.mode = mode
        with pytest.raises(DatabaseAway):
            await order(town, ground)
        assert proxy.fired == 1, "it was cut at the commit and nowhere else"
        assert await orders(town) == kept, "the caller cannot know, and is not told yes or no"
        proxy.mode = "open"
        placed = await order(town, ground)
        assert isinstance(placed, Placed)
        assert msgspec.to_builtins(await order(town, town.ground)) == msgspec.to_builtins(placed)
        assert await orders(town) == 1
        assert (await town.ground.db.fetchrow("SELECT on_hand, held FROM stock_item WHERE sku_id = $1", town.red))[
            1
        ] == 2


async def test_a_server_that_refuses_connections_is_away_and_is_used_again_when_it_takes_them(town: Town):
    async with through_a_proxy(town) as (proxy, ground):
        before = await snapshot(town.ground)
        proxy.mode = "refuse"
        proxy.cut_all()
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await order(town, ground)
        assert await snapshot(town.ground) == before
        proxy.mode = "open"
        assert isinstance(await order(town, ground), Placed), "the same pool, no restart"


async def test_a_slow_wire_changes_nothing_but_the_time(town: Town):
    async with through_a_proxy(town) as (proxy, ground):
        proxy.mode = "slow"
        assert isinstance(await order(town, ground), Placed)
        assert await orders(town) == 1


@pytest.mark.parametrize("is_new", [True, False], ids=["new connection", "kept connection"])
async def test_a_half_open_wire_is_given_up_in_bounded_time(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, is_new: bool
):
    """Whoever is at the other end takes our bytes and says nothing. The bounds are 5 and 30 s; here they are short."""
    assert (database.CONNECT_SECONDS_MAX, database.COMMAND_SECONDS_MAX) == (5, 30)
    monkeypatch.setattr(database, "CONNECT_SECONDS_MAX", 0.3)
    monkeypatch.setattr(database, "COMMAND_SECONDS_MAX", 0.3)
    async with through_a_proxy(town) as (proxy, ground):
        if is_new:
            proxy.cut_all()
        proxy.mode = "half_open"
        with pytest.raises(DatabaseAway):
            await order(town, ground)
        assert await orders(town) == 0
        proxy.mode = "open"
        assert isinstance(await order(town, ground), Placed)
