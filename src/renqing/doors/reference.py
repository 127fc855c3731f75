"""What programs read about us: ``/openapi.json``, the page at ``/docs`` that browses it, and every error in words.

The page is rendered by us from the document, once a process: a viewer from elsewhere would be megabytes of script and
would need a looser content security policy (docs/decisions/api-reference.md).
"""

from __future__ import annotations

import gzip
import re
import string
from collections.abc import Callable, Iterator
from functools import cache
from inspect import cleandoc
from typing import Any, cast

import msgspec
from jinja2 import Environment
from litestar import Litestar, Response, get
from markupsafe import Markup, escape

from renqing.doors.access import Audience, allow
from renqing.doors.api.openapi import document, doors_of, statuses_of
from renqing.doors.api.wire import AnyRequest
from renqing.doors.web.rendering import environment as pages
from renqing.foundation.errors import Refusal
from renqing.foundation.text import catalogue

allow(Audience.PUBLIC, "GET /openapi.json", "GET /docs", "GET /docs/errors")

_CODE = re.compile(r"`([^`]+)`")
_STRESSED = re.compile(r"\*\*([^*]+)\*\*")
_PARAMETER = re.compile(r"(\{[a-z_]+\})")
HTML = "text/html; charset=utf-8"
KEPT_BY_READERS = {"Cache-Control": "public, max-age=300"}
AUDIENCES = {
    "public": "everybody",
    "anyone": "everybody",
    "person": "signed in",
    "staff": "the shop's staff",
    "operator": "operators",
    "channel": "payment channels",
    "demo": "demo mode",
}
EXAMPLE_ID = "374920113598464000"
_EXAMPLES: dict[str, Any] = {
    "amount": 12900,
    "quantity": 1,
    "phone": "13800000001",
    "code": "123456",
    "carrier": "SF",
    "tracking_number": "SF1002003004",
    "region_code": 330106109,
    "cover": "thanks",
    "sentence": "kind_thought",
    "return_path": "/",
    "expected_total": 12900,
    "price": 12900,
    "since": "2026-11-27T00:00:00Z",
    "expires_at": "2027-03-01T00:00:00Z",
    "ends_at": "2027-03-01T00:00:00Z",
    "voucher_code": "7K2M-QX4D-9RTB-0C5W",
    "url": "https://hooks.example.com/renqing",
}


@get("/openapi.json", sync_to_thread=False, include_in_schema=False)
def openapi_document(request: AnyRequest) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return _answer_with(request, _document_bytes, "application/json")


@get("/docs", sync_to_thread=False, include_in_schema=False)
def reference(request: AnyRequest) -> Response[bytes]:
    """The document as a page."""
    return _answer_with(request, _reference_bytes, HTML)


@get("/docs/errors", sync_to_thread=False, include_in_schema=False)
def errors(request: AnyRequest) -> Response[bytes]:
    """Every code that a refusal can have, with its status and its words in both languages."""
    return _answer_with(request, _errors_bytes, HTML)


