"""The OpenAPI 3.1 document, made from the routes themselves: their types, rows and refusals.

Every schema is what msgspec decodes and encodes by, so the document cannot say anything else. Which refusals a route
has stands beside it (``refuses``); what every route of its kind can answer is added here. Tests hold each answer that
they see to this document.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.response import Stream
from litestar.typing import FieldDefinition

from renqing.doors.access import Audience
from renqing.doors.api.wire import KeyMissing
from renqing.doors.problems import PROBLEM, BodyNotValid, ParameterNotValid, Problem, RequestNotValid, status_of
from renqing.foundation.database import DatabaseAway, TooBusy
from renqing.foundation.errors import FieldNotValid, NotFound, NotSignedIn, Refusal, TooMany
from renqing.foundation.once import KEPT_DAYS, KEY_CHARACTERS_MAX, KeyInUse, KeyNotValid, KeyReused

ABOUT = f"""Renqing 人情: people give each other goods, and every fen can be traced.

**Ids** are 63-bit numbers as decimal strings. **Money** is `{{"amount": 12900, "currency": "CNY"}}` in minor units
(fen). **Times** are RFC 3339 in UTC. **Lists** go forward by `cursor`: send the `next_cursor` of the page before.

**Writes** carry an `Idempotency-Key` of your making, kept for {KEPT_DAYS} days: a repeat is answered with the first
answer and has its effect once; the same key with another body or for another route is refused (`key_reused`).

**Refusals** are problem details (RFC 9457) with a stable `code`, typed `facts`, and a `title` in the reader's language
that says what happened and what to do. A refusal has changed nothing. `database_away` and other 503 answers are
neither yes nor no: repeat the request with its key.

**Sign in** with `POST /v1/sign-ins` and send the token as `Authorization: Bearer`. What is not yours is as absent as
what does not exist."""

TAGS = {
    "signing in": "A code to one's phone, a password, and the end of a sign-in.",
    "market": "What is for sale, for everybody.",
    "me": "Who you are here, what waits for you, what your account moved.",
    "addresses": "Where things come to.",
    "friends": "Friends, asks and blocks.",
    "groups": "Circles of friends, each with its chat.",
    "buying": "Buy for yourself: place, pay, track, receive.",
    "giving": "Give, open, claim, decline, take back. Each side sees its own shape of a gift.",
    "presents": "What shops give away: look at it by its link, and take one.",
    "draws": "What everybody may know of a draw: enough to work out who wins.",
    "after-sales": "Money back, or goods back first. On a gift the money goes to its giver.",
    "vouchers": "Cards with a code that a shop redeems: yours, and what a product promises.",
    "chats": "Words, product cards and gift cards between friends and in groups.",
    "days": "Birthdays that friends show, days that one noted about them, and being reminded of either.",
    "yearly": "Rules that propose a gift for a friend's day every year; each is said yes to, and paid, by hand.",
    "wishes": "What one would be glad of, for those one chooses; and whether a friend may have a thing already.",
    "notices": "What happened to what is yours, and the live stream.",
    "merchants: shop": "A shop's morning, its face, its freight.",
    "merchants: products": "Products, styles and stock.",
    "merchants: gift codes": "Codes to print beside a product: who scans one gives it to a friend.",
    "merchants: activities": "Goods of yours to give away, without payment: for whom, from when to when, how many.",
    "merchants: vouchers": "Places, products that are vouchers, codes redeemed, more time.",
    "merchants: orders": "What is to ship, parcels and their news.",
    "merchants: after-sales": "What asks for an answer.",
    "merchants: account": "Every fen that came, went or is held.",
    "operators: books": "Accounts, statements and any entry with its cause.",
    "operators: work": "Timers, the outbox, callbacks kept aside, doubts and the check.",
    "operators: gift policies": "Under which rules gifts are bought: presets, picked or mixed for a shop.",
    "webhooks": "Programs that are told what happens, and what went to each.",
    "callbacks": "What payment channels tell us, signed.",
    "demo": "In demo mode alone: be anybody, move the clock, read the sandbox's phones.",
}
PREFIXES = ("/v1/", "/callbacks/")
_SAFE = frozenset({"GET", "HEAD"})
_SIGNED_IN = frozenset({Audience.PERSON, Audience.STAFF, Audience.OPERATOR})
_VEILED = frozenset({Audience.STAFF, Audience.OPERATOR, Audience.DEMO})
_TOO_LARGE, _UNSUPPORTED = 413, 415
_LIMITS = {"ge": "minimum", "le": "maximum", "min_length": "minLength", "max_length": "maxLength"}
_REF = "#/components/schemas/{name}"


class Door(NamedTuple):
    """One operation: a method of a path, with the handler behind it."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def audience(self) -> Audience:
        audience: Audience = self.handler.opt["audience"]
        return audience

    @property
    def answer(self) -> Any:
        return self.handler.parsed_fn_signature.return_type.annotation

    @property
    def is_write(self) -> bool:
        """Whether it takes a key: looking a gift up by its link posts a secret and changes nothing."""
        return self.method not in _SAFE and self.audience is not Audience.CHANNEL and "keyless" not in self.handler.opt

    @property
    def name(self) -> str:
        return str(self.handler.handler_name)


