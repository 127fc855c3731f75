"""An owner keeps the programs that listen: adds one, changes, pauses, removes it, renews its secret, sends again.

Each is one transaction: the shop's owner is let in (of the platform's own: an operator), a clerk hears that the owner
decides this, everybody else that there is no such shop; the endpoint must be that owner's. No secret stands in an
answer that is kept: it is sealed there, so that a repeated request shows it again and a dump of the database does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_owner
from renqing.trade import webhooks
from renqing.trade.webhooks import Endpoint, NewEndpoint

_SEAL = "once_answer.webhook_secret"
_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


class AddEndpoint(msgspec.Struct, frozen=True):
    """A program that shall listen to what happens in a shop; shop 0 is the platform."""

    asker_id: int
    shop_id: int
    endpoint: NewEndpoint


class NameEndpoint(msgspec.Struct, frozen=True):
    """One of an owner's endpoints."""

    asker_id: int
    shop_id: int
    endpoint_id: int


class ChangeEndpoint(msgspec.Struct, frozen=True):
    """How one of an owner's endpoints shall be, and whether it is on."""

    at: NameEndpoint
    endpoint: NewEndpoint
    on: bool


class SwitchEndpoint(msgspec.Struct, frozen=True):
    """Whether one of an owner's endpoints is on."""

    at: NameEndpoint
    on: bool


class ReplayDeliveries(msgspec.Struct, frozen=True):
    """Which deliveries go out again: one, or all since a time."""

    at: NameEndpoint
    since: datetime | None = None
    delivery_id: int | None = None


class EndpointKept(msgspec.Struct, frozen=True):
    """It is so now."""

    endpoint_id: int


class SecretMade(msgspec.Struct, frozen=True):
    """An endpoint with the secret that is shown once."""

    endpoint_id: int
    secret: str


class _SecretKept(msgspec.Struct, frozen=True):
    endpoint_id: int
    sealed: bytes


class Replayed(msgspec.Struct, frozen=True):
    """How many deliveries wait again."""

    endpoint_id: int
    deliveries: int


async def add_an_endpoint(ground: Ground, ask: AddEndpoint, once: Once) -> SecretMade:
    """Raises ShopUnknown for strangers, OwnersOnly, UrlNotAllowed, EventTypeUnknown, FieldNotValid, EndpointsEnough."""

    async def story(tx: Tx) -> tuple[Endpoint, str]:
        await _let_in(tx, ask.asker_id, ask.shop_id)
        return await webhooks.add_endpoint(tx, ask.shop_id, ask.endpoint, loopback=_may_be_here(ground))

    return await _with_secret(ground, once, story)


async def rotate_a_secret(ground: Ground, ask: NameEndpoint, once: Once) -> SecretMade:
    """Raises what ``add_an_endpoint`` raises of who asks, EndpointUnknown."""

    async def story(tx: Tx) -> tuple[Endpoint, str]:
        endpoint = await _endpoint(tx, ask)
        return endpoint, await webhooks.rotate(tx, endpoint)

    return await _with_secret(ground, once, story)


async def _with_secret(
    ground: Ground, once: Once, story: Callable[[Tx], Awaitable[tuple[Endpoint, str]]]
) -> SecretMade:
    async def sealed(tx: Tx) -> _SecretKept:
        endpoint, secret = await story(tx)
        return _SecretKept(endpoint.id, tx.keys.seal(secret, place=_SEAL, row=endpoint.id))

    kept = await run_once(ground.db, once, _SecretKept, sealed)
    return SecretMade(kept.endpoint_id, ground.keys.open(kept.sealed, place=_SEAL, row=kept.endpoint_id))


async def change_an_endpoint(ground: Ground, ask: ChangeEndpoint, once: Once) -> EndpointKept:
    """Raises what ``add_an_endpoint`` raises, EndpointUnknown."""

    async def story(tx: Tx) -> EndpointKept:
        endpoint = await _endpoint(tx, ask.at)
        await webhooks.change_endpoint(tx, endpoint, ask.endpoint, loopback=_may_be_here(ground))
        await webhooks.switch(tx, endpoint, on=ask.on)
        return EndpointKept(endpoint.id)

    return await run_once(ground.db, once, EndpointKept, story)


async def switch_an_endpoint(ground: Ground, ask: SwitchEndpoint, once: Once) -> EndpointKept:
    """Raises what ``add_an_endpoint`` raises of who asks, EndpointUnknown."""

    async def story(tx: Tx) -> EndpointKept:
        endpoint = await _endpoint(tx, ask.at)
        await webhooks.switch(tx, endpoint, on=ask.on)
        return EndpointKept(endpoint.id)

    return await run_once(ground.db, once, EndpointKept, story)


async def remove_an_endpoint(ground: Ground, ask: NameEndpoint, once: Once) -> EndpointKept:
    """Raises what ``add_an_endpoint`` raises of who asks, EndpointUnknown."""

    async def story(tx: Tx) -> EndpointKept:
        await webhooks.remove_endpoint(tx, await _endpoint(tx, ask))
        return EndpointKept(ask.endpoint_id)

    return await run_once(ground.db, once, EndpointKept, story)


async def send_a_test_event(ground: Ground, ask: NameEndpoint, once: Once) -> EndpointKept:
    """Raises what ``add_an_endpoint`` raises of who asks, EndpointUnknown, EndpointOff."""

    async def story(tx: Tx) -> EndpointKept:
        await webhooks.write_test_event(tx, await _endpoint(tx, ask))
        return EndpointKept(ask.endpoint_id)

    return await run_once(ground.db, once, EndpointKept, story)


async def replay_deliveries(ground: Ground, ask: ReplayDeliveries, once: Once) -> Replayed:
    """Raises what ``add_an_endpoint`` raises of who asks, EndpointUnknown, DeliveryUnknown."""

    async def story(tx: Tx) -> Replayed:
        endpoint = await _endpoint(tx, ask.at)
        again = await webhooks.replay(tx, endpoint, since=ask.since or _EVER, only=ask.delivery_id)
        return Replayed(endpoint.id, again)

    return await run_once(ground.db, once, Replayed, story)


async def _endpoint(tx: Tx, ask: NameEndpoint) -> Endpoint:
    await _let_in(tx, ask.asker_id, ask.shop_id)
    return await webhooks.get_endpoint(tx, ask.shop_id, ask.endpoint_id)


async def _let_in(tx: Tx, asker_id: int, shop_id: int) -> None:
    if shop_id != people.PLATFORM:
        await check_owner(tx, shop_id, asker_id, otherwise=people.ShopUnknown())
    elif await people.role_of(tx, people.PLATFORM, asker_id) is not people.Role.OPERATOR:
        raise NotFound


def _may_be_here(ground: Ground) -> bool:
    """Whether a program on this machine may be called: to try things out, never in production."""
    return ground.settings.mode != "production"
