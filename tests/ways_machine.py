"""What every history of gifts is made of: asks, the answers that are meant, and a look at what is so.

Steps are a driver's (``ways_driver``). A storm (``ways_storm``) may hang over a history: then asks are torn, repeated
and raced, and the worker is torn and frozen. Without one they are made one after the other.
"""

from __future__ import annotations

import copy
import inspect
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from channel import FakeChannel
from household import worker_of
from town import Town, pay
from ways_model import CLAIMED, LATER, OVER, UNPAID, WAITING, Model, Piece, Way

from renqing.books import stock
from renqing.doors.worker import Worker
from renqing.foundation.database import DatabaseAway
from renqing.foundation.errors import Refusal
from renqing.social import gifts
from renqing.trade.payments.ports import RefundState

if TYPE_CHECKING:
    from ways_storm import Storm

LOG_LINES = 25
NO_GIFTS = ("present", "own")
STATES = {UNPAID: (0,), LATER: (5,), WAITING: (10,), CLAIMED: (20,), OVER: (180, 181, 250)}
GAVE_UP = "(gave up)"
Story = Callable[[], Awaitable[Any]]
Steps = dict[str, tuple[int, Callable[[Any], Awaitable[Any]]]]  # how often a step is taken, and what it does


@dataclass(slots=True)
class Ask:
    """What somebody asks, the answer that is meant as all stands, and what is so once it is done."""

    what: str
    meant: Callable[[], str]
    story: Story
    then: Callable[[Any], Awaitable[None] | None] = lambda _: None
    is_named: Callable[[], bool] = lambda: True  # whether what it was named by, a link or its id, still names it


Asker = Callable[[], Awaitable[Ask | None]]


async def heard(story: Story) -> tuple[str, Any]:
    """Ok and the answer, or the name of the refusal. Raises DatabaseAway: then nobody knows."""
    try:
        return "ok", await story()
    except DatabaseAway:
        raise
    except Refusal as refusal:
        return type(refusal).__name__, None


