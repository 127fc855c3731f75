"""The roof: every door of the house before what ``building.py`` builds. What a server process runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

from litestar import Litestar
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import ASGIRoute, HTTPRoute
from litestar.types import ControllerRouterHandler

from renqing.books.catalog import load_dictionary
from renqing.books.people import SignedIn, people_of_tokens
from renqing.building import build_house
from renqing.doors import api, callbacks, health, reference
from renqing.doors.access import ACCESS, guard
from renqing.doors.api.market import Shelves, products_json
from renqing.doors.house import House, Readings
from renqing.doors.lane import Lane
from renqing.doors.leaving import when_leaving
from renqing.doors.measures import keep_gauges
from renqing.doors.shield import Shield
from renqing.doors.web import pages
from renqing.foundation.batcher import Batcher, each_once
from renqing.foundation.demo_clock import follow_demo_clock
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Settings, read_settings
from renqing.views.me_page import addresses_of_many
from renqing.views.payment_page import payment_pages

BODY_BYTES_MAX = 1_000_000
CLOCK_SECONDS = 0.5


def handlers() -> list[ControllerRouterHandler]:
    """Every door of the house."""
    return [*health.routes, *callbacks.routes, *api.routes, *reference.routes, *pages.routes]


@asynccontextmanager
async def house_behind(app: Litestar, settings: Settings) -> AsyncIterator[None]:
    """A house behind these doors, for as long as the block lasts."""
    load_dictionary()  # a third of a second: before the first request, never during one
    async with build_house(settings) as house:
        app.state.house, app.state.readings = house, readings_on(house.ground)
        await house.hub.start()
        keepers = [asyncio.create_task(_keep_clock(house)), asyncio.create_task(keep_gauges(house))]
        try:
            with when_leaving(house.hub.send_away):
                yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, house.hub.stop(), return_exceptions=True)


def readings_on(ground: Ground) -> Readings:
    """What many ask at the same time, asked together."""

    async def readers(tokens: Sequence[str]) -> list[SignedIn | None]:
        return await people_of_tokens(ground.db, ground.keys, tokens, ground.clock.now())

    return Readings(
        readers=Batcher(readers),
        shelves=Batcher(each_once(Shelves(ground).json), in_flight_max=2),  # a slow search holds up one half
        product_pages=Batcher(partial(products_json, ground)),
        addresses=Batcher(partial(addresses_of_many, ground)),
        payments=Batcher(partial(payment_pages, ground)),
    )


class _Doors(Litestar):
    """Litestar without the plugins that it adds for whatever is installed: pydantic's would cost each server 6 MB."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(settings: Settings) -> Litestar:
    """The server: an ASGI application whose lifespan builds the house."""
    app = _Doors(
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
    lane = Lane(app, app.asgi_handler, body_bytes_max=BODY_BYTES_MAX)
    app.asgi_handler = Shield(lane, cashiers=cashiers, has_tls=settings.has_tls)
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


@cache
def create_app_from_environment() -> Litestar:
    """What a server process of ``renqing up`` runs: made once, by its loader where it has one."""
    return create_app(read_settings())
