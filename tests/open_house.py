"""A house with its doors open: the server on a real socket, the sandbox bank beside it, and the worker at hand.

What a caller is answered is held to the OpenAPI document: the status and the code must stand there for the route, and
the body must fit its schema.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
from bankside import SECRET, listening
from litestar import Litestar
from schemas import misfits
from town import Town, build_town

from renqing.books import people
from renqing.doors.api.openapi import document
from renqing.doors.house import House
from renqing.doors.worker import Worker
from renqing.foundation.clock import SystemClock
from renqing.foundation.ids import SeededIds
from renqing.foundation.secrets import Keys, write_keys
from renqing.foundation.settings import Settings
from renqing.main import create_app, house_behind
from renqing.providers.sandbox_channel import SandboxChannel
from renqing.providers.sandbox_channel.bank.app import Bank

KEYS = Keys({1: bytes(range(32))}, bytes(range(32, 64)))
_keys = count(1)


@dataclass(slots=True)
class Answer:
    """What was answered."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class Caller:
    """A program of somebody: signed in as them, with a fresh key for every write."""

    doors: OpenHouse
    token: str = ""
    language: str = "en"
    person_id: int = 0

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.call("GET", path, params={name: value for name, value in query.items() if value is not None})

    async def post(self, path: str, body: Any = None, **asked: Any) -> Answer:
        return await self.call("POST", path, body=body, **asked)

    async def put(self, path: str, body: Any = None, **asked: Any) -> Answer:
        return await self.call("PUT", path, body=body, **asked)

    async def patch(self, path: str, body: Any = None, **asked: Any) -> Answer:
        return await self.call("PATCH", path, body=body, **asked)

    async def delete(self, path: str, **asked: Any) -> Answer:
        return await self.call("DELETE", path, **asked)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> Answer:
        """One request. ``raw`` is sent as it is; ``key`` empty sends none."""
        sent = {"accept-language": self.language}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        if method != "GET" and key != "":
            sent["idempotency-key"] = key or f"call-{next(_keys)}"
        if raw is not None:
            sent["content-type"] = "application/json"
        reply = await self.doors.client.request(
            method, path, json=body, content=raw, headers={**sent, **(headers or {})}, params=params or None
        )
        is_json = "json" in reply.headers.get("content-type", "")
        answer = Answer(reply.status_code, reply.json() if is_json and reply.content else reply.text, reply.headers)
        self.doors.hold_to_the_document(method, path, answer)
        return answer

    async def ok(self, method: str, path: str, body: Any = None, **asked: Any) -> Any:
        """The body of an answer that must be a yes."""
        answer = await self.call(method, path, body=body, **asked)
        assert answer.status in (200, 201, 204), (method, path, answer.status, answer.body)
        return answer.body

    async def refused(self, method: str, path: str, body: Any = None, **asked: Any) -> tuple[int, str]:
        """Status and code of an answer that must be a no."""
        answer = await self.call(method, path, body=body, **asked)
        assert answer.status >= 400, (method, path, answer.body)
        assert set(answer.body) <= {"type", "title", "status", "code", "facts"}, answer.body
        assert answer.body["status"] == answer.status and answer.body["title"], answer.body
        return answer.status, answer.code


