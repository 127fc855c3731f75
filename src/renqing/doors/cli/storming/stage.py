"""What a history is played on: a house with a clock that is set, the whole bank beside it, and a worker at hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import asyncpg

from renqing.doors.cli.storm_bank import OpenBank, StormBank
from renqing.doors.cli.storming.baton import Observer
from renqing.doors.cli.storming.listening import Programs
from renqing.doors.cli.storming.town import Town, build_town, let_programs_listen
from renqing.doors.cli.storming.weather import Sky, deed_now
from renqing.doors.house import House
from renqing.doors.live import Hub
from renqing.doors.worker import EFFECTS, Worker
from renqing.foundation import crash
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import SetClock
from renqing.foundation.database import Database, Tx, open_pool
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.ids import SeededIds
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import Settings
from renqing.foundation.timers import Timer
from renqing.journeys.check_out import check_out
from renqing.journeys.claim_a_gift import claim_gifts
from renqing.journeys.enter_a_draw import enter_draws
from renqing.journeys.keep_a_cart import put_in_carts
from renqing.journeys.start_a_payment import PaymentStarts
from renqing.journeys.take_a_payment import take_payments
from renqing.journeys.take_a_present import take_presents
from renqing.social.moderation import WordList
from renqing.trade.payments.ports import (
    ChannelPayment,
    ChannelPayout,
    ChannelRefund,
    Opened,
    OpenPayment,
    PaymentChannel,
    PaymentNews,
    PayoutAsk,
    RefundAsk,
)

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
KEYS = Keys({1: bytes(range(32))}, bytes(range(32, 64)))
POISON = "storm_poison"
FROZEN = "frozen worker"
POOL_SIZE = 5
LISTENED_EVERY = 5  # of the histories one in so many has programs that listen: what they are told costs as much again


class StormClock:
    """The house's clock beside the machine's: the storm moves both on, and the house's alone either way."""

    def __init__(self, machine: SetClock) -> None:
        self.machine = machine
        self.offset = timedelta()

    def now(self) -> datetime:
        return self.machine.now() + self.offset

    def machine_now(self) -> datetime:
        return self.machine.machine_now()


@dataclass(slots=True)
class Ears:
    """Callbacks that have arrived and wait to be answered, with the future of their status."""

    mail: list[tuple[Mapping[str, str], bytes, asyncio.Future[int]]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, headers: Mapping[str, str], raw: bytes) -> int:
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.mail.append((headers, raw, answered))
        self.arrived.set()
        return await answered


class Gate:
    """The channel as the house has it: counts what it refuses to say, and holds the asks of a frozen worker."""

    name = "sandbox"

    def __init__(self, channel: PaymentChannel, fired: Counter[str]) -> None:
        self._channel = channel
        self._fired = fired
        self.thaw = asyncio.Event()
        self.holding = asyncio.Event()

    async def open(self, ask: OpenPayment) -> Opened:
        with _counted(self._fired):
            return await self._channel.open(ask)

    async def query(self, intent_id: int) -> ChannelPayment:
        await self._wait()
        with _counted(self._fired):
            return await self._channel.query(intent_id)

    async def close(self, intent_id: int) -> ChannelPayment:
        await self._wait()
        with _counted(self._fired):
            return await self._channel.close(intent_id)

    async def refund(self, ask: RefundAsk) -> ChannelRefund:
        await self._wait()
        with _counted(self._fired):
            return await self._channel.refund(ask)

    async def query_refund(self, refund_id: int) -> ChannelRefund:
        with _counted(self._fired):
            return await self._channel.query_refund(refund_id)

    async def payout(self, ask: PayoutAsk) -> ChannelPayout:
        await self._wait()
        with _counted(self._fired):
            return await self._channel.payout(ask)

    async def query_payout(self, payout_id: int) -> ChannelPayout:
        with _counted(self._fired):
            return await self._channel.query_payout(payout_id)

    def read_callback(self, headers: Mapping[str, str], raw: bytes, machine_now: datetime) -> PaymentNews:
        return self._channel.read_callback(headers, raw, machine_now)

    async def _wait(self) -> None:
        if _is_frozen():
            self.holding.set()
            await self.thaw.wait()


