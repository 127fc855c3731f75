"""A whole house for tests: a ground, a fake channel, and the worker that looks after both."""

from __future__ import annotations

from functools import partial
from typing import Any

from channel import FakeChannel
from outside import FakeOutside

from renqing.doors.house import House
from renqing.doors.live import Hub
from renqing.doors.worker import Worker
from renqing.foundation.batcher import Batcher
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import check_out
from renqing.journeys.claim_a_gift import claim_gifts
from renqing.journeys.enter_a_draw import enter_draws
from renqing.journeys.keep_a_cart import put_in_carts
from renqing.journeys.start_a_payment import PaymentStarts
from renqing.journeys.take_a_payment import take_payments
from renqing.journeys.take_a_present import take_presents
from renqing.social.moderation import WordList
from renqing.trade.webhooks.ports import Outside


class MemoryShelf:
    """Keeps bytes as long as the test lasts."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, place: str, body: bytes) -> None:
        self.kept[place] = body

    def get(self, place: str) -> bytes | None:
        return self.kept.get(place)

    def drop(self, place: str) -> None:
        self.kept.pop(place, None)


class NoMessages:
    """Carries nothing to any phone."""

    async def send(self, *said: Any) -> None:
        raise AssertionError("nobody is to be sent a message here")


def build_test_house(ground: Ground, channel: FakeChannel | None = None, outside: Outside | None = None) -> House:
    """A house as the roof builds it, with a channel that does as told."""
    channels = {"sandbox": channel or FakeChannel()}
    return House(
        ground=ground,
        channels=channels,
        default_channel="sandbox",
        messages=NoMessages(),
        hub=Hub(ground.settings.database_url),
        cart_puts=Batcher(partial(put_in_carts, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        payment_starts=PaymentStarts(ground, channels),
        check_outs=Batcher(partial(check_out, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        claims=Batcher(partial(claim_gifts, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        presents=Batcher(partial(take_presents, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        entries=Batcher(partial(enter_draws, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        callbacks=Batcher(partial(take_payments, ground), key=lambda heard: (heard.channel, heard.news.event_id)),
        outside=outside or FakeOutside(),
        shelf=MemoryShelf(),
        moderator=WordList(ground.db),
    )


def worker_of(ground: Ground, channel: FakeChannel | None = None, outside: Outside | None = None) -> Worker:
    """The worker of such a house."""
    return Worker(build_test_house(ground, channel, outside))
