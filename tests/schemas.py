"""Whether a JSON value fits a schema of the OpenAPI document: the part of JSON Schema that msgspec writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
KNOWN = frozenset(
    {
        "$ref",
        "anyOf",
        "enum",
        "type",
        "pattern",
        "format",
        "properties",
        "required",
        "items",
        "prefixItems",
        "additionalProperties",
        "discriminator",
        "title",
        "description",
        "default",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    }
)


def misfits(document: dict[str, Any], schema: dict[str, Any], value: Any, at: str = "$") -> Iterator[str]:
    """What does not fit; nothing where all does. Objects may hold only the fields that the schema names."""
    assert schema.keys() <= KNOWN, f"{at}: this checker does not know {schema.keys() - KNOWN}"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from misfits(document, document["components"]["schemas"][name], value, f"{at}<{name}>")
        return
    if "anyOf" in schema:
        found = [list(misfits(document, choice, value, at)) for choice in schema["anyOf"]]
        if all(found):
            yield from min(found, key=len)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    wanted = schema.get("type")
    if wanted is not None and (
        not isinstance(value, _TYPES[wanted]) or (wanted in ("integer", "number") and isinstance(value, bool))
    ):
        yield f"{at}: {value!r} is no {wanted}"
        return
    yield from _misfits_inside(document, schema, value, at)


def _misfits_inside(document: dict[str, Any], schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _misfits_of_text(schema, value, at)
    elif isinstance(value, dict):
        yield from _misfits_of_fields(document, schema, value, at)
    elif isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items") or {}] * len(value)
        for place, (item, inside) in enumerate(zip(items, value, strict=True)):
            if isinstance(item, dict):
                yield from misfits(document, item, inside, f"{at}[{place}]")


def _misfits_of_text(schema: dict[str, Any], value: str, at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{at}: {value!r} is no instant"


def _misfits_of_fields(
    document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], at: str
) -> Iterator[str]:
    fields = schema.get("properties", {})
    yield from (f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    if "properties" in schema and not schema.get("additionalProperties"):
        yield from (f"{at}: nobody said that there is a {name}" for name in value if name not in fields)
    for name, inside in value.items():
        if name in fields:
            yield from misfits(document, fields[name], inside, f"{at}.{name}")