def _answer_with(request: AnyRequest, made: Callable[[Litestar], bytes], media_type: str) -> Response[bytes]:
    """What was made once, squeezed for whoever takes it so."""
    headers = {**KEPT_BY_READERS, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(made(request.app), media_type=media_type, headers=headers)
    return Response(
        _squeezed(request.app, made), media_type=media_type, headers={**headers, "Content-Encoding": "gzip"}
    )


@cache
def _squeezed(app: Litestar, made: Callable[[Litestar], bytes]) -> bytes:
    return gzip.compress(made(app), mtime=0)


@cache
def _document(app: Litestar) -> dict[str, Any]:
    return document(app)


@cache
def _document_bytes(app: Litestar) -> bytes:
    return msgspec.json.encode(_document(app))


# the page -----------------------------------------------------------------------------------------------------------
class Field(msgspec.Struct, frozen=True):
    """A field of a schema, or a parameter: its type in words, and the schema behind it where it has one."""

    name: str
    type: str
    link: str
    required: bool
    about: str


class Answer(msgspec.Struct, frozen=True):
    """A status, with the shape of its body or the codes it may carry."""

    status: str
    about: str
    shapes: list[str]
    codes: list[str]


class Operation(msgspec.Struct, frozen=True):
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    audience: str
    summary: str
    about: str
    parameters: list[Field]
    body: list[Field]
    body_name: str
    answers: list[Answer]
    curl: str


class Chapter(msgspec.Struct, frozen=True):
    """A tag with its operations."""

    id: str
    name: str
    about: str
    operations: list[Operation]


class Shape(msgspec.Struct, frozen=True):
    """A schema of the document."""

    name: str
    about: str
    fields: list[Field]


@cache
def _reference_bytes(app: Litestar) -> bytes:
    said = _document(app)
    operations = [
        (operation["tags"][0], _operation(said, method, path, operation))
        for path, methods in said["paths"].items()
        for method, operation in methods.items()
    ]
    chapters = [
        Chapter(tag["name"].replace(" ", "-").replace(":", ""), tag["name"], tag["description"], mine)
        for tag in said["tags"]
        if (mine := [operation for name, operation in operations if name == tag["name"]])
    ]
    shapes = [
        Shape(name, schema.get("description", ""), _fields(said, schema))
        for name, schema in said["components"]["schemas"].items()
    ]
    page = (
        _environment().get_template("docs/reference.html").render(info=said["info"], chapters=chapters, shapes=shapes)
    )
    return page.encode()


def _operation(said: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        audience=AUDIENCES[operation["x-audience"]],
        summary=operation["summary"],
        about=operation.get("description", ""),
        parameters=[
            Field(
                f"{one['name']} ({one['in']})",
                *_type(one["schema"]),
                one["required"],
                _limits(one["schema"], one.get("description", "")),
            )
            for one in operation.get("parameters", [])
        ],
        body=[] if body is None else _fields(said, _resolved(said, body)),
        body_name="" if body is None else _name(body),
        answers=[_answer(status, answer) for status, answer in operation["responses"].items()],
        curl=_curl(said, method.upper(), path, operation, body),
    )


def _answer(status: str, answer: dict[str, Any]) -> Answer:
    content: dict[str, Any] = next(iter(answer.get("content", {}).values()), {})
    schema = content.get("schema", {})
    shapes = [] if "x-codes" in answer else [_name(part) for part in _parts(schema) if "$ref" in part]
    return Answer(status, "" if "x-codes" in answer else answer["description"], shapes, answer.get("x-codes", []))


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that a schema may be: itself, its items, or one of several."""
    if "anyOf" in schema:
        return [part for choice in schema["anyOf"] for part in _parts(choice)]
    return _parts(schema["items"]) if isinstance(schema.get("items"), dict) else [schema]


def _resolved(said: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", said["components"]["schemas"][_name(schema)]) if "$ref" in schema else schema


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _fields(said: dict[str, Any], schema: dict[str, Any]) -> list[Field]:
    if "enum" in schema:
        return []
    return [
        Field(
            name,
            *_type(field),
            name in schema.get("required", ()),
            _limits(field, _resolved(said, field).get("description", "") if "$ref" not in field else ""),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> tuple[str, str]:
    """A type in words, and the schema that it leads to."""
    if "$ref" in schema:
        return _name(schema), _name(schema)
    if "anyOf" in schema:
        choices = [_type(choice) for choice in schema["anyOf"]]
        link = next((link for _, link in choices if link), "")
        return " or ".join(words for words, _ in choices), link
    if schema.get("type") == "array":
        items = schema.get("items")
        words, link = _type(items) if isinstance(items, dict) else ("value", "")
        return f"list of {words}", link
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"])), ""
    if "const" in schema:
        return str(schema["const"]), ""
    return str(schema.get("format") or schema.get("type", "value")), ""


_NOT_EMPTY = ("minLength", 1)
_WORDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "{} characters or more"),
    ("maxLength", "up to {} characters"),
    ("minItems", "{} or more"),
    ("maxItems", "up to {}"),
)


def _limits(schema: dict[str, Any], about: str) -> str:
    inner = next(
        (part for part in _parts(schema) if "description" in part or any(w in part for w, _ in _WORDS)), schema
    )
    said = [words.format(inner[word]) for word, words in _WORDS if word in inner and (word, inner[word]) != _NOT_EMPTY]
    said += ["not empty"] if inner.get(_NOT_EMPTY[0]) == _NOT_EMPTY[1] else []
    if schema.get("default") not in (None, "", [], ()):
        said.append(f"default {msgspec.json.encode(schema['default']).decode()}")
    about = about or inner.get("description", "")
    return " · ".join([part for part in (about, ", ".join(said)) if part])


def _curl(said: dict[str, Any], method: str, path: str, operation: dict[str, Any], body: dict[str, Any] | None) -> str:
    url = string.Template("$HOST" + path.replace("{", "${")).safe_substitute(
        {part[1:-1]: EXAMPLE_ID for part in path.split("/") if part.startswith("{")} | {"HOST": "$HOST"}
    )
    lines = [f"curl {f'-X {method} ' if method != 'GET' else ''}{url}"]
    if {"bearer": []} in operation["security"]:
        lines.append("-H 'Authorization: Bearer '$TOKEN")
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        lines.append("-H 'Idempotency-Key: '$(uuidgen)")
    if body is not None:
        example = msgspec.json.encode(_example(said, _resolved(said, body), "")).decode()
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{example}'")
    return " \\\n  ".join(lines)


def _example(said: dict[str, Any], schema: dict[str, Any], name: str) -> Any:
    """Something that fits a schema: its required fields alone."""
    schema = _resolved(said, schema)
    if "anyOf" in schema:
        return _example(said, schema["anyOf"][0], name)
    known = _EXAMPLES.get(name, next(iter(schema.get("enum", ())), None))
    if known is not None:
        return known
    fields = schema.get("properties", {})
    plain = {
        "object": {one: _example(said, fields[one], one) for one in schema.get("required", ()) if one in fields},
        "array": [_example(said, schema["items"], name.removesuffix("s"))]
        if isinstance(schema.get("items"), dict)
        else [],
        "integer": max(1, schema.get("minimum", 1)),
        "boolean": True,
    }
    return plain.get(schema.get("type", ""), EXAMPLE_ID if "1-9" in schema.get("pattern", "") else "…")


# Markdown, as little as our docstrings have ------------------------------------------------------------------------
@cache
def _environment() -> Environment:
    """The templates of the pages, with filters of our own."""
    made = pages().overlay()
    made.filters = {
        **made.filters,
        "marked": _marked,
        "marked_blocks": _marked_blocks,
        "pathed": _pathed,
        "first_line": lambda text: str(text).partition("\n")[0],
    }
    return made


def _marked(text: str) -> Markup:
    """A line with its code and its stressed words."""
    escaped = str(escape(text))
    return Markup(_STRESSED.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escaped)))  # noqa: S704


def _marked_blocks(text: str) -> Markup:
    """Paragraphs."""
    blocks = [block.replace("\n", " ") for block in text.split("\n\n") if block.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(_marked(block)) for block in blocks)


def _pathed(path: str) -> Markup:
    """A path with its parameters set back."""
    return Markup(_PARAMETER.sub(r"<i>\1</i>", str(escape(path))))  # noqa: S704


# errors in words ----------------------------------------------------------------------------------------------------
class Code(msgspec.Struct, frozen=True):
    """A code with its statuses, what it means, and its words."""

    code: str
    statuses: list[int]
    about: str
    zh: str
    en: str
    routes: list[str]


@cache
def _errors_bytes(app: Litestar) -> bytes:
    routes: dict[str, list[str]] = {}
    for door in doors_of(app):
        for kind in dict.fromkeys(door.handler.opt.get("refuses", ())):
            routes.setdefault(kind.code, []).append(f"{door.method} {door.path}")
    kinds = {kind.code: kind for kind in sorted(set(_below(Refusal)), key=lambda kind: kind.__module__, reverse=True)}
    codes = [_code(kind, routes.get(code, [])) for code, kind in sorted(kinds.items())]
    return _environment().get_template("docs/errors.html").render(codes=codes).encode()


def _code(kind: type[Refusal], routes: list[str]) -> Code:
    words = catalogue().get(f"error.{kind.code}", {"zh": "", "en": ""})
    about = cleandoc(kind.__doc__ or "").replace("``", "`")
    return Code(kind.code, list(statuses_of(kind)), about, words["zh"], words["en"], routes)


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


routes = [openapi_document, reference, errors]
