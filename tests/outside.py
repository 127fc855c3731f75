"""Somebody's programs that are told things: they take, refuse or hang as a test wants, and keep what they heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from town import Town

from renqing.trade import webhooks
from renqing.trade.webhooks import Endpoint, NewEndpoint
from renqing.trade.webhooks.ports import OutsideFailed

URL = "https://hooks.example.com/renqing"


@dataclass(slots=True)
class Heard:
    """One post as a program gets it."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.said["type"])


@dataclass(slots=True)
class FakeOutside:
    """Implements the port. ``answers``: what each address answers, 204 unless told otherwise; a word is a failure."""

    answers: dict[str, int | str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    before: Callable[[Heard], Any] | None = None
    held: dict[str, asyncio.Event] = field(default_factory=dict)  # addresses that answer once this is set

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        post = Heard(url, dict(headers), body)
        self.heard.append(post)
        if self.before is not None:
            await self.before(post)
        if url in self.held:
            await self.held[url].wait()
        answer = self.answers.get(url, 204)
        if isinstance(answer, str):
            raise OutsideFailed(answer)
        return answer

    def types(self, url: str = URL) -> list[str]:
        return [post.type for post in self.heard if post.url == url]


async def listen(town: Town, shop_id: int | None = None, url: str = URL, **how: Any) -> tuple[Endpoint, str]:
    """An endpoint of a shop (the town's, unless another or the platform is named), and its secret."""
    owner = town.shop_id if shop_id is None else shop_id

    async def story(tx: Any) -> tuple[Endpoint, str]:
        return await webhooks.add_endpoint(tx, owner, NewEndpoint(url, **how), loopback=True)

    return await town.ground.db.run(story)


async def deliveries(town: Town) -> list[Any]:
    """Every delivery, by endpoint, line and number."""
    return await town.ground.db.fetch("SELECT * FROM webhook_delivery ORDER BY endpoint_id, subject_id, n")


async def endpoint_row(town: Town, endpoint_id: int) -> Any:
    return await town.ground.db.fetchrow("SELECT * FROM webhook_endpoint WHERE id = $1", endpoint_id)


def at(post: Heard) -> datetime:
    return datetime.fromisoformat(post.said["timestamp"])
