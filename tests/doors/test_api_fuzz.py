"""Whatever a program sends, the house answers: never with 5xx, as the document says, and its books agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from world import build_world, callers_of

from renqing.views.check import check

IDS = ("1", "9223372036854775807", "9223372036854775808", "9999999999999999999", "0", "-1", "1.0", "", "٣", "x" * 40)
TEXTS = ("", " ", "\u0001", "\u202e\u200b\ufeff", "\ud7ff", "a\nb\tc", "'; DROP TABLE order_order; --", "{{7*7}}%s%n")
NUMBERS = (0, 1, -1, 2**31, 2**53, 2**63, -(2**63) - 1, 10**30, 1.5, 1e300, True, None, "1")
TIMES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "now")
PATHS = ("9223372036854775807", "9223372036854775808", "0", "-1", "x", "%00", "%F0%9F%8E%81", "1e3")


def nasty(schema: dict[str, Any]) -> Iterator[Any]:
    """Values for a field: at its limits, past them, and of other types."""
    if "$ref" in schema:
        yield from ({}, None, "x")
        return
    if "anyOf" in schema:
        for part in schema["anyOf"]:
            yield from nasty(part)
        return
    match schema.get("type"):
        case "integer":
            yield from (*NUMBERS, schema["maximum"], schema["maximum"] + 1)
        case "string" if schema.get("format") == "date-time":
            yield from (*TIMES, 0)
        case "string":
            longest = schema.get("maxLength", 100)
            yield from (*(IDS if "pattern" in schema else TEXTS), "长" * longest, "长" * (longest + 1), None, 7)
        case "array":
            yield from ([], {}, [None], [1] * (schema["maxItems"] + 1))
        case _:
            yield from (None, 1, "x")


async def test_every_field_of_every_body_takes_what_it_can_and_refuses_the_rest(doors):
    world = await build_world(doors)
    callers = await callers_of(doors, world)
    tried = 0
    for template, operations in doors.document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody")
            if (
                body is None
                or "application/json" not in body["content"]
                or "/demo/" in template
                or "sign-in" in template
                or "password" in template
            ):
                continue
            path = template.format(**world.ids)
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            caller = callers.get(operation["x-audience"], callers["person"])
            usual = world.body_of(method.upper(), path)
            for field, schema in doors.document["components"]["schemas"][name]["properties"].items():
                for value in nasty(schema):
                    doors.house.ground.limits.__init__()  # what is tried here is not how often
                    answer = await caller.call(method.upper(), path, body={**usual, field: value})
                    assert answer.status < 500, (method, path, field, value, answer.body)
                    tried += 1
    assert tried > 1_000
    await doors.settle()
    found = await check(doors.house.ground)
    assert {one.id for one in found.findings if not one.holds} <= {"X2"}


async def test_every_id_in_every_path_is_answered_whatever_it_says(doors):
    world = await build_world(doors)
    callers = await callers_of(doors, world)
    for template, operations in doors.document["paths"].items():
        for method, operation in operations.items():
            caller = callers.get(operation["x-audience"], callers["person"])
            for name in (one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"):
                for value in PATHS:
                    path = template.format(**{**world.ids, name: value})
                    body = world.body_of(method.upper(), path) if method != "get" else None
                    answer = await caller.call(method.upper(), path, body=body)
                    assert answer.status < 500, (method, path, answer.body)
