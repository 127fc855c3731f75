"""The bank's callbacks as they reach the house: one after the other, together in one batch, or racing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from renqing.doors.cli.storming.baton import Baton
from renqing.doors.cli.storming.judging import TORN
from renqing.doors.cli.storming.stage import Stage
from renqing.doors.cli.storming.weather import Deed, deed_now
from renqing.foundation.database import DatabaseAway
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import Chance
from renqing.journeys.take_a_payment import Heard, Taken, take_payments
from renqing.trade.payments.ports import CallbackForged

RACERS_MAX = 3
THANKS, REFUSED, FORGED, BROKEN = 200, 422, 403, 500
Letter = tuple[Heard | None, "asyncio.Future[int]"]


class Post:
    """Hands callbacks over as the door does: read, judged, stored, and only then thanked for."""

    def __init__(
        self, stage: Stage, chance: Chance, deed: Callable[..., Deed], total_of: Callable[[int], int | None]
    ) -> None:
        self._stage = stage
        self._chance = chance
        self._deed = deed
        self._total_of = total_of
        self._thanked: set[str] = set()
        self.heard: Counter[str] = Counter()

    async def deliver(self) -> str:
        """Everything that is due by the bank's clock; what was heard."""
        self.heard = Counter()
        carrying = asyncio.create_task(self._stage.bank.deliver())
        ears = self._stage.ears
        while not carrying.done():
            arriving = asyncio.create_task(ears.arrived.wait())
            await asyncio.wait({carrying, arriving}, return_when=asyncio.FIRST_COMPLETED)
            arriving.cancel()
            for _ in range(4):  # what leaves together arrives together
                await asyncio.sleep(0)
            ears.arrived.clear()
            mail, ears.mail = ears.mail, []
            await self._hear(sorted(mail, key=lambda one: one[1]))
        await carrying
        return str(dict(self.heard))

    async def _hear(self, mail: list[tuple[Mapping[str, str], bytes, asyncio.Future[int]]]) -> None:
        self._chance.shuffle(mail)
        letters = [(self._read(headers, raw), answered) for headers, raw, answered in mail]
        for _, answered in [letter for letter in letters if letter[0] is None]:
            answered.set_result(FORGED)
        believed = [(said, answered) for said, answered in letters if said is not None]
        while believed:
            how = self._chance.randrange(3)
            count = 1 if how == 0 else RACERS_MAX if how == 1 else len(believed)
            some, believed = believed[:count], believed[count:]
            if how == 1:
                await self._race(some)
            else:
                await self._together(some)

    def _read(self, headers: Mapping[str, str], raw: bytes) -> Heard | None:
        try:
            news = self._stage.gate.read_callback(headers, raw, self._stage.clock.machine_now())
        except CallbackForged:
            self._stage.sky.fired["callback_forged"] += 1
            return None
        if news.event_id in self._thanked:
            self._stage.sky.fired["callback_duplicated"] += 1
        return Heard("sandbox", news, raw)

    async def _together(self, letters: list[tuple[Heard, asyncio.Future[int]]]) -> None:
        """One batch, in which an event stands once: copies of it go alone, after the first."""
        first: dict[str, tuple[Heard, asyncio.Future[int]]] = {}
        copies = []
        for letter in letters:
            event_id = letter[0].news.event_id
            if event_id in first:
                copies.append(letter)
            else:
                first[event_id] = letter
        await self._take(list(first.values()))
        for letter in copies:
            await self._take([letter])

    async def _race(self, letters: list[tuple[Heard, asyncio.Future[int]]]) -> None:
        baton = Baton(self._stage.observer, self._chance)
        self._stage.sky.baton = baton
        stories: list[tuple[Any, Callable[[], Awaitable[None]]]] = []
        for letter in letters:
            deed = self._deed("callback", at_most=8, percent=6)
            stories.append((deed, partial(self._take, [letter], deed)))
        try:
            await baton.conduct(stories)
        finally:
            self._stage.sky.baton = None
        self._stage.sky.fired["callbacks_racing"] += len(letters) > 1
        self._stage.sky.fired["several_waited"] += bool(baton.crowds_seen)

    async def _take(self, letters: list[tuple[Heard, asyncio.Future[int]]], deed: Deed | None = None) -> None:
        deed = deed or self._deed("callbacks", at_most=8)
        token = deed_now.set(deed)
        try:
            answers = list(await take_payments(self._stage.ground, [said for said, _ in letters]))
        except BaseException as failure:
            if not deed.is_dead and not isinstance(failure, DatabaseAway):
                raise
            answers = [Refusal() for _ in letters]
            self.heard[TORN] += len(letters)
            for _, answered in letters:
                answered.set_result(BROKEN)
        finally:
            deed_now.reset(token)
            await self._stage.sky.bury(deed)
        for (said, answered), answer in zip(letters, answers, strict=True):
            if not answered.done():
                self._thank(said, answered, answer)

    def _thank(self, said: Heard, answered: asyncio.Future[int], answer: object) -> None:
        if isinstance(answer, Refusal):
            self.heard[answer.code] += 1
            self._stage.sky.fired[answer.code] += 1
            answered.set_result(REFUSED)
            return
        if isinstance(answer, Exception):
            raise answer
        captured = isinstance(answer, Taken) and answer.effect == "capture"
        if captured and said.news.amount != self._total_of(said.news.intent_id):
            raise AssertionError(f"booked for another amount than was asked: {said.news}")
        self.heard["taken"] += 1
        self._thanked.add(said.news.event_id)
        answered.set_result(THANKS)
