"""Ids swapped where no path shows them: in bodies, forms, queries and cursors, by everybody whom they are not for.

What a field names is answered as what does not exist, in the same words and status, and nothing has moved. A new
field that ``subjects.py`` does not know fails until somebody says what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
from moved import everything, moved
from subjects import (
    ABSENT,
    OWNED_IDS,
    PLACES,
    ROLES,
    SHOPS_OWN_IDS,
    fields_of,
    outsiders,
    outsiders_of_field,
    unknown_fields,
)
from world import World, build_world, fill, names_in

from renqing.doors.access import Audience
from renqing.main import routes_of

# What ends a thing, or a nearness, comes last; its twin, or who ends it after the other did, would come too late.
ENDS = re.compile(
    r"^DELETE|/(leave|forget|block|part|cancel|cancellation|refuse|withdraw|withdrawal|keep|keeping)$|^PUT /v1/blocks"
)
# The world's endpoint of webhooks is the shop's; the platform's own are another list.
ANOTHER_LIST = re.compile(r"^(?!GET ).*/operator/webhook")
TWINS = {
    "POST /desk/operator/charities/{charity_id:str}/end",
    "POST /cart/lines/{sku_id:str}/out",
    "POST /groups/{group_id:str}/leave",
    "POST /days/{day_id:str}/remove",
    "POST /yearly/{rule_id:str}/end",
    "POST /wishes/{list_id:str}/remove",
    "POST /wishes/{list_id:str}/take-off",
    "POST /gifts/{gift_id:str}/readdress",
    "POST /v1/gifts/{gift_id:str}/readdressings",
    "POST /gifts/{gift_id:str}/withdraw",
    "POST /v1/gifts/{gift_id:str}/withdrawal",
    "POST /addresses/{address_id:str}/forget",
    "POST /desk/operator/reports/{report_id:str}",
    "POST /desk/operator/holds/{hold_id:str}/lift",
    "POST /desk/operator/timers/{timer_id:str}/again",
    "POST /desk/operator/facts/{fact_id:str}/again",
}


def schema_of(doors: Any, path: str, method: str) -> tuple[Any, set[str]]:
    """An interface's operation, and every field of its body and query, at any depth."""
    operation = doors.document["paths"].get(re.sub(r":\w+\}", "}", path), {}).get(method.lower())
    if operation is None:
        return None, set()
    fields = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    body = operation.get("requestBody")
    if body is not None and "application/json" in body["content"]:
        fields |= set(_fields(doors.document, body["content"]["application/json"]["schema"]))
    return operation, fields


def _fields(document: Any, schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, inside in schema.get("properties", {}).items():
        yield name
        yield from _fields(document, inside)
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), dict) else ())):
        yield from _fields(document, part)


def sent_to(doors: Any, method: str, path: str, handler: Any) -> set[str]:
    """The fields that this route is sent."""
    if path.startswith(("/v1/", "/callbacks")):
        return schema_of(doors, path, method)[1]
    return fields_of(handler)


def plain(answer: httpx.Response) -> tuple[int, str, str]:
    """What was answered, without what differs between any two answers: ids, keys, the time."""
    said = re.sub(r"data-now=\"\d+\"|\d{4}-\d\d-\d\dT[\d:.]+Z", "", answer.text)
    said = re.sub(r"[A-Za-z0-9_-]{30,}|\d{6,}", "#", said)
    return answer.status_code, said, re.sub(r"\d{6,}", "#", answer.headers.get("location", ""))


async def test_whatever_a_request_may_say_is_said_to_name_something_or_nothing(doors):
    for method, path, handler in routes_of(doors.app):
        unknown = unknown_fields(sent_to(doors, method, path, handler))
        assert not unknown, f"{method} {path}: say in subjects.py what {unknown} names"


async def test_what_a_field_names_is_absent_for_everybody_whom_it_is_not_for(doors):
    world = await build_world(doors)
    things = world.named
    tried = set()
    for method, path, handler in routes_of(doors.app):
        audience = handler.opt["audience"]
        if audience in (Audience.PUBLIC, Audience.CHANNEL, Audience.HOUSE, Audience.DEMO):
            continue
        for field in sorted(sent_to(doors, method, path, handler) & things.keys()):
            for role in sorted(outsiders_of_field(field, path, audience)):
                await try_field(world, role, (method, path, audience), field, things[field])
                tried.add(field)
    assert tried >= {
        "address_id",
        "address",
        "gift_id",
        "order_id",
        "thread_id",
        "product_ids",
        "to",
        "friend",
    }


