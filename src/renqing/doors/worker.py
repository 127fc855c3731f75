"""The worker: tells facts, lets deadlines fall due, and runs errands to the outside world.

A deadline's effect and a fact's listeners share the transaction that ends them, so whoever is killed repeats nothing.
A batch that breaks is run again in halves; what still fails alone comes back later and is set aside after its last
try, where an operator sees it, while the rest goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from renqing.doors.house import House
from renqing.doors.live import notes
from renqing.doors.postman import Postman
from renqing.foundation import crash, outbox, timers
from renqing.foundation.database import DatabaseAway, Tx
from renqing.foundation.demo_clock import follow_demo_clock
from renqing.foundation.due import ping, what_is_due
from renqing.foundation.erasures import list_everywhere
from renqing.foundation.ground import Ground
from renqing.foundation.logs import log
from renqing.foundation.metrics import FACTS_FAILED, FACTS_TOLD, TIMERS_FAILED, TIMERS_RUN
from renqing.foundation.outbox import LeftFact
from renqing.foundation.timers import Timer
from renqing.journeys.ask_for_a_refund import end_silent_refund_asks
from renqing.journeys.ask_the_channel import run_errand
from renqing.journeys.close_unpaid_orders import close_unpaid_orders
from renqing.journeys.count_gifts import count_gifts
from renqing.journeys.draw_a_gift import draw_gifts, pass_awards_on
from renqing.journeys.end_a_gift import expire_gifts
from renqing.journeys.end_a_voucher import expire_vouchers
from renqing.journeys.end_silent_aftersales import end_silent_aftersales
from renqing.journeys.erase_a_person import SWEEP_ERASED, erasures_in, sweep_erased
from renqing.journeys.finish_aftersales import finish_aftersales
from renqing.journeys.keep_a_balance import remind_of_balances
from renqing.journeys.keep_activities import end_due_activities
from renqing.journeys.keep_media import drop_unused_media, empty_places
from renqing.journeys.pay_for_lateness import pay_for_lateness, start_ship_clocks
from renqing.journeys.propose_yearly_gifts import lapse_yearly_gifts, propose_yearly_gifts
from renqing.journeys.receive_an_order import receive_due_orders
from renqing.journeys.remind_of_a_draw import remind_entrants, remind_winners
from renqing.journeys.remind_of_a_gift import remind_of_gifts
from renqing.journeys.remind_of_days import remind_of_days
from renqing.journeys.send_a_gift_later import deliver_gifts
from renqing.journeys.send_webhooks import forget_webhooks
from renqing.journeys.ship_an_order import RECEIVE_ORDER
from renqing.journeys.swap_a_style import end_silent_swaps
from renqing.journeys.tell_integrators import take_turn, tell_integrators
from renqing.journeys.tell_people import tell_people
from renqing.journeys.watch_for_abuse import watch_for_abuse
from renqing.social.activities import END_ACTIVITY
from renqing.social.days import LOOK_AT_DAYS
from renqing.social.draws import DRAW_GIFT, LAPSE_AWARDS, REMIND_ENTRANTS, REMIND_WINNERS
from renqing.social.gifts import EXPIRE_GIFT, REMIND_GIFT
from renqing.social.media import DROP_MEDIA
from renqing.social.notices import LivePing
from renqing.social.schedules import DELIVER_GIFT
from renqing.social.yearly import LAPSE_YEARLY, PREPARE_YEARLY
from renqing.trade.aftersales import SILENCE
from renqing.trade.balances import REMIND_BALANCE
from renqing.trade.lateness import PAY_FOR_LATENESS
from renqing.trade.payments import CLOSE_UNPAID
from renqing.trade.refund_asks import REFUND_ASK_SILENCE
from renqing.trade.swaps import SWAP_SILENCE
from renqing.trade.vouchers import EXPIRE_VOUCHER
from renqing.trade.webhooks import FORGET_WEBHOOKS

LOOK_EVERY_SECONDS = 0.05
AWAY_SECONDS = 0.5
ERRANDS_MAX = 16

Effect = Callable[[Ground, Tx, Sequence[Timer]], Awaitable[None]]

EFFECTS: Mapping[str, Effect] = {
    CLOSE_UNPAID: close_unpaid_orders,
    DELIVER_GIFT: deliver_gifts,
    DRAW_GIFT: draw_gifts,
    END_ACTIVITY: end_due_activities,
    EXPIRE_VOUCHER: expire_vouchers,
    EXPIRE_GIFT: expire_gifts,
    FORGET_WEBHOOKS: forget_webhooks,
    LOOK_AT_DAYS: remind_of_days,
    PREPARE_YEARLY: propose_yearly_gifts,
    LAPSE_YEARLY: lapse_yearly_gifts,
    LAPSE_AWARDS: pass_awards_on,
    PAY_FOR_LATENESS: pay_for_lateness,
    REMIND_BALANCE: remind_of_balances,
    REMIND_ENTRANTS: remind_entrants,
    REMIND_GIFT: remind_of_gifts,
    REMIND_WINNERS: remind_winners,
    RECEIVE_ORDER: receive_due_orders,
    REFUND_ASK_SILENCE: end_silent_refund_asks,
    SILENCE: end_silent_aftersales,
    SWAP_SILENCE: end_silent_swaps,
    SWEEP_ERASED: sweep_erased,
    DROP_MEDIA: drop_unused_media,
}


class Looked(NamedTuple):
    """How many deadlines, errands and facts a look took; whether more may be due already."""

    done: int
    is_behind: bool


@dataclass(slots=True)
class Worker:
    """One worker process. Several may run: what one has locked the others skip."""

    house: House
    effects: Mapping[str, Effect] = field(default_factory=lambda: EFFECTS)
    postman: Postman = field(init=False)

    def __post_init__(self) -> None:
        self.postman = Postman(self.house)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; webhooks go out beside, since their endpoints may take their time."""
        await asyncio.gather(self._work(stop), self.postman.run(stop))

    async def _work(self, stop: asyncio.Event) -> None:
        """Wait where what was due is done, and where the database is away.

        Under load what comes meanwhile is told together: a look costs twenty statements whether for one or for many.
        """
        while not stop.is_set():
            try:
                await follow_demo_clock(self.house.ground)
                pause = 0.0 if (await self.look()).is_behind else LOOK_EVERY_SECONDS
            except DatabaseAway:
                log.warning("database_away")
                pause = AWAY_SECONDS
            if pause:
                await _wait(stop, pause)

    async def turn(self) -> bool:
        """One look at what is due, and every webhook that is due sent. True where there was something to do."""
        looked = await self.look()
        return bool(await self.postman.send_due()) or bool(looked.done)

    async def look(self) -> Looked:
        """One look at what is due, and what was to do of it: what another worker has does not count."""
        due = await what_is_due(self.house.ground.db, self.house.ground.clock.now())
        deadlines = await self.run_deadlines(timers.BATCH_MAX) if due.deadlines else 0
        errands = await self.run_errands() if due.errands else 0
        facts = await self.tell_facts(outbox.BATCH_MAX) if due.facts else 0
        is_behind = deadlines >= timers.BATCH_MAX or errands >= ERRANDS_MAX or facts >= outbox.BATCH_MAX
        return Looked(deadlines + errands + facts, is_behind)

    async def drain(self, turns_max: int = 10_000) -> int:
        """Work until nothing is due; how many turns had something to do. For tests, tours and storms."""
        for turn in range(turns_max):
            if not await self.turn():
                return turn
        raise AssertionError(f"still busy after {turns_max} turns")

    async def run_deadlines(self, limit: int) -> int:
        """Take due deadlines and write their effects, as one; in halves where that breaks. How many were taken."""
        taken: list[Timer] = []

        async def story(tx: Tx) -> None:
            taken[:] = await timers.take_due(tx, limit)
            by_kind: dict[str, list[Timer]] = defaultdict(list)
            for timer in taken:
                by_kind[timer.kind].append(timer)
            for kind, due in by_kind.items():
                await self.effects[kind](self.house.ground, tx, due)
            crash.point("timer_effect_written")

        try:
            await self.house.ground.db.run(story)
        except DatabaseAway:
            raise
        except Exception as failure:  # whatever is wrong with one timer must not stop the others
            if len(taken) > 1:
                return await _in_halves(self.run_deadlines, len(taken))
            if not taken:
                raise
            await self._set_back(taken[0], failure)
            return 1
        for kind, count in Counter(timer.kind for timer in taken).items():
            TIMERS_RUN.labels(kind).inc(count)
        return len(taken)

    async def _set_back(self, timer: Timer, failure: Exception) -> None:
        TIMERS_FAILED.labels(timer.kind).inc()
        log.error("timer_failed", kind=timer.kind, timer=timer.id, error=type(failure).__name__)
        await self.house.ground.db.run(lambda tx: timers.set_back(tx, timer, repr(failure)))

    async def run_errands(self) -> int:
        """Lend due errands and run them side by side. How many were lent."""
        lent = await self.house.ground.db.run(lambda tx: timers.lend_errands(tx, ERRANDS_MAX))
        crash.point("errands_lent")
        await asyncio.gather(*(self._run_errand(errand) for errand in lent))
        return len(lent)

    async def _run_errand(self, errand: Timer) -> None:
        try:
            await run_errand(
                self.house.ground,
                self.house.channels,
                errand,
                self.house.notify_url,
            )
            TIMERS_RUN.labels(errand.kind).inc()
        except DatabaseAway:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever is wrong with one errand must not stop the others
            TIMERS_FAILED.labels(errand.kind).inc()
            log.error("errand_failed", kind=errand.kind, timer=errand.id, error=type(failure).__name__)
            why = repr(failure)
            await self.house.ground.db.run(lambda tx: timers.errand_failed(tx, errand, why))

    async def tell_facts(self, limit: int) -> int:
        """Tell due facts to their listeners, as one; in halves where that breaks. How many were taken."""
        taken: list[LeftFact] = []

        async def story(tx: Tx) -> list[LivePing]:
            somebody_listens = await take_turn(tx)
            taken[:] = await outbox.take(tx, limit)
            if somebody_listens:
                await tell_integrators(tx, taken)
            pings = await tell_people(tx, taken)
            await count_gifts(tx, taken)
            await watch_for_abuse(self.house.ground, tx, taken)
            list_everywhere(self.house.settings.home_path, erasures_in(taken))
            empty_places(self.house.shelf, taken)
            await finish_aftersales(self.house.ground, tx, taken)
            await start_ship_clocks(tx, taken)
            await outbox.mark_told(tx, [fact.id for fact in taken])
            return list(pings)

        try:
            pings = await self.house.ground.db.run(story)
        except DatabaseAway:
            raise
        except Exception as failure:  # a poisoned fact must not stop the others
            if len(taken) > 1:
                return await _in_halves(self.tell_facts, len(taken))
            if not taken:
                raise
            await self._fail(taken[0], failure)
            return 1
        for kind, count in Counter(fact.kind for fact in taken).items():
            FACTS_TOLD.labels(kind).inc(count)
        await ping(self.house.ground.db, notes(pings))
        return len(taken)

    async def _fail(self, fact: LeftFact, failure: Exception) -> None:
        FACTS_FAILED.labels(fact.kind).inc()
        log.error("fact_failed", kind=fact.kind, fact=fact.id, error=type(failure).__name__)
        await self.house.ground.db.run(lambda tx: outbox.mark_failed(tx, fact, repr(failure)))


async def _in_halves(run: Callable[[int], Awaitable[int]], count: int) -> int:
    """Take as many again, half of them at a time: one that fails is alone after few tries, however many there were."""
    first = count // 2
    return await run(first) + await run(count - first)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
