"""The weather over histories of gifts: asks are torn, repeated and raced, letters doubled, the worker torn and frozen.

What was torn happened whole or not at all. That is looked up in every table: what stands right after the tear is what
stood before it, or what stands once the ask was repeated with its key and answered; a repeat of what was answered
changes nothing, and neither does a refusal. Where nothing had happened its asker may as well give up.

Of rivals nobody knows who came first: the model tries every order, and one of them must give each the answer that it
heard and leave what is seen. Each fault is counted where it really happened.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import asyncpg
from town import Telling, Town, hears, raised, telling_now
from ways_machine import GAVE_UP, Ask, Machine, Story, heard
from ways_model import NOT_HERE, Way

from renqing.doors.cli.storming.baton import Baton, Observer
from renqing.doors.cli.storming.weather import STRIKES, AnswerLost, Deed, Sky, deed_now
from renqing.foundation import crash
from renqing.foundation.timers import LENT_FOR
from renqing.journeys.take_a_payment import CallbackAmountDiffers, take_payments

FROZEN, TORN = "frozen worker", "(torn)"
FAULT_PERCENT, REPEAT_PERCENT, RACE_PERCENT = 20, 15, 12
TEARS_OF_WORK_MAX = 3
PUT_OFF_MAX = timedelta(minutes=11)  # the longest that an errand is put off
_NEVER_MOVES = ("people_region", "alembic_version")
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> ALL($1) ORDER BY 1"""
Traces = dict[str, tuple[int, int]]


