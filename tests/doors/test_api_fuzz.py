"""Whatever a program sends, the house answers: never with 5xx, as the document says, and its books agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from made_up import IDS, NUMBERS, TEXTS, TIMES, MakesUp
from open_house import Caller
from world import build_world, callers_of

from renqing.foundation.ids import Chance, seeded_chance
from renqing.views.check import check

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


# requests that are made up whole: every route, by itself, as soon as it stands in the document ------------------------
ROUNDS, SEED = 4, 7
LEFT_OUT = ("/v1/live", "/v1/me/erasure", "sign-ins", "/demo/")  # endless, or they end the callers themselves
HEADERS = ({}, {}, {}, {"accept-language": "zh-CN,*;q=0"}, {"content-type": "text/plain"}, {"accept": "image/png"})


async def test_whatever_requests_are_made_up_of_every_route_answers_as_the_document_says(doors):
    world = await build_world(doors)
    callers = await callers_of(doors, world)
    chance = seeded_chance(SEED)
    makes_up, answered, tried = MakesUp(doors.document, chance), set(), 0
    for template, operations in doors.document["paths"].items():
        if any(left in template for left in LEFT_OUT):
            continue
        for method, operation in operations.items():
            ours = callers.get(operation["x-audience"], callers["person"])
            for turn in range(ROUNDS):
                doors.house.ground.limits.__init__()  # what is tried here is not how often
                caller = ours if turn % 3 else chance.choice([*callers.values(), Caller(doors)])
                asked = made_up(makes_up, operation, chance)
                path = template.format(**{**world.ids, **asked.pop("ids")})
                answer = await caller.call(method.upper(), path, **asked)
                assert answer.status < 500, (method, path, asked, answer.body)
                answered.add(answer.status)
                tried += 1
    assert tried > 500 and answered >= {200, 201, 401, 403, 404, 422}
    await doors.settle()
    found = await check(doors.house.ground)
    assert {one.id for one in found.findings if not one.holds} <= {"X2"}


def made_up(makes_up: MakesUp, operation: dict[str, Any], chance: Chance) -> dict[str, Any]:
    """A request: ids that are there or not, any query, a body of its schema or of none, odd headers."""
    asked: dict[str, Any] = {"ids": {}, "params": {}, "headers": dict(chance.choice(HEADERS))}
    for one in operation.get("parameters", ()):
        value = str(makes_up.value(one["schema"]))
        if one["in"] == "query" and chance.randrange(2):
            asked["params"][one["name"]] = value
        elif one["in"] == "path" and chance.randrange(4) == 0:
            asked["ids"][one["name"]] = chance.choice(PATHS)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        asked["body"] = makes_up.value(body["schema"])
    return asked