class _counted:  # noqa: N801 - reads as the word it is
    """Counts what the bank did not answer, or refused."""

    def __init__(self, fired: Counter[str]) -> None:
        self._fired = fired

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        if isinstance(failure, Refusal):
            self._fired[failure.code] += 1


class _NothingKept:
    """In a storm nobody puts a file with a gift."""

    def put(self, place: str, body: bytes) -> None:
        raise AssertionError(place, len(body))

    def get(self, place: str) -> bytes | None:
        raise AssertionError(place)

    def drop(self, place: str) -> None:
        raise AssertionError(place)


class _NoMessages:
    """No story of a storm sends a message to a phone."""

    async def send(self, phone: str, words: str) -> None:
        raise AssertionError(f"nobody is to be sent {len(words)} characters to {len(phone)} digits")

    async def close(self) -> None:
        """Nothing is open."""


async def _poisoned(_ground: Ground, _tx: Tx, _timers: Sequence[Timer]) -> None:
    raise RuntimeError("this deadline is poisoned")


@dataclass(slots=True)
class Stage:
    """What a history holds in its hands."""

    house: House
    town: Town
    bank: StormBank
    gate: Gate
    clock: StormClock
    sky: Sky
    ears: Ears
    observer: Observer
    programs: Programs
    worker: Worker

    @property
    def ground(self) -> Ground:
        return self.house.ground

    def hire(self) -> None:
        """A worker that nothing has befallen yet."""
        self.worker = Worker(self.house, {**EFFECTS, POISON: _poisoned})


@asynccontextmanager
async def staged(
    dsn: str, seed: int, open_bank: OpenBank, folder: Path, *, pool_size: int = POOL_SIZE
) -> AsyncIterator[Stage]:
    """A stage on an empty, migrated database; the weather hangs over this process as long as it lasts."""
    clock, ids = StormClock(SetClock(NOON)), SeededIds(1)
    watching = await asyncpg.connect(dsn)
    pool = await open_pool(dsn, size=pool_size)
    observer, ears = Observer(watching), Ears()
    sky = Sky(observer)
    file = folder / f"bank-{seed}.sqlite3"
    bank = open_bank(file, clock=clock.machine, ids=SeededIds(9), hear=ears.hear)
    ground = Ground(Database(pool, clock, ids, KEYS), clock, ids, KEYS, Settings(mode="test", database_url=dsn))
    gate = Gate(bank.channel, sky.fired)
    programs = Programs(sky.fired, frozen=_is_frozen)
    house = _house(ground, gate, programs)
    try:
        town = await build_town(ground)
        if seed % LISTENED_EVERY == 0:
            told = await let_programs_listen(ground, town.shop_id)
            programs.everybody.update({program.url: program for program in told})
        crash.weather = sky
        worker = Worker(house, {**EFFECTS, POISON: _poisoned})
        yield Stage(house, town, bank, gate, clock, sky, ears, observer, programs, worker)
    finally:
        crash.weather = None
        bank.close()
        pool.terminate()
        watching.terminate()


def _is_frozen() -> bool:
    deed = deed_now.get()
    return deed is not None and deed.name == FROZEN


def _house(ground: Ground, gate: Gate, programs: Programs) -> House:
    return House(
        ground=ground,
        channels={gate.name: gate},
        default_channel=gate.name,
        messages=_NoMessages(),
        hub=Hub(ground.settings.database_url),
        check_outs=Batcher(partial(check_out, ground)),
        claims=Batcher(partial(claim_gifts, ground)),
        presents=Batcher(partial(take_presents, ground), key=lambda ask: (ask[1].subject, ask[1].key)),
        entries=Batcher(partial(enter_draws, ground)),
        callbacks=Batcher(partial(take_payments, ground)),
        cart_puts=Batcher(partial(put_in_carts, ground)),
        payment_starts=PaymentStarts(ground, {gate.name: gate}),
        outside=programs,
        shelf=_NothingKept(),
        moderator=WordList(ground.db),
    )
