"""Programs that are told what happens, and what they must have heard: each event once, in order, whatever befell it.

A program checks every signature by itself, as the guide says, and remembers the first time that it heard an id. In its
moods it is away, refuses, answers too late or hears and loses its answer: then the same comes again, under the same id.
``expected`` says from the model's orders alone what must have been told.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from renqing.doors.cli.storming.model import CLOSED, Order
from renqing.trade.webhooks.ports import OutsideFailed

TAKES, REFUSES, BUSY, GONE = "takes", "refuses", "busy", "gone"
AWAY, FORGETS = "away", "forgets"  # it hears nothing; it hears, and nobody hears its answer
_STATUS = {TAKES: 204, REFUSES: 500, BUSY: 503, GONE: 410}
MOODS = (TAKES, TAKES, REFUSES, BUSY, AWAY, FORGETS, FORGETS, GONE)
Told = tuple[str, str]  # an event's type, and the order that it names


@dataclass(slots=True)
class Program:
    """Somebody's program. ``wrong`` is what it heard that it should not have."""

    endpoint_id: int
    url: str
    secret: str
    is_platform: bool
    mood: str = TAKES
    bodies: dict[str, bytes] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    told: Counter[Told] = field(default_factory=Counter)
    again: int = 0
    wrong: list[str] = field(default_factory=list)

    def hear(self, headers: Mapping[str, str], body: bytes) -> None:
        """Judge one post by its own words and by what came before."""
        event_id = headers["webhook-id"]
        if not self._is_signed(headers, body):
            self.wrong.append(f"{event_id} is not signed by what its owner was shown")
        before = self.bodies.setdefault(event_id, body)
        if before is not body:
            self.again += 1
            if before != body:
                self.wrong.append(f"{event_id} came with other words: {before!r}, then {body!r}")
            return
        said = msgspec.json.decode(body)
        line = self.lines.setdefault(said["subject"], [])
        line.append(said["sequence"])
        if said["id"] != event_id or line != list(range(1, len(line) + 1)):
            self.wrong.append(f"{event_id} of subject {said['subject']} is out of order: {line}")
        self.told[said["type"], said["data"]["order_id"]] += 1

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        ours = "v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
        return ours in headers["webhook-signature"].split(" ")


@dataclass(slots=True)
class Programs:
    """Everybody who listens, as the one way out reaches them. ``fired`` counts moods that were met."""

    fired: Counter[str]
    everybody: dict[str, Program] = field(default_factory=dict)
    thaw: asyncio.Event = field(default_factory=asyncio.Event)
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    frozen: Callable[[], bool] = lambda: False  # whether who posts waits until it is thawed

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Implements the port."""
        program = self.everybody[url]
        if self.frozen():
            self.holding.set()
            await self.thaw.wait()
        self.fired[f"program_{program.mood}"] += 1
        if program.mood == AWAY:
            raise OutsideFailed("connect")
        heard = len(program.bodies)
        if program.mood != BUSY:
            program.hear(headers, body)
        self.fired["webhook_again"] += heard == len(program.bodies) and program.mood != BUSY
        if program.mood == FORGETS:
            raise OutsideFailed("slow")
        return _STATUS[program.mood]


def expected(orders: Iterable[Order], *, is_platform: bool) -> Counter[Told]:
    """What a program must have been told once everything has come to rest."""
    told = Counter[Told]()
    for order in orders:
        about = str(order.id)
        if not order.whole and order.in_time:
            told["order.paid", about] += 1
        if order.state == CLOSED:
            told["order.closed", about] += 1
        told["order.shipped", about] += order.parcels
        told["order.received", about] += order.received_at is not None
        told["aftersale.moved", about] += sum(case.moves for case in order.cases)
        told.update(_of_refunds(order, str(order.whole or order.id)))
        told.update(_of_gift(order, about, is_platform=is_platform))
    return +told


def _of_refunds(order: Order, paid_as: str) -> Counter[Told]:
    begun, done = len(order.backs), sum(back.done for back in order.backs)
    told = Counter[Told]({("refund.started", paid_as): begun, ("refund.done", paid_as): done})
    if order.gift is not None or order.whole:
        told.update({("gift.refund.started", paid_as): begun, ("gift.refund.succeeded", paid_as): done})
    return told


def _of_gift(order: Order, about: str, *, is_platform: bool) -> Counter[Told]:
    gift, told = order.gift, Counter[Told]()
    if gift is not None or order.whole:
        told["gift.shipped", about] += order.parcels
    if gift is None or not order.in_time:
        return told
    told["gift.paid", about] += 1
    told["gift.opened", about] += is_platform and gift.told_opened
    told["gift.claimed", about] += gift.shares - gift.left
    told["gift.sku_changed_on_claim", about] += gift.claimed_by is not None and order.pieces[0].sku != gift.sku
    if gift.how:
        told[f"gift.{gift.how}", about] += 1
    told["gift.refunded", about] += sum(back.done for back in order.backs if back.why == "gift")
    return told


def differs(program: Program, orders: Iterable[Order]) -> str:
    """What is wrong with what a program has heard, empty where nothing is."""
    wanted = expected(orders, is_platform=program.is_platform)
    if program.wrong:
        return program.wrong[0]
    if program.told != wanted:
        return f"not told: {wanted - program.told}, told too much: {program.told - wanted}"
    return ""
