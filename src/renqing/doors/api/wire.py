"""How things look on the wire: ids as decimal strings, money with its currency, closed bodies, one key a write.

A body is decoded straight into its type, strictly: a field that nobody asked for, a number in a string, a NUL
character or an amount outside its bounds is refused before anything is looked at.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from renqing.books.people import Person, SignedIn
from renqing.doors.house import House, Readings
from renqing.doors.problems import BodyNotValid, RequestNotValid
from renqing.foundation.errors import NotFound, NotValid
from renqing.foundation.ids import parse_id
from renqing.foundation.limits import Rate
from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.foundation.once import Once, once
from renqing.journeys.bind_a_key import bind_a_key
from renqing.views.market import CursorNotValid

Id = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,18}$", description="A 63-bit id as a decimal string")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MINOR_MAX, description="Minor units: fen for CNY")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=100, required=False, description="`next_cursor` of the page before; none: the first page"
    ),
]
AnyRequest = Request[Any, Any, Any]
JSON_TYPES = frozenset({"application/json", ""})
UNSUPPORTED_MEDIA_TYPE = 415
_NO_BODY = frozenset({b"", b"{}", b"null"})
_PLACE = re.compile(r"^(?P<why>.*?)(?: - at `\$\.?(?P<field>[^`]*)`)?$", re.DOTALL)
_NUL = b"\\u0000"


class KeyMissing(NotValid):
    """Every write carries an ``Idempotency-Key`` header."""

    code = "key_missing"


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a route takes: closed, so that a field nobody asked for is refused and not ignored."""


class MoneyOut(msgspec.Struct, frozen=True):
    """``amount`` minor units of ``currency``."""

    amount: int
    currency: str


class PersonOut(msgspec.Struct, frozen=True):
    """Somebody as others see them. ``avatar`` is a path below ``/media/``, or empty: drawn from the name."""

    id: str
    name: str
    avatar: str


class Done(msgspec.Struct, frozen=True):
    """It is so now."""

    done: bool = True


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded strictly into the type that its route takes."""

    async def json(self) -> Any:
        """The body as its route's type. Raises BodyNotValid; RequestNotValid for another media type."""
        if self.content_type[0] not in JSON_TYPES:
            raise RequestNotValid(why="the body is not application/json", status=UNSUPPORTED_MEDIA_TYPE)
        field = self.route_handler.parsed_data_field
        assert field is not None, "only a route that takes a body reads one"
        return read_body(await self.body(), field.annotation)


def read_body(raw: bytes, wanted: Any) -> Any:
    """A body as ``wanted``. Raises BodyNotValid saying which field is wrong, and why."""
    try:
        if _NUL in raw:
            _refuse_nul(msgspec.json.decode(raw), "")
        return _decoder(wanted).decode(raw)
    except msgspec.ValidationError as wrong:
        place = _PLACE.match(str(wrong))
        assert place is not None, "the pattern takes every text"
        raise BodyNotValid(field=place["field"] or None, why=place["why"]) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as malformed:
        raise BodyNotValid(why="not well-formed JSON in UTF-8") from malformed
    except RecursionError as deep:
        raise BodyNotValid(why="nested too deeply") from deep


@cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)


def _refuse_nul(said: Any, field: str) -> None:
    """Text that PostgreSQL cannot keep is refused here, where the field can be named."""
    if isinstance(said, str) and "\0" in said:
        raise BodyNotValid(field=field or None, why="a NUL character")
    if isinstance(said, dict):
        for name, inside in said.items():
            _refuse_nul(name, field)
            _refuse_nul(inside, f"{field}.{name}" if field else str(name))
    if isinstance(said, list):
        for place, inside in enumerate(said):
            _refuse_nul(inside, f"{field}[{place}]")


def house_of(request: AnyRequest) -> House:
    """This process's house."""
    house: House = request.app.state.house
    return house


def readings_of(request: AnyRequest) -> Readings:
    """What is asked of the database together with others."""
    readings: Readings = request.app.state.readings
    return readings


def reader_of(request: AnyRequest) -> SignedIn:
    """Who is signed in; the guard let nobody else in."""
    reader: SignedIn = request.state.reader
    assert reader is not None, "the route's row asks for somebody signed in"
    return reader


def key_of(request: AnyRequest) -> str:
    """The request's ``Idempotency-Key``. Raises KeyMissing."""
    key = request.headers.get("idempotency-key")
    if not key:
        raise KeyMissing
    return str(key)


def once_of(request: AnyRequest, body: Any) -> Once:
    """The request by its key, bound to who asks, the route and what is asked. Raises KeyMissing, KeyNotValid."""
    return once(reader_of(request).person_id, key_of(request), f"{request.method} {request.url.path}", body)


async def once_without_body(request: AnyRequest) -> Once:
    """The same for a deed that takes no body. Raises BodyNotValid where one was sent."""
    if (await request.body()).strip() not in _NO_BODY:
        raise BodyNotValid(why="this route takes no body")
    return once_of(request, None)


async def bind_key(request: AnyRequest, body: Any = None) -> None:
    """For a deed that is safe to repeat as it is: its key still stands for this route and body alone."""
    asked = once_of(request, body) if body is not None else await once_without_body(request)
    await bind_a_key(house_of(request).ground, asked)


def once_of_somebody(request: AnyRequest, who: str, body: Any) -> Once:
    """The request of somebody not signed in yet.

    Their key is bound to ``who`` (a phone), so that keys of strangers do not meet; neither can be read from what is
    kept.
    """
    ground = house_of(request).ground
    bound = ground.keys.keyed_hash("anonymous_key", f"{key_of(request)}\0{who}").hex()
    return once(0, bound, f"{request.method} {request.url.path}", body)


def spend(request: AnyRequest, rate: Rate) -> None:
    """Count an act against the address that it comes from (IPv6: its /64). Raises TooMany."""
    host = request.client.host if request.client else ""
    house_of(request).ground.limits.spend(rate, ":".join(host.split(":")[:4]) if ":" in host else host)


def id_in(text: str) -> int:
    """An id out of a path or query. What spells none is as absent as what does not exist. Raises NotFound."""
    number = parse_id(text)
    if number is None:
        raise NotFound
    return number


def id_of(given: str | None) -> int | None:
    """An id out of a body, where one is given."""
    return None if given is None else id_in(given)


def cursor_in(cursor: str | None) -> int | None:
    """The place in a list that a cursor names. Raises CursorNotValid."""
    if cursor is None:
        return None
    number = parse_id(cursor)
    if number is None:
        raise CursorNotValid
    return number


def cursor_out(place: int | None) -> str | None:
    """A place in a list as the cursor of the next page."""
    return None if place is None else str(place)


def encoded(answer: Any) -> msgspec.Raw:
    """An answer as it goes out: where many ask for the same at once, it is made once."""
    return msgspec.Raw(msgspec.json.encode(answer))


def person_out(person: Person) -> PersonOut:
    """Somebody on the wire."""
    return PersonOut(str(person.id), person.name, person.avatar)


def somebody_out(person: Person | None) -> PersonOut | None:
    """The same, where there may be nobody."""
    return None if person is None else person_out(person)


def money_out(amount: int | None, currency: str) -> MoneyOut | None:
    """An amount, where the reader may see one."""
    return None if amount is None else MoneyOut(amount, currency)
