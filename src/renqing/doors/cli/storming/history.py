"""One history: a seed's script of asks and faults, played step by step, every answer and every total judged."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from renqing.doors.cli.storming import deeds, turns
from renqing.doors.cli.storming.asks import Ask
from renqing.doors.cli.storming.baton import Baton
from renqing.doors.cli.storming.judging import TORN, Judge, worlds_after
from renqing.doors.cli.storming.listening import MOODS
from renqing.doors.cli.storming.model import CLAIMABLE, Order, World
from renqing.doors.cli.storming.postman import Post
from renqing.doors.cli.storming.script import Script
from renqing.doors.cli.storming.sight import look
from renqing.doors.cli.storming.stage import FROZEN, POISON, Stage
from renqing.doors.cli.storming.town import switch_on
from renqing.doors.cli.storming.turns import Bank
from renqing.doors.cli.storming.weather import STRIKES, AnswerLost, Deed
from renqing.doors.postman import Postman
from renqing.doors.worker import Worker
from renqing.foundation.database import Tx
from renqing.foundation.ids import seeded_chance
from renqing.foundation.timers import LENT_FOR, Deadline, set_timers
from renqing.social import gifts

LOG_LINES = 40
FAULT_PERCENT = 14
OFFSET_HOURS_MAX = 12
_BANK_MOODS: tuple[dict[str, Any], ...] = (
    {"duplicate": 2},
    {"duplicate": 1, "duplicate_apart_seconds": 20},
    {"delay_seconds": 40},
    {"delay_seconds": 3_000},
    {"reorder": 2},
    {"lose": True},
    {"contradict": "amount"},
    {"contradict": "currency"},
    {"contradict": "state"},
    {"contradict": "intent"},
    {"forge": "signature"},
    {"forge": "stale"},
    {"forge": "unsigned"},
    {"forge": "altered"},
    {"refund_seconds": 90},
)
_ANSWERS = ("silent", "fail_before", "fail_after", "refuse", "contradict")
_OPERATIONS = ("open", "query", "close", "refund")


class Surprise(AssertionError):
    """What happened is nothing that may happen. The message ends with the steps that led to it."""


@dataclass
class History:
    """Plays on a stage. ``fired`` counts faults that really happened, ``answers`` what was answered."""

    stage: Stage
    seed: int
    answers: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def __post_init__(self) -> None:
        cast = self.stage.town.cast
        self.chance = seeded_chance(self.seed)
        self.script = Script(cast, self.chance)
        arrived = Counter(dict.fromkeys(cast.prices, self.stage.town.pieces))
        self.world = World({}, arrived, {})
        self.told: dict[tuple[int, str], Any] = {}
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.compared: dict[int, tuple[bytes, Order]] = {}
        self.poisons = 0
        self.mood: dict[str, Any] = {}
        self.post = Post(self.stage, self.chance, self.deed, self.total_of)

    @property
    def fired(self) -> Counter[str]:
        return self.stage.sky.fired

    async def play(self, steps: int) -> None:
        """So many steps, each judged. Raises Surprise."""
        kinds = list(_STEPS)
        weights = [weight for weight, _ in _STEPS.values()]
        while self.steps < steps:
            kind = self.chance.choices(kinds, weights)[0]
            self.steps += 1
            self.note(f"step {self.steps}: {kind} at {self.stage.clock.now():%d %H:%M:%S}")
            try:
                await _STEPS[kind][1](self)
            except Surprise:
                raise
            except Exception as failure:
                raise self.surprise(f"{kind} broke: {failure!r}") from failure

    def note(self, line: str) -> None:
        self.log.append(line)

    def surprise(self, why: str) -> Surprise:
        steps = "\n".join(self.log)
        return Surprise(f"seed {self.seed}, step {self.steps}: {why}\n--- the steps before\n{steps}")

    # what is so -------------------------------------------------------------------------------------------------

    def bank(self) -> Bank:
        """The bank's truth, from its own statement."""
        moved = self.stage.bank.movements()
        return Bank(
            frozenset(int(line.intent_id) for line in moved if line.refund_id is None),
            frozenset(int(line.refund_id) for line in moved if line.refund_id is not None),
        )

    def total_of(self, intent_id: int) -> int | None:
        """What was asked for with this intent."""
        return next((one.total for one in self.world.orders.values() if one.intent_id == intent_id), None)

    async def settle(self, worlds: Sequence[World], *, moves_alone: bool = False) -> None:
        """One of these worlds is what is seen: it is so from now on."""
        seen = await look(self.stage.observer)
        cast, now = self.stage.town.cast, self.stage.clock.now()
        judge = Judge(cast, seen, now, self.bank(), self.compared, moves_alone=moves_alone)
        for world in worlds:
            found = judge.fits(world)
            if found is not None:
                self.world = found
                await self._see_links()
                return
        raise self.surprise(judge.why)

    async def _see_links(self) -> None:
        for order in self.world.orders.values():
            gift = order.gift
            if gift is not None and gift.state == CLAIMABLE and order.id not in self.script.tokens:
                ground = self.stage.ground
                token = await gifts.link_token(ground.db, ground.keys, gift.id, order.payer)
                self.script.tokens[order.id] = token or ""

    # deeds ------------------------------------------------------------------------------------------------------

    def deed(self, name: str, *, at_most: int = 12, percent: int = FAULT_PERCENT) -> Deed:
        """A story that is about to be told, perhaps with a fault."""
        if self.chance.randrange(100) >= percent:
            return Deed(name)
        fault = self.chance.choice(STRIKES)
        at = 1 if "commit" in fault else 1 + self.chance.randrange(at_most)
        return Deed(name, fault=fault, at=at, drops=not self.chance.randrange(4))

    async def tell(self, deed: Deed, story: Callable[[], Awaitable[Any]]) -> tuple[str, Any]:
        """Tell a story under its weather: the code of what was answered (``torn``: nobody knows), and the answer."""
        try:
            return "ok", await self.stage.sky.tell(deed, story)
        except AnswerLost:
            return TORN, None
        except Exception as failure:  # noqa: BLE001 - code_of raises what is no refusal
            return deeds.code_of(failure), None

    async def _ask(self, ask: Ask, deed: Deed) -> str:
        stage, world = self.stage, self.world
        code, answer = await self.tell(deed, lambda: deeds.do(stage.house, stage.town, world, ask))
        if code == TORN and not deed.has_fired:
            raise self.surprise(f"{ask} was torn by nothing of ours")
        self.answers[f"{ask.kind} {code}"] += 1
        self.note(f"  {ask} -> {code} {deed.fault if deed.has_fired else ''}")
        if code == "ok":
            self._count(world, ask)
        if code == "ok" and ask.kind != "start_payment":
            first = self.told.setdefault((ask.who, ask.key), answer)
            if first != answer:
                raise self.surprise(f"{ask} was answered {answer}, and before {first}")
        return code

    def _count(self, world: World, ask: Ask) -> None:
        """What must not be too rare to prove anything: shares that go their ways, orders out of carts."""
        order = world.orders.get(ask.order)
        self.fired["ordered_from_cart"] += ask.from_cart
        if order is not None and order.whole:
            self.fired[f"{ask.kind}_of_a_share"] += 1
        if order is not None and order.gift is not None and order.gift.shares > 1:
            self.fired[f"{ask.kind}_among_many"] += 1

    async def one_asks(self) -> None:
        ask = self.script.one(self.world)
        await self._told([ask], [await self._ask(ask, self.deed(ask.kind))])

    async def one_repeats(self) -> None:
        ask = self.script.repeat()
        if ask is not None:
            self.fired["repeated_key"] += 1
            await self._told([ask], [await self._ask(ask, self.deed(ask.kind, percent=4))])

    async def rivals_ask(self) -> None:
        """Several at once, steered by the baton; sometimes deadlines fall due among them."""
        asks = self.script.rivals(self.world)
        sky = self.stage.sky
        sky.baton = baton = Baton(self.stage.observer, self.chance)
        players = [(self.deed(ask.kind, percent=6), ask) for ask in asks]
        stories: list[tuple[Any, Callable[[], Awaitable[str]]]] = [
            (deed, partial(self._ask, ask, deed)) for deed, ask in players
        ]
        works = not self.chance.randrange(4)
        if works:
            due = Deed("deadlines")
            stories.append((due, partial(self._deadlines, due)))
        try:
            codes = await baton.conduct(stories)
        finally:
            sky.baton = None
        self.fired["concurrent"] += 1
        self.fired["waited_for_a_lock"] += bool(baton.waits_seen)
        self.fired["several_waited"] += bool(baton.crowds_seen)
        await self._told(asks, codes[: len(asks)], works=works)

    async def _deadlines(self, deed: Deed) -> str:
        code, _ = await self.tell(deed, lambda: self.stage.worker.run_deadlines(500))
        return code

    async def _told(self, asks: Sequence[Ask], codes: Sequence[str], *, works: bool = False) -> None:
        cast, now = self.stage.town.cast, self.stage.clock.now()
        worlds = list(worlds_after(cast, self.world, asks, codes, now, works=works))
        if not worlds:
            raise self.surprise(f"none of these answers together is allowed: {list(zip(asks, codes, strict=True))}")
        await self.settle(worlds, moves_alone=works)
        if works:
            self._put_off({})

    # the worker -------------------------------------------------------------------------------------------------

    async def worker_works(self) -> None:
        deed = self.deed("work", at_most=30, percent=25)
        await self.work(deed)

    async def work(self, deed: Deed) -> None:
        """The worker works until it has nothing to do, or dies; then all that was due must have happened."""
        undecided = {order.id: order.is_undecided for order in self.world.orders.values()}
        code, _ = await self.tell(deed, self.stage.worker.drain)
        if code == TORN:
            self.stage.hire()
        self.note(f"  work -> {code} {deed.fault if deed.has_fired else ''}")
        await self.settle([self.world], moves_alone=True)
        self._put_off(undecided)
        if code == TORN or deed.has_fired:
            return
        for order in self.world.orders.values():
            why = turns.overdue(order, self.stage.clock.now())
            if why:
                raise self.surprise(f"order {order.id} {why}: {order}")

    def _put_off(self, undecided: dict[int, bool]) -> None:
        now = self.stage.clock.now()
        for order in list(self.world.orders.values()):
            self.world.put(turns.put_off(order, now, was_undecided=undecided.get(order.id, True)))

    async def worker_freezes(self) -> None:
        """It lends errands and stops; its loan runs out, another does them; then it goes on and may write nothing."""
        gate = self.stage.gate
        gate.thaw.clear()
        gate.holding.clear()
        frozen = Worker(self.stage.house, self.stage.worker.effects)
        going = asyncio.create_task(self.tell(Deed(FROZEN), frozen.run_errands))
        waiting = asyncio.create_task(gate.holding.wait())
        await asyncio.wait({going, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self.stage.clock.machine.move(LENT_FOR + timedelta(seconds=1))
        await self.work(Deed("work"))
        gate.thaw.set()
        await going
        self.fired["worker_frozen_past_its_lease"] += gate.holding.is_set()
        await self.settle([self.world], moves_alone=True)

    async def postman_freezes(self) -> None:
        """The same with what programs are told: another tells it again, and the frozen one writes nothing."""
        programs = self.stage.programs
        programs.thaw.clear()
        programs.holding.clear()
        frozen = Postman(self.stage.house)
        going = asyncio.create_task(self.tell(Deed(FROZEN), frozen.send_due))
        waiting = asyncio.create_task(programs.holding.wait())
        await asyncio.wait({going, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self.stage.clock.machine.move(LENT_FOR + timedelta(seconds=1))
        await self.work(Deed("work"))
        programs.thaw.set()
        await going
        self.fired["postman_frozen_past_its_loan"] += programs.holding.is_set()
        await self.settle([self.world], moves_alone=True)

    async def program_changes_its_mood(self) -> None:
        """A program that listens is away, refuses, loses its answers; its owner switches it on again."""
        if not self.stage.programs.everybody:
            await self.one_asks()
            return
        program = self.chance.choice(list(self.stage.programs.everybody.values()))
        program.mood = self.chance.choice(MOODS)
        self.note(f"  {program.url} {program.mood}")
        await switch_on(self.stage.ground, [program.endpoint_id])

    async def poison(self) -> None:
        """A deadline whose effect always breaks."""
        self.poisons += 1
        number, due = self.poisons, self.stage.clock.now()

        async def story(tx: Tx) -> None:
            await set_timers(tx, [Deadline(POISON, number, due)])

        await self.stage.ground.db.run(story)
        self.fired["poisoned_deadline"] += 1

    # the bank ---------------------------------------------------------------------------------------------------

    async def somebody_pays(self) -> None:
        order = self.script.to_pay(self.world, self.bank().paid)
        if order is None:
            await self.one_asks()
            return
        is_paid = await self.stage.bank.pay(order.intent_id)
        self.answers[f"pay {'ok' if is_paid else 'over'}"] += 1
        if is_paid:
            self.fired.update(f"bank_{mood}" for mood in self.mood if not mood.startswith("answer"))
        self.note(f"  order {order.id} pays: {is_paid}")
        await self.settle([self.world])

    async def post_comes(self) -> None:
        self.note(f"  {await self.post.deliver()}")
        await self.settle([self.world], moves_alone=True)

    async def bank_changes_its_mood(self) -> None:
        """From now on it misbehaves in one way towards everybody, or about one operation."""
        if self.chance.randrange(3) == 0:
            changes: dict[str, Any] = {}
        elif self.chance.randrange(2):
            on = self.chance.choice(_OPERATIONS)
            changes = {"answer": self.chance.choice(_ANSWERS), "answer_on": [on], "answer_times": 1}
        else:
            changes = self.chance.choice(_BANK_MOODS)
        await self.stage.bank.switch(changes)
        self.mood = changes
        self.note(f"  the bank: {changes}")

    async def bank_restarts(self) -> None:
        self.stage.bank.restart()
        self.fired["bank_restarted"] += 1

    # time -------------------------------------------------------------------------------------------------------

    async def time_passes(self) -> None:
        seconds = self.chance.choice((5, 31, 31, 60, 60, 300, 600, 901, 3_600, 90_000, 180_000))
        self.stage.clock.machine.move(timedelta(seconds=seconds))

    async def clock_jumps(self) -> None:
        hours = self.chance.randint(-OFFSET_HOURS_MAX, OFFSET_HOURS_MAX)
        before = self.stage.clock.offset
        self.stage.clock.offset = timedelta(hours=hours)
        self.fired["clock_forward" if self.stage.clock.offset > before else "clock_back"] += 1


Step = Callable[[History], Awaitable[None]]
_STEPS: dict[str, tuple[int, Step]] = {
    "ask": (50, History.one_asks),
    "pay": (14, History.somebody_pays),
    "post": (13, History.post_comes),
    "work": (8, History.worker_works),
    "rivals": (8, History.rivals_ask),
    "repeat": (6, History.one_repeats),
    "time": (5, History.time_passes),
    "mood": (4, History.bank_changes_its_mood),
    "jump": (2, History.clock_jumps),
    "freeze": (2, History.worker_freezes),
    "program": (4, History.program_changes_its_mood),
    "freeze_post": (1, History.postman_freezes),
    "restart": (1, History.bank_restarts),
    "poison": (1, History.poison),
}