class Storm:
    """What befalls one history. Its chance is its own: the script is that of the same seed in fair weather."""

    def __init__(self, driver: Machine, observer: Observer, traces_sql: str) -> None:
        self.driver, self.sky, self._observer, self._traces_sql = driver, Sky(observer), observer, traces_sql
        self.race_percent = RACE_PERCENT
        self.chance = random.Random(f"storm {driver.seed}")  # noqa: S311 - a script, no secret
        self._told = 0

    @property
    def town(self) -> Town:
        return self.driver.town

    @property
    def fired(self) -> Counter[str]:
        return self.sky.fired

    def _percent(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def _deed(self, name: str, *, at_most: int = 14, percent: int = FAULT_PERCENT) -> Deed:
        """A story that is about to be told, perhaps with a fault."""
        if not self._percent(percent):
            return Deed(name)
        fault = self.chance.choice(STRIKES)
        at = 1 if "commit" in fault else 1 + self.chance.randrange(at_most)
        return Deed(name, fault=fault, at=at, drops=not self.chance.randrange(4))

    # what is so, of every table --------------------------------------------------------------------------------------
    async def traces(self) -> Traces:
        """How many rows each table has, and what they say."""
        rows = await self.town.ground.db.fetch(self._traces_sql)
        return {row["name"]: (row["rows"], row["said"]) for row in rows}

    def _same(self, what: str, one: Traces, other: Traces, *, but: Sequence[str] = ()) -> None:
        moved = [name for name in one if one[name] != other[name] and name not in but]
        self.driver.same(f"{what}: the tables that differ", moved, [])

    # one asks --------------------------------------------------------------------------------------------------------
    async def tell(self, what: str, story: Story) -> tuple[str, Any]:
        """The answer to one ask, whatever befell it on its way: its code, and what was answered."""
        self._told += 1
        name, deed, repeats = f"storm-{self._told}", self._deed(what), self._percent(REPEAT_PERCENT)
        if not deed.fault and not repeats:
            return await self._once(deed, name, story)
        before = await self.traces()
        try:
            code, answered = await self._once(deed, name, story)
        except AnswerLost:
            return await self._after_the_tear(what, name, story, before)
        after = await self.traces()
        if code != "ok":
            self.fired["refusal_left_nothing"] += 1
            self._same(f"{what} was refused", before, after)
            return code, answered
        again = await self._once(Deed(what), name, story)
        self.fired["repeated_key"] += 1
        self.driver.same(f"{what}, asked again with its key,", again, (code, answered))
        self._same(f"{what} was repeated", after, await self.traces())
        return code, answered

    async def _once(self, deed: Deed, name: str, story: Story) -> tuple[str, Any]:
        """Tell it with the keys of this name. Raises AnswerLost."""
        token = telling_now.set(Telling(name))
        try:
            return await self.sky.tell(deed, lambda: heard(story))
        finally:
            telling_now.reset(token)

    async def _after_the_tear(self, what: str, name: str, story: Story, before: Traces) -> tuple[str, Any]:
        """It happened whole or not at all; its asker asks again, or gives up where nothing had happened."""
        after = await self.traces()
        if after == before and self._percent(30):
            self.fired["torn_and_given_up"] += 1
            return GAVE_UP, None
        code, answered = await self._once(Deed(what), name, story)
        self.fired["torn_and_not_happened" if after == before else "torn_and_happened"] += 1
        if after != before:
            self._same(f"{what} was torn half way and answered {code} when repeated", after, await self.traces())
            self.driver.same(f"{what}, that had happened", code, "ok")
        return code, answered

    # the channel -----------------------------------------------------------------------------------------------------
    async def letter(self, intent_id: int, amount: int) -> None:
        """The channel's word that it was paid: wrong at first, torn, doubled, or said again in other words."""
        self._told += 1
        event = f"letter-{self._told}"
        if self._percent(10):
            lie = await heard(partial(self._hear, f"lie-{self._told}", intent_id, amount + 1))
            self.driver.same("a letter of another amount", lie[0], CallbackAmountDiffers.__name__)
            self.fired["letter_lies"] += 1
        deed = self._deed("letter")
        before = await self.traces() if deed.fault else {}
        try:
            await self.sky.tell(deed, partial(self._hear, event, intent_id, amount))
        except AnswerLost:
            after = await self.traces()
            await self._hear(event, intent_id, amount)
            self.fired["letter_torn"] += 1
            if after != before:
                self._same("a letter was torn half way", after, await self.traces(), but=["payment_callback"])
        for copy in (event, f"{event}-again"):
            if self._percent(10):
                before = await self.traces()
                await self._hear(copy, intent_id, amount)
                self.fired["letter_doubled"] += 1
                self._same("a letter came twice", before, await self.traces(), but=["payment_callback"])

    async def _hear(self, event: str, intent_id: int, amount: int) -> Any:
        return raised((await take_payments(self.town.ground, [hears(intent_id, amount, event_id=event)]))[0])

    # the worker ------------------------------------------------------------------------------------------------------
    async def work(self) -> None:
        """It works until nothing is due, and is torn, or frozen, or meets a channel that is not well."""
        driver, was_torn = self.driver, False
        self._channel_is_ill()
        for _ in range(self.chance.randrange(TEARS_OF_WORK_MAX) if self._percent(40) else 0):
            deed = self._deed("work", at_most=60, percent=100)
            with suppress(AnswerLost):
                await self.sky.tell(deed, driver.worker.drain)
            if deed.has_fired:  # it is dead, or what it had in hand is put off
                self.fired["worker_torn"] += 1
                was_torn, driver.worker = True, driver.hire()
        if self._percent(15):
            await self._freeze()
        await driver.work()
        if self._channel_is_well():
            await driver.compare_money(all_is_back=False)
            await self._later(PUT_OFF_MAX)
        elif was_torn:  # what a dead worker had in hand is lent to another once its loan is over
            await self._later(LENT_FOR + timedelta(seconds=1))

    async def _later(self, wait: timedelta) -> None:
        self.town.ground.clock.move(wait)  # type: ignore[attr-defined]
        await self.driver.work()

    def _channel_is_ill(self) -> None:
        channel, how = self.driver.channel, self.chance.randrange(100)
        if how < 10:
            channel.silent = {"refund", "payout"}
        elif how < 20:
            channel.deaf = {"refund", "payout"}
        elif how < 28:
            channel.refuses = {"refund"}
        elif how < 36:
            channel.refund_state = "processing"

    def _channel_is_well(self) -> bool:
        """It is again; whether it was not."""
        channel = self.driver.channel
        ill = {"silent": channel.silent, "deaf": channel.deaf, "refuses": channel.refuses}
        fired = [f"channel_{how}" for how, operations in ill.items() if operations]
        fired += ["channel_slow"] if channel.refund_state != self.driver.refund_state else []
        self.fired.update(fired)
        channel.silent, channel.deaf, channel.refuses = set(), set(), set()
        channel.refund_state = self.driver.refund_state
        return bool(fired)

    async def _freeze(self) -> None:
        """A worker lends errands and stops; another does them; then it goes on and may write nothing."""
        thaw, holding, driver = asyncio.Event(), asyncio.Event(), self.driver

        async def stand_still(_: int) -> None:
            deed = deed_now.get()
            if deed is not None and deed.name == FROZEN:
                holding.set()
                await thaw.wait()

        driver.channel.before["refund"] = stand_still
        going = asyncio.create_task(self.sky.tell(Deed(FROZEN), driver.hire().run_errands))
        waiting = asyncio.create_task(holding.wait())
        await asyncio.wait({going, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if holding.is_set():
            await driver.work()
            await self._later(LENT_FOR + timedelta(seconds=1))
        before = await self.traces()
        thaw.set()
        await going
        if holding.is_set():
            self.fired["worker_frozen_past_its_lease"] += 1
            self._same("a frozen worker wrote", before, await self.traces())
        del driver.channel.before["refund"]

    # rivals ----------------------------------------------------------------------------------------------------------
    async def between_steps(self) -> None:
        if self._percent(self.race_percent):
            await self._race()

    async def _race(self) -> None:
        """Several ask for the same thing at once; now and then its time is over at that moment."""
        driver = self.driver
        works = self._percent(30)
        asks = await self._rivals(works=works)
        if len(asks) < 2 and not works:
            return
        heard_of = await self._together(asks, works=works)
        beside = " beside the worker" if works else ""
        driver.log.append(
            f"   rivals{beside} {[(ask.what, code) for ask, (code, _) in zip(asks, heard_of, strict=True)]}"
        )
        if works:
            await driver.worker.drain()
        await self._settle(asks, heard_of, works=works)
        self.fired["rivals"] += 1
        await driver.after_rivals()

    async def _rivals(self, *, works: bool) -> list[Ask]:
        """Two or three who want the same; where the worker ``works`` beside them, just as the time of it ends."""
        driver, chance = self.driver, self.chance
        ways = [way for way in driver.model.ways if way.is_open or way.in_hand][-8:]
        if not ways:
            return []
        way, script = chance.choice(ways), driver.chance
        if works:
            self._come_to_its_end(way)
        driver.about, driver.chance = way, chance
        try:
            makers = [chance.choice(driver.rivalries(way)) for _ in range(2 + chance.randrange(2))]
            return [ask for ask in [await maker() for maker in makers] if ask is not None]
        finally:
            driver.about, driver.chance = None, script

    def _come_to_its_end(self, way: Way) -> None:
        """It is the moment at which its time is over, whichever time that is."""
        ends = [way.ends, way.comes_at, way.draw_at, *(piece.swap_by for piece in way.pieces.values())]
        later = [at for at in ends if at is not None and at > self.driver.now]
        if later:
            self.town.ground.clock.move(min(later) - self.driver.now)  # type: ignore[attr-defined]

    async def _together(self, asks: Sequence[Ask], *, works: bool) -> list[tuple[str, Any]]:
        """Tell them all at once, steered by the baton; who was torn asks again afterwards."""
        self.sky.baton = baton = Baton(self._observer, self.chance)
        names = []
        stories: list[tuple[Any, Any]] = []
        for ask in asks:
            self._told += 1
            names.append(f"storm-{self._told}")
            deed = self._deed(ask.what, percent=8)
            stories.append((deed, partial(self._once_or_torn, deed, names[-1], ask.story)))
        if works:
            due = self._deed("deadlines", percent=8, at_most=40)
            stories.append(
                (due, partial(self._once_or_torn, due, "due", partial(self.driver.worker.run_deadlines, 500)))
            )
        try:
            answers = list(await baton.conduct(stories))[: len(asks)]
        finally:
            self.sky.baton = None
        self.fired["waited_for_a_lock"] += bool(baton.waits_seen)
        for place, (code, _) in enumerate(answers):
            if code == TORN:
                self.fired["rival_torn"] += 1
                answers[place] = await self._once(Deed(asks[place].what), names[place], asks[place].story)
        return answers

    async def _once_or_torn(self, deed: Deed, name: str, story: Story) -> tuple[str, Any]:
        try:
            return await self._once(deed, name, story)
        except AnswerLost:
            return TORN, None

    async def _settle(self, asks: Sequence[Ask], answers: Sequence[tuple[str, Any]], *, works: bool) -> None:
        """One order of them all gives each the answer that it heard, and leaves what is seen."""
        driver, put_back, whys = self.driver, self.driver.remember(), []
        seen = await driver.look()
        for order in permutations(range(len(asks) + works)):
            put_back()
            try:
                for place in order:
                    if place == len(asks):
                        await driver.time_is_up()
                    else:
                        await self._as_answered(asks[place], *answers[place])
                if works:
                    await driver.time_is_up()
                driver.fits(seen)
            except AssertionError as why:
                whys.append(str(why).split("\n", 1)[0])
            else:
                return
        raise AssertionError(
            "\n".join([f"seed {driver.seed}: no order of rivals fits, by the model", *dict.fromkeys(whys), *driver.log])
        )

    async def _as_answered(self, ask: Ask, code: str, answered: Any) -> None:
        meant = ask.meant() or "ok"
        if code != NOT_HERE or ask.is_named():
            self.driver.same(f"{ask.what} among rivals", code, meant)
        if code == "ok":
            await self.driver.so_it_is(ask, answered)


@asynccontextmanager
async def weathered(driver: Machine) -> AsyncIterator[Storm]:
    """A storm over this history and this process, until it is over."""
    watching = await asyncpg.connect(driver.town.ground.settings.database_url)
    names = [row["relname"] for row in await watching.fetch(_TABLES, list(_NEVER_MOVES))]
    said = "coalesce(sum(hashtextextended(t::text, 0)), 0) AS said"
    each = [f"SELECT '{name}' AS name, count(*) AS rows, {said} FROM {name} t" for name in names]
    driver.storm = storm = Storm(driver, Observer(watching), " UNION ALL ".join(each))
    crash.weather = storm.sky
    try:
        yield storm
    finally:
        crash.weather, driver.storm = None, None
        await watching.close()