@dataclass
class OpenHouse:
    """What a test holds."""

    url: str
    app: Litestar
    town: Town
    bank: Bank
    channel: SandboxChannel
    client: httpx.AsyncClient
    worker: Worker
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    @property
    def document(self) -> dict[str, Any]:
        return _document(self.app)

    async def caller(self, person_id: int = 0, *, language: str = "en") -> Caller:
        """Somebody's program; 0 is nobody's."""
        if not person_id:
            return Caller(self, language=language)

        async def prove(tx: Any) -> Any:
            return await people.sign_in(tx, person_id, kind="bearer", how="demo")

        ground = self.house.ground
        _, token = await people.let_in_once(ground.db, self.town.key(0), prove)
        return Caller(self, token, language, person_id)

    async def callers(self, *person_ids: int) -> list[Caller]:
        return [await self.caller(person_id) for person_id in person_ids]

    async def settle(self) -> None:
        """Let the bank's callbacks arrive and the worker do what is due, until nothing moves."""
        for _ in range(10):
            moved = await self.bank.postman.deliver_due(self.bank.books.now_ms())
            if not await self.worker.drain() and not moved:
                return
        raise AssertionError("the house does not come to rest")

    async def pay(self, payer: Caller, order_id: str) -> None:
        """Go to the cashier, pay there, and let the news arrive."""
        ready = await payer.ok("POST", f"/v1/orders/{order_id}/payments", {})
        async with httpx.AsyncClient(trust_env=False) as browser:
            reply = await browser.post(ready["cashier_url"])
        assert reply.status_code == 303
        await self.settle()

    async def pass_time(self, **time: int) -> None:
        """Move the demo's clock on, and let what it passes fall due."""
        seconds = time.get("seconds", 0) + 60 * time.get("minutes", 0) + 3600 * time.get("hours", 0)
        seconds += 86_400 * time.get("days", 0)
        await (await self.caller()).ok("POST", "/v1/demo/clock", {"seconds": seconds})
        await self.settle()

    def hold_to_the_document(self, method: str, path: str, answer: Answer) -> None:
        """The answer stands in the document: its status, its code, its shape."""
        bare = path.partition("?")[0]
        for template, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare) and method.lower() in operations:
                operation = operations[method.lower()]
                break
        else:
            return
        self.seen.add((method, template, answer.status))
        where = f"{method} {template} {answer.status} {answer.body}"
        assert answer.status < 500 or answer.status == 503, where
        assert str(answer.status) in operation["responses"], f"{where}: the document has no such status"
        said = operation["responses"][str(answer.status)]
        assert answer.status < 400 or answer.code in said["x-codes"], f"{where}: the document has no such code"
        schema = next(iter(said.get("content", {}).values()), {}).get("schema")
        if schema is not None and not isinstance(answer.body, str):
            assert not list(misfits(self.document, schema, answer.body)), where


@cache
def _doors() -> Litestar:
    """The doors that houses of this run share: making them takes a second, and no test changes them."""
    return create_app(Settings())


@cache
def _document(app: Litestar) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(app)))
    return made


@contextlib.asynccontextmanager
async def _at_work(worker: Worker) -> AsyncIterator[None]:
    """The worker works by itself, as it does beside a real server."""
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await working


@contextlib.asynccontextmanager
async def open_house(
    database_url: str, folder: Path, *, by_itself: bool = False, **settings: Any
) -> AsyncIterator[OpenHouse]:
    """A demo house in a town, unless the settings say otherwise. ``by_itself``: bank and worker need no telling."""
    write_keys(KEYS, folder / "keys")
    clock = SystemClock()
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: no delay for TCP alone
    place.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{place.getsockname()[1]}"
    bank = Bank(
        folder / "sandbox.sqlite3",
        secret=SECRET,
        public_url="",
        clock=clock,
        ids=SeededIds(9),
        deliver_by_itself=by_itself,
    )
    async with listening(bank, lifespan="on") as bank_url:
        bank._merchant._public_url = bank_url
        given = Settings(
            **{
                "mode": "demo",
                "home": str(folder),
                "database_url": database_url,
                "keys_file": str(folder / "keys"),
                "public_url": url,
                "sandbox_url": bank_url,
                "sandbox_secret": SECRET,
                **settings,
            }
        )
        app = create_app(given) if settings else _doors()
        async with (
            house_behind(app, given),
            listening(app, lifespan="off", place=place),
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client,
        ):
            house: House = app.state.house
            town = await build_town(house.ground)
            channel = SandboxChannel(bank_url, SECRET, clock, SeededIds(2))
            worker = Worker(house)
            try:
                async with _at_work(worker) if by_itself else contextlib.nullcontext():
                    yield OpenHouse(url, app, town, bank, channel, client, worker)
            finally:
                channel.close_connections()
