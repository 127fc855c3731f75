"""What stands under the roof: a house on its database, with every way out plugged in, and the worker in it.

Apart from ``main.py``, which knows every door, so that a worker carries no page and no route.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from renqing.doors.cli.plain import keys_or_end
from renqing.doors.cli.readiness import say_ready
from renqing.doors.house import House
from renqing.doors.live import Hub
from renqing.doors.worker import Worker
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import SystemClock
from renqing.foundation.database import Database, next_node, open_pool
from renqing.foundation.demo_clock import follow_demo_clock
from renqing.foundation.ground import Ground
from renqing.foundation.ids import NodeIds
from renqing.foundation.once import Once
from renqing.foundation.settings import Settings, check_safe
from renqing.foundation.turns import Turns
from renqing.journeys.check_out import check_out
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.enter_a_draw import EnterADraw, enter_draws
from renqing.journeys.keep_a_cart import put_in_carts
from renqing.journeys.start_a_payment import PaymentStarts
from renqing.journeys.take_a_payment import take_payments
from renqing.journeys.take_a_present import take_presents
from renqing.providers.media_files import FolderShelf
from renqing.providers.messages import plug_messages
from renqing.providers.outside import GuardedOutside
from renqing.providers.sandbox_channel import SandboxChannel
from renqing.social.moderation import WordList


def gift_asked(ask: tuple[ClaimAGift | EnterADraw, Once]) -> str:
    """Which gift a claim or an entry is for, as it names it: by its link or by its number."""
    return (
        f"link {hashlib.sha256(ask[0].token.encode()).hexdigest()}"
        if ask[0].token is not None
        else f"gift {ask[0].gift_id}"
    )


@asynccontextmanager
async def build_house(settings: Settings, *, pool_size: int | None = None) -> AsyncIterator[House]:
    """A house on its database, for as long as the block lasts. Raises UnsafeSettings."""
    check_safe(settings)
    keys = keys_or_end(settings)
    pool = await open_pool(settings.database_url, size=pool_size or settings.pool_size)
    clock, ids = SystemClock(), NodeIds(await next_node(pool))
    ground = Ground(Database(pool, clock, ids, keys), clock, ids, keys, settings)
    sandboxes = (
        [SandboxChannel(settings.sandbox_url, settings.sandbox_secret, clock, ids)] if settings.sandbox_url else []
    )
    messages = plug_messages(ground)
    channels = {channel.name: channel for channel in sandboxes}
    house = House(
        ground=ground,
        channels=channels,
        default_channel=next((channel.name for channel in sandboxes), None),
        messages=messages,
        hub=Hub(settings.database_url),
        cart_puts=Batcher(partial(put_in_carts, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        payment_starts=PaymentStarts(ground, channels),
        check_outs=Batcher(partial(check_out, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        claims=Batcher(
            partial(claim_gifts, ground),
            key=lambda ask: (ask[1].subject, ask[1].key),
            turn=Turns(ground.db, gift_asked),
        ),
        entries=Batcher(
            partial(enter_draws, ground),
            key=lambda ask: (ask[1].subject, ask[1].key),
            turn=Turns(ground.db, gift_asked),
        ),
        presents=Batcher(partial(take_presents, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        callbacks=Batcher(partial(take_payments, ground), key=lambda heard: (heard.channel, heard.news.event_id)),
        outside=GuardedOutside(loopback=settings.mode != "production"),
        shelf=FolderShelf(settings.home_path),
        moderator=WordList(ground.db, files_wait=settings.policy.files_wait_for_operator),
    )
    try:
        await follow_demo_clock(ground)
        yield house
    finally:
        for channel in sandboxes:
            channel.close_connections()
        await messages.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 3)
        pool.terminate()


async def run_worker(settings: Settings) -> None:
    """What the worker process of ``renqing up`` runs, until it is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with build_house(settings, pool_size=8) as house:
        say_ready()
        await Worker(house).run(stop)
