"""One story in a process of its own, which a storm may kill: ``one_story.py STORY JSON``. Prints what it answered.

The process stands on the test's database, at its time and with its keys; ``RENQING_CRASH_AT`` says where it dies.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from channel import FakeChannel
from household import worker_of
from outside import FakeOutside
from town import hears

from renqing.foundation.clock import SetClock
from renqing.foundation.database import Database, next_node, open_pool
from renqing.foundation.ground import Ground
from renqing.foundation.ids import NodeIds
from renqing.foundation.once import once
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import Settings
from renqing.journeys.check_out import CheckOut, check_out
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.give_a_gift import GiveAGift, give_a_gift
from renqing.journeys.take_a_payment import take_payments
from renqing.trade.payments.ports import ChannelRefund, RefundAsk

KEYS = Keys({1: bytes(range(32))}, bytes(range(32, 64)))  # as conftest's


class KeptChannel(FakeChannel):
    """A channel whose truth is a file: it outlives whoever asked it."""

    file: Path

    @classmethod
    def of(cls, file: Path) -> KeptChannel:
        channel = cls()
        channel.file = file
        if file.exists():
            kept = msgspec.json.decode(file.read_bytes(), type=list[RefundAsk])
            channel.refunds = {ask.refund_id: ask for ask in kept}
        return channel

    async def refund(self, ask: RefundAsk) -> ChannelRefund:
        answer = await super().refund(ask)
        self.file.write_bytes(msgspec.json.encode(list(self.refunds.values())))
        return answer


class KeptOutside(FakeOutside):
    """A program whose memory is a file: it outlives whoever told it."""

    file: Path

    @classmethod
    def of(cls, file: Path) -> KeptOutside:
        outside = cls()
        outside.file = file
        return outside

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        with self.file.open("ab") as kept:
            kept.write(msgspec.json.encode([headers["webhook-id"], body.decode()]) + b"\n")
        return await super().post(url, headers, body)

    def told(self) -> list[tuple[str, str]]:
        """The id and the words of each post, as they came."""
        return [msgspec.json.decode(line, type=tuple[str, str]) for line in self.file.read_bytes().splitlines()]


async def tell(ground: Ground, story: str, said: dict[str, Any]) -> Any:
    """The story's answer. A story of a person has their key in ``key``."""
    match story:
        case "check_out":
            ask = msgspec.convert(said["ask"], CheckOut)
            return (await check_out(ground, [(ask, once(ask.buyer_id, said["key"], story, ask))]))[0]
        case "give":
            gift = msgspec.convert(said["ask"], GiveAGift)
            return await give_a_gift(ground, gift, once(gift.giver_id, said["key"], story, gift))
        case "claim":
            claim = msgspec.convert(said["ask"], ClaimAGift)
            return (await claim_gifts(ground, [(claim, once(claim.claimant_id, said["key"], story, claim))]))[0]
        case "refuse":
            refusal = msgspec.convert(said["ask"], RefuseAGift)
            return await refuse_a_gift(ground, refusal, once(refusal.person_id, said["key"], story, refusal))
        case "take":
            return (await take_payments(ground, [hears(said["intent_id"], said["amount"], event_id=said["key"])]))[0]
        case "work":
            channel = KeptChannel.of(Path(said["channel"]))
            channel.refund_state = said.get("refunds", "done")
            outside = KeptOutside.of(Path(said["outside"])) if "outside" in said else None
            return await worker_of(ground, channel, outside).drain()
    raise AssertionError(f"there is no story {story}")


async def main(story: str, said: dict[str, Any]) -> None:
    pool = await open_pool(said["dsn"], size=4)
    clock, ids = SetClock(datetime.fromisoformat(said["now"])), NodeIds(await next_node(pool))
    settings = Settings(mode="test", database_url=said["dsn"])
    answer = await tell(Ground(Database(pool, clock, ids, KEYS), clock, ids, KEYS, settings), story, said)
    if isinstance(answer, Exception):
        raise answer
    sys.stdout.write(msgspec.json.encode(answer).decode())
    pool.terminate()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
