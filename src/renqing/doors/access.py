"""Who may come through which door. A route without a row does not start; a row without a route fails the tests.

The row says who may knock. Whose gift, order or address it is, is decided by the journey or view behind the door,
which takes the subject and answers "not found" for what is somebody else's.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from renqing.books.people import PLATFORM, Role, SignedIn
from renqing.doors.house import House, Readings
from renqing.foundation.errors import NotFound, NotSignedIn


class Audience(StrEnum):
    """Who may call a route."""

    PUBLIC = "public"  # everybody; nobody is looked up
    ANYONE = "anyone"  # everybody; who is signed in is known to the handler
    PERSON = "person"  # who is signed in
    STAFF = "staff"  # who works for some shop; the journey asks for which
    OPERATOR = "operator"  # who works for the platform
    CHANNEL = "channel"  # an outside system that signs what it says
    DEMO = "demo"  # everybody, in demo mode; elsewhere there is no such route
    HOUSE = "house"  # the operator's own machines: a private address, and no proxy in between


PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
ACCESS: dict[tuple[str, str], Audience] = {}


def allow(audience: Audience, *routes: str) -> None:
    """Give rows to routes, each as ``METHOD /path/{name:type}``."""
    for route in routes:
        method, _, path = route.partition(" ")
        assert (method, path) not in ACCESS, f"{route} has a row already"
        ACCESS[method, path] = audience


def cookie_name(house: House) -> str:
    """``__Host-`` wherever TLS is, so that no other host or plain page can set it."""
    return "__Host-renqing" if house.settings.has_tls else "renqing"


def token_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The sign-in token of a request: a bearer token, else the cookie."""
    authorization = connection.headers.get("authorization", "")
    if authorization.lower().startswith("bearer "):
        return authorization[7:].strip()
    return connection.cookies.get(cookie_name(connection.app.state.house))


async def _reader(connection: ASGIConnection[Any, Any, Any, Any]) -> SignedIn | None:
    token = token_of(connection)
    if not token:
        return None
    readings: Readings = connection.app.state.readings
    return await readings.readers.ask(token)


def is_of_the_house(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a request comes straight from the operator's own network; what a proxy passes on is from outside."""
    if any(header in connection.headers for header in PROXIED):
        return False
    try:
        return connection.client is not None and ip_address(connection.client.host).is_private
    except ValueError:
        return False


def may_enter(audience: Audience, reader: SignedIn | None) -> bool:
    """Whether a row lets this reader (or nobody) through: the one place that says so of people."""
    match audience:
        case Audience.PERSON:
            return reader is not None
        case Audience.OPERATOR:
            return reader is not None and reader.staff.get(PLATFORM) is Role.OPERATOR
        case Audience.STAFF:
            return reader is not None and any(shop_id != PLATFORM for shop_id in reader.staff)
        case Audience.HOUSE | Audience.CHANNEL:
            return False  # not a matter of who is signed in
        case Audience.PUBLIC | Audience.ANYONE | Audience.DEMO:
            return True


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Hold every request to its row. Raises NotSignedIn, and NotFound where a route shall not even be known."""
    # What the framework answers by itself (``OPTIONS``) says which methods a path has, as the public document does.
    audience: Audience = handler.opt.get("audience", Audience.PUBLIC)
    connection.state.reader = None
    if audience in (Audience.PUBLIC, Audience.CHANNEL):
        return
    if audience is Audience.HOUSE:
        if not is_of_the_house(connection):
            raise NotFound
        return
    if audience is Audience.DEMO and not connection.app.state.house.settings.is_demo:
        raise NotFound
    reader = await _reader(connection)
    connection.state.reader = reader
    if may_enter(audience, reader):
        return
    raise NotSignedIn if reader is None else NotFound