async def try_field(world: World, role: str, route: tuple[str, str, Audience], field: str, value: str) -> None:
    """Somebody names in a field what is not for them, and then what is not there."""
    method, path, audience = route
    ids = {**world.ids, "shop_id": world.foreign_shop["shop_id"]} if role == "other_merchant" else world.ids
    is_page = not path.startswith("/v1/")
    more = {"kind": "gift"} if field == "about_id" else {}
    before = await everything(world.doors.house.ground)
    answers = []
    for said in (value, ABSENT):
        world.doors.house.ground.limits.__init__()  # what is tried here is not how often
        answer = await world.call(role, method, fill(path, ids), is_page=is_page, says={field: said, **more})
        answers.append(plain(answer))
    where = f"{role}: {method} {path} {field}"
    assert answers[0] == answers[1], where
    if audience is not Audience.STAFF and answers[0][0] >= 400:
        assert not moved(before, await everything(world.doors.house.ground)), where


async def test_another_shops_things_under_ones_own_shop_are_absent(doors):
    world = await build_world(doors)
    mine = {**world.ids, "shop_id": world.foreign_shop["shop_id"]}
    before = await everything(doors.house.ground)
    tried = 0
    for method, path, handler in routes_of(doors.app):
        owned = set(names_in(path)) & (SHOPS_OWN_IDS - {"shop_id"})
        if handler.opt["audience"] is not Audience.STAFF or "shop_id" not in names_in(path) or not owned:
            continue
        is_page = not path.startswith("/v1/")
        answer = await world.call("other_merchant", method, fill(path, mine), is_page=is_page)
        nowhere = fill(path, {**mine, **dict.fromkeys(owned, ABSENT)})
        twin = await world.call("other_merchant", method, nowhere, is_page=is_page)
        assert answer.status_code == 404, (method, path, answer.text[:300])
        assert plain(answer) == plain(twin), (method, path)
        tried += 1
    assert tried > 8
    assert not moved(before, await everything(doors.house.ground))


async def test_no_cursor_opens_what_is_not_on_ones_own_list(doors):
    world = await build_world(doors)
    cursors = {"9223372036854775807", *(world.ids[name] for name in ("order_id", "notice_id"))}
    cursors.add(world.ids["entry_id"] + ".1")
    tried = 0
    for method, path, handler in routes_of(doors.app):
        if method != "GET" or handler.opt["audience"] not in (Audience.PERSON, Audience.STAFF, Audience.OPERATOR):
            continue
        for place in sorted(sent_to(doors, method, path, handler) & PLACES):
            for role in set(ROLES) - outsiders(path, handler.opt["audience"]):
                is_page = not path.startswith("/v1/")
                own = things_in(await world.call(role, method, fill(path, world.ids), is_page=is_page))
                for cursor in cursors:
                    said = await world.call(role, method, fill(path, world.ids), is_page=is_page, says={place: cursor})
                    where = f"{role}: {path} {place}={cursor}"
                    assert said.status_code in (200, 204, 303, 404, 422), where
                    if said.status_code == 200:
                        assert things_in(said) - {cursor} <= own, where
                    tried += 1
    assert tried > 300


def things_in(answer: httpx.Response) -> set[str]:
    """Every id that an answer names."""
    return set(re.findall(r"(?<![\w.])\d{15,19}(?![\w.])", answer.text))


async def test_whom_a_thing_is_for_is_never_told_that_it_is_not_there(doors):
    """The other half: the matrix would also hold for a house that refuses everybody."""
    world = await build_world(doors)
    roles = ("operator", "giver", "recipient", "member", "clerk")
    routes = [(f"{method} {path}", role) for method, path, _ in routes_of(doors.app) for role in roles]
    audiences = {f"{method} {path}": handler.opt["audience"] for method, path, handler in routes_of(doors.app)}

    def turn(one: tuple[str, str]) -> tuple[bool, int, int]:
        """What ends something comes last, and what is inside before what it is in."""
        ends = bool(ENDS.search(one[0]))
        return ends, roles.index(one[1]), -one[0].count("/") if ends else 0

    for where, role in sorted(routes, key=turn):
        method, _, path = where.partition(" ")
        out = outsiders(path, audiences[where])
        if (
            not out
            or role in out
            or not set(names_in(path)) & OWNED_IDS
            or where in TWINS
            or ANOTHER_LIST.search(where)
        ):
            continue
        doors.house.ground.limits.__init__()
        is_page = not path.startswith("/v1/")
        named = world.named if method == "POST" and is_page else None
        answer = await world.call(role, method, fill(path, world.ids), is_page=is_page, says=named)
        assert answer.status_code not in (401, 404) and answer.status_code < 500, (
            f"{role}: {where} {answer.status_code} {answer.text[:200]}"
        )
