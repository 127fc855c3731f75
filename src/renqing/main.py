"""The roof: builds the house from settings. The only file that knows every room, door and provider."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.routes import ASGIRoute, HTTPRoute
from litestar.types import ControllerRouterHandler

from renqing.doors import api, callbacks, health, reference
from renqing.doors.access import ACCESS, guard
from renqing.doors.cli.house import known_keys
from renqing.doors.house import House
from renqing.doors.live import Hub
from renqing.doors.shield import Shield
from renqing.doors.web import pages
from renqing.doors.worker import Worker
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import SystemClock
from renqing.foundation.database import Database, next_node, open_pool
from renqing.foundation.demo_clock import follow_demo_clock
from renqing.foundation.ground import Ground
from renqing.foundation.ids import NodeIds
from renqing.foundation.settings import Settings, check_safe, read_settings
from renqing.journeys.check_out import check_out
from renqing.journeys.claim_a_gift import claim_gifts
from renqing.journeys.take_a_payment import take_payments
from renqing.providers.messages import plug_messages
from renqing.providers.sandbox_channel import SandboxChannel

BODY_BYTES_MAX = 1_000_000
CLOCK_SECONDS = 0.5


@asynccontextmanager
async def build_house(settings: Settings, *, pool_size: int | None = None) -> AsyncIterator[House]:
    """A house on its database, for as long as the block lasts. Raises UnsafeSettings."""
    check_safe(settings)
    keys = known_keys(settings)
    pool = await open_pool(settings.database_url, size=pool_size or settings.pool_size)
    clock, ids = SystemClock(), NodeIds(await next_node(pool))
    ground = Ground(Database(pool, clock, ids, keys), clock, ids, keys, settings)
    sandboxes = (
        [SandboxChannel(settings.sandbox_url, settings.sandbox_secret, clock, ids)] if settings.sandbox_url else []
    )
    messages = plug_messages(ground)
    house = House(
        ground=ground,
        channels={channel.name: channel for channel in sandboxes},
        default_channel=next((channel.name for channel in sandboxes), None),
        messages=messages,
        hub=Hub(settings.database_url),
        check_outs=Batcher(partial(check_out, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        claims=Batcher(partial(claim_gifts, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        callbacks=Batcher(partial(take_payments, ground), key=lambda heard: (heard.channel, heard.news.event_id)),
    )
    try:
        await follow_demo_clock(ground)
        yield house
    finally:
        for channel in sandboxes:
            channel.close_connections()
        await messages.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 3)
        pool.terminate()


def handlers() -> list[ControllerRouterHandler]:
    """Every door of the house."""
    return [*health.routes, *callbacks.routes, *api.routes, *reference.routes, *pages.routes]


@asynccontextmanager
async def house_behind(app: Litestar, settings: Settings) -> AsyncIterator[None]:
    """A house behind these doors, for as long as the block lasts."""
    async with build_house(settings) as house:
        app.state.house = house
        await house.hub.start()
        clock = asyncio.create_task(_keep_clock(house))
        try:
            yield
        finally:
            clock.cancel()
            await asyncio.gather(clock, house.hub.stop(), return_exceptions=True)


def create_app(settings: Settings) -> Litestar:
    """The server: an ASGI application whose lifespan builds the house."""
    app = Litestar(
        route_handlers=handlers(),
        lifespan=[partial(house_behind, settings=settings)],
        guards=[guard],
        exception_handlers={Exception: pages.answer_failure},
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,  # the document is made by doors/api/openapi.py
        debug=False,
        logging_config=None,
    )
    _give_rows(app)
    # Around everything: a page that is not there is answered before any middleware of the framework's.
    cashiers = (settings.sandbox_public_url or settings.sandbox_url,)
    app.asgi_handler = Shield(app.asgi_handler, cashiers=cashiers, has_tls=settings.has_tls)
    return app


def _give_rows(app: Litestar) -> None:
    """Give every handler the audience of its row; a route without one does not start."""
    for method, path, handler in routes_of(app):
        row = ACCESS.get((method, path))
        if row is None:
            raise AssertionError(f"{method} {path} has no row in doors/access.py")
        known = handler.opt.setdefault("audience", row)
        assert known is row, f"{method} {path}: one handler has one audience"


def routes_of(app: Litestar) -> Iterable[tuple[str, str, Any]]:
    """Every (method, path, handler) that this application answers, the browsable documentation aside."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods):
                    if method != "OPTIONS":
                        yield str(method), route.path, handler
        elif isinstance(route, ASGIRoute):
            yield "GET", route.path, route.route_handler


async def _keep_clock(house: House) -> None:
    while house.settings.is_demo:
        await asyncio.sleep(CLOCK_SECONDS)
        with contextlib.suppress(Exception):
            await follow_demo_clock(house.ground)


def create_app_from_environment() -> Litestar:
    """What a server process of ``renqing up`` runs."""
    return create_app(read_settings())


async def run_worker(settings: Settings) -> None:
    """What the worker process of ``renqing up`` runs, until it is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with build_house(settings, pool_size=8) as house:
        await Worker(house).run(stop)