def doors_of(app: Litestar) -> list[Door]:
    """Every operation that programs may call, in the order of the files."""
    return [
        Door(method, _template(route.path), handler)
        for route in app.routes
        if route.path.startswith(PREFIXES)
        for handler in getattr(route, "route_handlers", ())
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"
    ]


def _template(path: str) -> str:
    """``/v1/orders/{order_id}`` from Litestar's ``/v1/orders/{order_id:str}``."""
    parts = (f"{part.split(':')[0]}}}" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def document(app: Litestar) -> dict[str, Any]:
    """The whole document."""
    doors = doors_of(app)
    types = [door.handler.parsed_data_field.annotation for door in doors if door.handler.parsed_data_field]
    types += [door.answer for door in doors if _is_json(door.answer)]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    schema_of = dict(zip(map(str, [*types, Problem]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Renqing 人情", "version": version("renqing"), "description": ABOUT},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {name: _titled(schema) for name, schema in sorted(components.items())},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A sign-in's token"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "renqing",
                    "description": "A sign-in in a browser",
                },
            },
        },
    }


def _is_json(answer: Any) -> bool:
    return answer not in (None, type(None), Stream)


def _titled(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its docstring as one paragraph of Markdown."""
    if "description" in schema:
        schema["description"] = _markdown(schema["description"])
    return schema


def _markdown(docstring: str) -> str:
    return inspect.cleandoc(docstring).replace("``", "`")


def _operation(door: Door, schema_of: dict[str, Any]) -> dict[str, Any]:
    said = _markdown(door.handler.fn.__doc__ or "")
    summary, _, more = said.partition("\n\n")
    sentence, stop, rest = summary.replace("\n", " ").partition(". ")
    operation: dict[str, Any] = {
        "operationId": door.name,
        "tags": list(door.handler.tags or ()),
        "summary": sentence + stop.strip(),
        "description": "\n\n".join(part for part in (rest, more) if part),
        "security": _security(door.audience),
        "x-audience": door.audience.value,
        "parameters": _parameters(door),
        "responses": _responses(door, schema_of),
    }
    field = door.handler.parsed_data_field
    if field is not None:
        schema = schema_of[str(field.annotation)]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif "takes" in door.handler.opt:
        file = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(door.handler.opt["takes"], file)}
    return {name: value for name, value in operation.items() if value not in ("", [])} | {
        "security": operation["security"]
    }


def _security(audience: Audience) -> list[dict[str, list[str]]]:
    signed_in: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
    if audience in _SIGNED_IN:
        return signed_in
    return [{}, *signed_in] if audience is Audience.ANYONE else []


def _parameters(door: Door) -> list[dict[str, Any]]:
    found = [
        _parameter(name, field, in_path=f"{{{name}}}" in door.path)
        for name, field in door.handler.parsed_fn_signature.parameters.items()
        if name not in ("request", "data")
    ]
    if door.is_write:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "Names this request. Printable ASCII of your making, for instance a UUID.",
                "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX},
            }
        )
    return found


def _parameter(name: str, field: FieldDefinition, *, in_path: bool) -> dict[str, Any]:
    limits = field.kwarg_definition if isinstance(field.kwarg_definition, ParameterKwarg) else None
    schema = dict(msgspec.json.schema(field.annotation))
    if isinstance(schema.get("anyOf"), list):  # an optional parameter is left out, not sent as null
        schema = next(part for part in schema["anyOf"] if part.get("type") != "null")
    for limit, word in _LIMITS.items():
        if limits is not None and getattr(limits, limit) is not None:
            schema[word] = getattr(limits, limit)
    if field.has_default and field.default is not None:
        schema["default"] = field.default
    parameter = {
        "name": (limits.name if limits is not None else None) or name,
        "in": "path" if in_path else "query",
        "required": in_path or not field.has_default,
        "schema": schema,
    }
    if limits is not None and limits.description:
        parameter["description"] = limits.description
    return parameter


# answers -----------------------------------------------------------------------------------------------------------
def _responses(door: Door, schema_of: dict[str, Any]) -> dict[str, Any]:
    status = str(door.handler.status_code)
    responses: dict[str, Any] = {status: _success(door, schema_of)}
    by_status: dict[int, list[type[Refusal]]] = {}
    for kind in dict.fromkeys(refusals_of(door)):
        for refused in statuses_of(kind):
            by_status.setdefault(refused, []).append(kind)
    for refused, kinds in sorted(by_status.items()):
        responses[str(refused)] = {
            "description": "\n".join(f"- `{kind.code}`: {_first_sentence(kind)}" for kind in kinds),
            "content": {PROBLEM.partition(";")[0]: {"schema": schema_of[str(Problem)]}},
            "x-codes": sorted({kind.code for kind in kinds}),
        }
    return responses


def _success(door: Door, schema_of: dict[str, Any]) -> dict[str, Any]:
    description = HTTPStatus(door.handler.status_code or HTTPStatus.OK).phrase
    if door.answer is Stream:
        return {"description": "A stream of events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    if not _is_json(door.answer):
        return {"description": description}
    return {"description": description, "content": {"application/json": {"schema": schema_of[str(door.answer)]}}}


def refusals_of(door: Door) -> Iterable[type[Refusal]]:
    """Every refusal that this operation may answer: its own, and those of its kind."""
    yield from door.handler.opt.get("refuses", ())
    if door.audience in _SIGNED_IN:
        yield NotSignedIn
    if door.handler.parsed_data_field is not None:
        yield from (BodyNotValid, FieldNotValid, RequestNotValid, NotFound)
    if door.is_write:
        yield from (KeyMissing, KeyNotValid, KeyReused, KeyInUse, BodyNotValid, TooMany, TooBusy)
    if "{" in door.path or door.audience in _VEILED:
        yield NotFound
    if any(_may_not_fit(parameter) for parameter in _parameters(door)):
        yield from (ParameterNotValid, NotFound)
    yield DatabaseAway


def _may_not_fit(parameter: dict[str, Any]) -> bool:
    return bool(parameter["in"] == "query" or parameter["schema"].get("type") == "integer")


def statuses_of(kind: type[Refusal]) -> Sequence[int]:
    """The statuses that a kind of refusal is told with."""
    return (_TOO_LARGE, _UNSUPPORTED) if kind is RequestNotValid else (status_of(kind),)


def _first_sentence(kind: type[Refusal]) -> str:
    words = _markdown(kind.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    sentence, stop, _ = words.partition(". ")
    return sentence + stop.strip()
