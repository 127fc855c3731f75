"""A request is answered in the lane as it is behind the framework: the same status, headers and body, to the byte."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import httpx
import msgspec
import pytest
from open_house import OpenHouse
from world import World, build_world, callers_of

from renqing.doors.lane import Lane
from renqing.doors.shield import Shield
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import DatabaseAway

BAD = (b"", b"{}", b"[", b'{"no":"such"}', b'"\\u0000"')
SPELT = ("9223372036854775808", "0", "-1", "x", "%00", "%F0%9F%8E%81")
JSON = {"content-type": "application/json"}


class Two:
    """Each request twice, with the same key: in the lane, then behind the framework alone."""

    def __init__(self, doors: OpenHouse) -> None:
        self.doors = doors
        lane = doors.app.asgi_handler._app
        assert isinstance(lane, Lane)
        self._lane = self._client(Shield(lane, cashiers=(), has_tls=False))
        self._framework = self._client(Shield(lane._framework, cashiers=(), has_tls=False))
        self.statuses: Counter[int] = Counter()

    def _client(self, app: Any) -> httpx.AsyncClient:
        async def known(scope: Any, receive: Any, send: Any) -> None:
            scope["litestar_app"] = self.doors.app
            await app(scope, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(known), base_url=self.doors.url)

    async def ask(self, method: str, path: str, headers: dict[str, str], content: bytes | None = None) -> int:
        answers = []
        for client in (self._lane, self._framework):
            self.doors.house.ground.limits.__init__()
            reply = await client.request(method, path, headers=headers, content=content)
            answers.append((reply.status_code, sorted(reply.headers.multi_items()), reply.content))
        assert answers[0] == answers[1], (method, path, headers, content)
        self.statuses[answers[0][0]] += 1
        return answers[0][0]


@pytest.fixture
async def world(doors) -> World:
    return await build_world(doors)


def operations_of(doors: OpenHouse) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (template, method.upper(), operation)
        for template, operations in doors.document["paths"].items()
        for method, operation in operations.items()
        if "/demo/" not in template and template != "/v1/live"
    ]


async def test_most_routes_have_a_lane(doors):
    simple = [template for template, _, _ in operations_of(doors) if template.count("{") < 2]
    assert len(doors.app.asgi_handler._app) > 0.9 * len(simple)


async def test_what_can_be_read_reads_the_same(doors, world):
    two, callers = Two(doors), await callers_of(doors, world)
    for template, method, operation in operations_of(doors):
        if method != "GET":
            continue
        caller = callers.get(operation["x-audience"], callers["person"])
        signed_in = {"authorization": f"Bearer {caller.token}", "accept-language": "en"}
        path = template.format_map(defaultdict(lambda: "1", world.ids))
        for headers in (signed_in, {}, {"authorization": "Bearer nobody's"}, {"authorization": "Basic eDp5"}):
            await two.ask(method, path, headers)
        for query in ("limit=5", "limit=0", "limit=x", "limit=", "limit=2&limit=3", "cursor=x", "query=%E8%8C%B6&x=1"):
            await two.ask(method, f"{path}?{query}", signed_in)
        for spelt in SPELT:
            await two.ask(method, re.sub(r"\{\w+\}", spelt, template), signed_in)
    assert set(two.statuses) == {200, 401, 404, 422}


async def test_what_can_be_written_is_answered_the_same(doors, world):
    two, callers = Two(doors), await callers_of(doors, world)
    for place, (template, method, operation) in enumerate(operations_of(doors)):
        if method == "GET" or template.startswith(("/v1/sign-ins", "/v1/operator/checks")):  # never the same twice
            continue
        caller = callers.get(operation["x-audience"], callers["person"])
        path = template.format_map(defaultdict(lambda: "1", world.ids))
        who = {"authorization": f"Bearer {caller.token}", "accept-language": "en"}
        usual = msgspec.json.encode(world.body_of(method, path)) if "requestBody" in operation else b""
        for turn, content in enumerate(BAD if place % 10 else (*BAD, b"x" * 1_000_001)):
            await two.ask(method, path, {**who, **JSON, "idempotency-key": f"bad-{place}-{turn}"}, content)
        key = {"idempotency-key": f"good-{place}"}
        await two.ask(method, path, {**JSON, **key}, usual)
        await two.ask(method, path, {**who, **JSON}, usual)
        await two.ask(method, path, {**who, **key, "content-type": "text/plain"}, usual)
        if "password" not in template:
            await two.ask(method, path, {**who, **JSON, **key}, usual)
            await two.ask(method, path, {**who, **JSON, **key}, usual or b'{"another":"body"}')
    assert {200, 201, 401, 404, 409, 413, 415, 422} <= set(two.statuses)
    assert not [status for status in two.statuses if status >= 500]


async def test_a_sign_in_that_was_ended_is_nobodys_from_the_next_request_on(doors):
    caller = await doors.caller(doors.town.an)
    assert (await caller.get("/v1/me")).status == 200
    await caller.ok("DELETE", "/v1/sign-ins/current")
    assert (await caller.get("/v1/me")).status == 401


async def test_nobody_can_be_looked_up_while_the_database_is_away(doors, monkeypatch):
    async def away(_tokens: Any) -> list[Any]:
        raise DatabaseAway

    monkeypatch.setattr(doors.app.state.readings, "readers", Batcher(away))
    signed_in = {"authorization": "Bearer somebody's", "accept-language": "en"}
    assert await Two(doors).ask("GET", "/v1/me", signed_in) == 503
    body = b'{"sku_id":"1","quantity":1}'
    assert await Two(doors).ask("POST", "/v1/cart/lines", {**signed_in, **JSON, "idempotency-key": "away"}, body) == 503