class Machine:
    """One history. Raises AssertionError with its last steps where the house and the model differ."""

    def __init__(self, town: Town, seed: int, steps: Steps) -> None:
        self.town, self.seed, self.steps = town, seed, steps
        self.chance = random.Random(seed)  # noqa: S311 - a script, no secret
        self.channel = FakeChannel()
        self.refund_state: RefundState = "done"  # what becomes of a refund as long as the channel is well
        self.worker = self.hire()
        self.model = Model(Counter())
        self.people = (town.an, town.bo, town.cai, town.stranger)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.done: Counter[str] = Counter()
        self.kinds = [name for name, (weight, _) in self.steps.items() for _ in range(weight)]
        self.storm: Storm | None = None
        self.about: Way | None = None  # what everybody asks for where rivals do

    @property
    def now(self) -> datetime:
        return self.town.ground.clock.now()

    def hire(self) -> Worker:
        """A worker that nothing has befallen yet."""
        return worker_of(self.town.ground, self.channel)

    async def play(self, steps: int) -> None:
        for n in range(steps):
            name = self.chance.choice(self.kinds)
            self.log.append(f"{n}: {name}")
            await self.steps[name][1](self)
            if self.storm is not None:
                await self.storm.between_steps()
            await self.compare()
        await self.finish()

    async def finish(self) -> None:
        """Time passes every deadline; then nothing of it waits, and all that is owed is back."""
        for _ in range(4):
            await self.pass_time(30)
        await self.pass_time(30 * 24)
        await self.compare()
        self.same("nothing waits", [way.kind for way in self.model.ways if way.is_open], [])

    def same(self, what: str, found: Any, meant: Any) -> None:
        if found != meant:
            steps = "\n".join(self.log)
            raise AssertionError(f"seed {self.seed}: {what} is {found}, by the model {meant}\n{steps}")

    # asking ----------------------------------------------------------------------------------------------------------
    async def one(self, ask: Ask | None) -> Any:
        """Somebody asks, and where they are told yes it is so."""
        if ask is None:
            return None
        answered = await self.told(ask.what, ask.meant(), ask.story)
        if answered is not None:
            await self.so_it_is(ask, answered)
        return answered

    async def so_it_is(self, ask: Ask, answered: Any) -> None:
        said = ask.then(answered)
        if inspect.isawaitable(said):
            await said

    async def told(self, what: str, meant: str, story: Story, *, counts: bool = False) -> Any:
        """What was answered; a refusal is answered by its name, and must be the one that is meant.

        Where a storm tore it and nothing had happened, its asker may give up: then nothing is answered. ``counts``: its
        refusal is written down, so that a repeat is another one.
        """
        code, answered = await (heard(story) if self.storm is None or counts else self.storm.tell(what, story))
        if code == GAVE_UP:
            self.log.append(f"   {what}: torn, and not repeated")
            return None
        self.done[f"{what} {code}"] += 1
        self.log.append(f"   {what} -> {code}")
        self.same(what, code, meant or "ok")
        return answered

    async def letter(self, intent_id: int, amount: int) -> None:
        """The channel says that it was paid."""
        if self.storm is None:
            await pay(self.town, intent_id, amount)
        else:
            await self.storm.letter(intent_id, amount)

    # what is so ------------------------------------------------------------------------------------------------------
    async def compare(self) -> None:
        self.fits(await self.look())

    async def look(self) -> dict[str, Any]:
        """What is so, read from tables."""
        db = self.town.ground.db
        rows = await db.fetch(
            """SELECT g.id, g.state, g.ended_how, g.shares_claimed, g.opened_at IS NOT NULL AS opened, g.claimed_by,
                      g.recipient_id, g.expires_at, s.deliver_at
                 FROM gift_gift g LEFT JOIN schedule_delivery s ON s.gift_id = g.id ORDER BY g.id"""
        )
        shares: dict[int, dict[int, int]] = {}
        for row in await db.fetch("SELECT gift_id, n, person_id FROM gift_share WHERE person_id IS NOT NULL"):
            shares.setdefault(row["gift_id"], {})[row["n"]] = row["person_id"]
        levels = await stock.levels(db, list(self.model.arrived))
        return {
            "gifts": {row["id"]: row for row in rows},
            "shares": shares,
            "stock": {sku: tuple(level) for sku, level in levels.items()},
        }

    def fits(self, seen: dict[str, Any]) -> None:
        """Raises AssertionError where what is seen is not what the model says."""
        given = [way for way in self.model.ways if way.kind not in NO_GIFTS]
        self.same("how many gifts there are", len(seen["gifts"]), len(given))
        for way in given:
            row = seen["gifts"][way.id]
            here = f"{way.kind} {way.id} ({way})"
            self.same(here, {row["state"]} - set(STATES[way.state]), set())
            self.same(here, (row["ended_how"], row["opened"]), (way.how, way.opened))
            if way.state == LATER:  # of two who move it at once, the later one is seen by this alone
                self.same(here, row["deliver_at"], way.comes_at)
            if way.state == WAITING:
                self.same(here, (row["recipient_id"], row["expires_at"]), (way.recipient, way.ends))
            claimed = {n: piece.person for n, piece in way.pieces.items() if not piece.kept}
            if way.is_for_many:
                self.same(here, row["shares_claimed"], len(claimed))
                self.same(f"whose the shares are of {here}", seen["shares"].get(way.id, {}), claimed)
            else:
                self.same(here, row["claimed_by"], next(iter(claimed.values()), None))
        self.same("stock", seen["stock"], self.model.stock())

    async def compare_money(self, *, all_is_back: bool = True) -> None:
        """Once the worker has nothing to do, everybody has back what is theirs, by the bank's own count."""
        for way in self.model.ways:
            back = {intent: self.channel.given_back(intent) for intent in way.intents}
            total = sum(back.values())
            if not all_is_back:  # the bank is not well: never too much all the same
                self.same(f"what is too much back of {way}", max(0, total - way.back()), 0)
                continue
            self.same(f"what is back of {way}", total, way.back())
            if way.kind == "fund" and way.back():
                self.same(f"whose money is back of {way}", back, dict(way.put_in))

    async def pass_time(self, hours: float) -> None:
        self.town.ground.clock.move(timedelta(hours=hours))  # type: ignore[attr-defined]
        if self.storm is None:
            await self.work()
        else:
            await self.storm.work()
        await self.compare_money()

    async def work(self) -> None:
        """The worker works until it has nothing to do; then all that is due has happened."""
        await self.worker.drain()
        await self.time_is_up()

    async def time_is_up(self) -> None:
        self.model.pass_by(self.now)
        await self._see_winners()

    async def _see_winners(self) -> None:
        """Who won is the seed's to say; that it is one who entered, once, and how many, is the model's."""
        for way in self.model.ways:
            prizes = self.model.prizes_to_win(way, self.now)
            if not prizes:
                continue
            rows = await self.town.ground.db.fetch(
                "SELECT person_id, prize, claim_by FROM draw_award WHERE gift_id = $1 ORDER BY rank", way.id
            )
            new = [row for row in rows if row["person_id"] not in way.awards]
            self.same(f"the prizes of {way.id}", sorted(row["prize"] for row in new), prizes)
            self.same("winners who did not enter", {row["person_id"] for row in new} - set(way.entrants), set())
            assert way.ends is not None
            until = min(self.now + timedelta(hours=24), way.ends)
            for row in new:
                self.same("a winner's time", row["claim_by"], until)
                way.awards[row["person_id"]] = (row["prize"], until, WAITING)

    # the model, before and after -------------------------------------------------------------------------------------
    def remember(self) -> Callable[[], None]:
        """What puts the model back as it is now; whoever holds a way or a piece of it holds it still."""
        ways, arrived = list(self.model.ways), Counter(self.model.arrived)
        everything = [*ways, *(piece for way in ways for piece in way.pieces.values())]
        kept = [(one, _fields(one)) for one in everything]

        def put_back() -> None:
            self.model.ways, self.model.arrived = list(ways), Counter(arrived)
            for one, fields in kept:
                for name, value in fields.items():
                    setattr(one, name, copy.copy(value))

        return put_back

    def rivalries(self, way: Way) -> list[Asker]:
        """What may be asked for at the same time of a way as it stands; what is likelier stands there more often."""
        raise AssertionError(f"a driver says what may be asked for of {way}")

    async def after_rivals(self) -> None:
        """What follows once rivals have been told."""

    # who and what ----------------------------------------------------------------------------------------------------
    def a_way(self, *states: str, kinds: tuple[str, ...] = ()) -> Way | None:
        """A late one rather than an early one; now and then any at all. Rivals are all about one."""
        if self.about is not None:
            return self.about if not kinds or self.about.kind in kinds else None
        any_at_all = not self.chance.randrange(8)
        fits = [
            way
            for way in self.model.ways
            if way.kind not in NO_GIFTS and (any_at_all or way.state in states) and (not kinds or way.kind in kinds)
        ]
        return self.chance.choice(fits[-6:]) if fits else None

    def owner_of(self, _way: Way, _piece: Piece) -> int:
        """Who works for the shop that sends it."""
        return self.town.owner_id

    def a_piece(self, *going: str) -> tuple[Way, Piece] | None:
        ways = self.model.ways if self.about is None else [self.about]
        found = [(way, piece) for way in ways for piece in way.pieces.values() if piece.going in going]
        return self.chance.choice(found[-6:]) if found else None

    def somebody(self, way: Way) -> int:
        winners = [who for who, (_, _, how) in way.awards.items() if how == WAITING]
        if winners and self.chance.randrange(4):
            return self.chance.choice(winners)
        if way.recipient is not None and self.chance.randrange(5):
            return way.recipient
        return self.chance.choice(self.people)

    async def named(self, way: Way) -> dict[str, Any]:
        """A gift by its link while that lives, else by its id."""
        if way.recipient is None and way.state == WAITING:
            ground = self.town.ground
            return {"token": await gifts.link_token(ground.db, ground.keys, way.id, way.giver), "gift_id": None}
        return {"gift_id": way.id}

    def is_named(self, way: Way) -> Callable[[], bool]:
        """Whether it still goes by what ``named`` says now: not where it ended, or goes to somebody else by another."""

        def goes_by() -> tuple[int | None, int, bool]:
            return way.recipient, way.moved, way.state == WAITING

        went_by = goes_by()
        return lambda: goes_by() == went_by


def _fields(one: Any) -> dict[str, Any]:
    return {name: copy.copy(value) for name, value in vars(one).items()}
