"""The postman: carries webhooks out, many at a time, beside the worker's other work.

An endpoint that fails never delays another: how much of one may be in the air is bounded, those that failed last time
have places of their own, and what is in the air keeps nobody from looking for more.
"""

from __future__ import annotations

import asyncio
import contextlib

from renqing.doors.house import House
from renqing.foundation import crash
from renqing.foundation.database import DatabaseAway
from renqing.foundation.logs import log
from renqing.journeys.send_webhooks import lend_webhooks, send_a_webhook
from renqing.trade import webhooks
from renqing.trade.webhooks import Lent

IN_THE_AIR_MAX = 64
IN_THE_AIR_FAILING_MAX = 32
LOOK_EVERY_SECONDS = 0.1
AWAY_SECONDS = 0.5


class Postman:
    """Carries what is due, on its own (``run``) or when told (``send_due``). Several workers' may run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._in_the_air: dict[bool, set[asyncio.Task[None]]] = {False: set(), True: set()}
        self._landed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Carry as webhooks come due, until told to stop; what is in the air then is waited for."""
        while not stop.is_set():
            self._landed.clear()
            try:
                launched = await self._launch()
                pause = LOOK_EVERY_SECONDS
            except DatabaseAway:
                launched, pause = 0, AWAY_SECONDS
            except Exception:  # noqa: BLE001 - whatever broke, webhooks go on
                log.exception("postman_broke")
                launched, pause = 0, AWAY_SECONDS
            if not launched:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_either(stop, self._landed), pause)
        await self._land()

    async def send_due(self) -> int:
        """Try everything that is due once, and what that sets free; how many tries. For tests, tours and storms."""
        tries = await self._launch()
        await self._land()
        return tries

    async def _launch(self) -> int:
        """Send off what is due, as far as there are places; how many."""
        ground, launched = self._house.ground, 0
        if not await webhooks.are_due(ground.db, ground.clock.now()):
            return 0
        for failing, places in ((False, IN_THE_AIR_MAX), (True, IN_THE_AIR_FAILING_MAX)):
            room = places - len(self._in_the_air[failing])
            lent = await lend_webhooks(ground, room, failing=failing)
            if lent:
                crash.point("webhooks_lent")  # nothing of it is posted yet: its tasks begin at the next wait
            for one in lent:
                task = asyncio.create_task(self._carry(one))
                self._in_the_air[failing].add(task)
                task.add_done_callback(self._in_the_air[failing].discard)
                launched += 1
        return launched

    async def _carry(self, lent: Lent) -> None:
        try:
            await send_a_webhook(self._house.ground, self._house.outside, lent)
        except DatabaseAway:
            log.warning("webhook_answer_not_kept", delivery=lent.id)  # its loan runs out, and it is sent again
        except Exception:  # noqa: BLE001 - one delivery's trouble is not the others'
            log.exception("webhook_broke", delivery=lent.id)
        finally:
            self._landed.set()

    async def _land(self) -> None:
        await asyncio.gather(*self._in_the_air[False], *self._in_the_air[True])


async def _either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Wait until one of two has happened."""
    waits = [asyncio.create_task(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
