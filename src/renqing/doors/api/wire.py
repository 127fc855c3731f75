"""How things look on the wire: ids as decimal strings, money with its currency, one key a write."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request

from renqing.books.people import SignedIn
from renqing.doors.house import House
from renqing.foundation.errors import NotFound, NotValid
from renqing.foundation.ids import parse_id
from renqing.foundation.once import Once, once

Id = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,18}$", description="A 63-bit id as a decimal string")]
Cursor = Annotated[str, msgspec.Meta(max_length=200)]
AnyRequest = Request[Any, Any, Any]


class KeyMissing(NotValid):
    """Every write carries an ``Idempotency-Key`` header."""

    code = "key_missing"


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a route takes: closed, so that a field nobody asked for is refused and not ignored."""


class MoneyOut(msgspec.Struct, frozen=True):
    """``amount`` minor units of ``currency``."""

    amount: int
    currency: str


def house_of(request: AnyRequest) -> House:
    """This process's house."""
    house: House = request.app.state.house
    return house


def reader_of(request: AnyRequest) -> SignedIn:
    """Who is signed in; the guard let nobody else in."""
    reader: SignedIn = request.state.reader
    assert reader is not None, "the route's row asks for somebody signed in"
    return reader


def once_of(request: AnyRequest, body: Any) -> Once:
    """The request by its ``Idempotency-Key``, bound to who asks, the route and what is asked. Raises KeyMissing."""
    key = request.headers.get("idempotency-key")
    if not key:
        raise KeyMissing
    return once(reader_of(request).person_id, key, f"{request.method} {request.url.path}", body)


def id_in(text: str) -> int:
    """An id out of a path or query. What spells none is as absent as what does not exist. Raises NotFound."""
    number = parse_id(text)
    if number is None:
        raise NotFound
    return number


def id_of(given: str | None) -> int | None:
    """An id out of a body, where one is given."""
    return None if given is None else id_in(given)
