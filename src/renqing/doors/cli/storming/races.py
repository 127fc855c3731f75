"""Every guarded resource, raced for: fifty at once, round after round; none too many, and all that was allowed.

Each race answers, for every round, how many may win; winners and what the books say afterwards must be exactly that.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from renqing.books import ledger, people, stock
from renqing.doors.cli.storming.stage import Stage
from renqing.doors.cli.storming.town import STREET
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.once import Once, once
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.check_out import CheckOut, Placed, check_out
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import GiftPrepared, GiveAGift, give_a_gift
from renqing.journeys.give_money_back import give_money_back
from renqing.journeys.take_a_payment import Heard, take_payments
from renqing.social import gifts
from renqing.trade import orders
from renqing.trade.payments.ports import PaymentNews
from renqing.views.check import check

RACERS = 50
LAST_PIECES = 3
REFUNDS = 10
SPENDERS = 10


class RaceOff(AssertionError):
    """Too many or too few won, or the books say something else than the answers."""


@dataclass(slots=True)
class Track:
    """Where races are run: a stage, a crowd with addresses, and keys that are never used twice."""

    stage: Stage
    crowd: list[int] = field(default_factory=list)
    addresses: dict[int, int] = field(default_factory=dict)
    keys: int = 0

    @property
    def sku(self) -> int:
        return next(iter(self.stage.town.cast.prices))

    @property
    def giver(self) -> int:
        return self.stage.town.cast.people[0]

    def key(self, who: int, said: Any = None) -> Once:
        self.keys += 1
        return once(who, f"race-{self.keys}", "race", said)

    async def gather_crowd(self) -> None:
        async def story(tx: Tx) -> None:
            for number in range(RACERS):
                person = (await people.join(tx, name=f"Racer {number}")).id
                where = people.NewAddress(STREET, "收件人", "13800000003", f"文三路 {number} 号", is_default=True)
                self.addresses[person] = (await people.add_address(tx, person, where)).id
                self.crowd.append(person)

        await self.stage.ground.db.run(story)

    async def restock(self, pieces: int) -> None:
        await self.stage.ground.db.run(lambda tx: stock.receive(tx, [(self.sku, pieces)], "stock_in", tx.ids.new()))

    async def place(self, who: int, quantity: int, key: Once | None = None) -> Placed:
        ask = CheckOut(who, ((self.sku, quantity),), self.addresses[who], "sandbox")
        placed: Placed = await _one(check_out(self.stage.ground, [(ask, key or self.key(who))]))
        return placed

    async def pay(self, intent_id: int, amount: int) -> None:
        news = PaymentNews(f"race-{intent_id}", "payment", intent_id, None, "paid", amount, "CNY", f"ref-{intent_id}")
        _said((await take_payments(self.stage.ground, [Heard("sandbox", news, b"{}")]))[0])

    async def gift(self) -> tuple[GiftPrepared, str]:
        """A paid gift for whoever holds the link, and the link's token."""
        await self.restock(1)
        ground, ask = self.stage.ground, GiveAGift(self.giver, self.sku, None, "thanks", "谢谢", 1, "sandbox")
        given = await give_a_gift(ground, ask, self.key(self.giver))
        await self.pay(given.intent_id, given.total)
        return given, await gifts.link_token(ground.db, ground.keys, given.gift_id, self.giver) or ""

    def claim(self, who: int, token: str) -> Awaitable[Any]:
        ask = ClaimAGift(who, self.addresses[who], token=token)
        return _one(claim_gifts(self.stage.ground, [(ask, self.key(who))]))

    async def state_of(self, gift_id: int) -> int:
        return int(await self.stage.observer.ask("SELECT state FROM gift_gift WHERE id = $1", gift_id))


def _said(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


async def _one(answers: Awaitable[Sequence[Any]]) -> Any:
    return _said((await answers)[0])


async def _all(stories: Sequence[Awaitable[Any]]) -> list[Any]:
    """All at once; a refusal is an answer, anything else is not."""
    answers = await asyncio.gather(*stories, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
    return list(answers)


def _won(answers: Sequence[Any]) -> list[int]:
    return [place for place, answer in enumerate(answers) if not isinstance(answer, Refusal)]


def _must(said: bool, why: str) -> None:  # noqa: FBT001 - the fact that must be
    if not said:
        raise RaceOff(why)


async def last_pieces(track: Track) -> None:
    """Fifty people for the last three pieces."""
    on_hand, held = (await stock.levels(track.stage.ground.db, [track.sku]))[track.sku]
    await track.restock(LAST_PIECES) if on_hand == held else None
    answers = await _all([track.place(who, 1) for who in track.crowd])
    codes = Counter(answer.code for answer in answers if isinstance(answer, Refusal))
    free = LAST_PIECES if on_hand == held else on_hand - held
    _must(len(_won(answers)) == free, f"{len(_won(answers))} got one of {free} pieces")
    _must(codes == {"stock_ran_out": RACERS - free}, f"the others heard {dict(codes)}")
    for place in _won(answers):
        who = track.crowd[place]
        await cancel_an_order(track.stage.ground, CancelOrder(who, answers[place].order_id), track.key(who))


async def one_gift(track: Track) -> None:
    """Fifty people with one link."""
    given, token = await track.gift()
    answers = await _all([track.claim(who, token) for who in track.crowd])
    _must(len(_won(answers)) == 1, f"{len(_won(answers))} claimed one gift")
    winner = track.crowd[_won(answers)[0]]
    has = await track.stage.observer.ask("SELECT claimed_by FROM gift_gift WHERE id = $1", given.gift_id)
    _must(has == winner, "the one who was told yes has it")


async def claim_refuse_withdraw(track: Track) -> None:
    """Some claim it, some refuse it, its giver takes it back: one of them does."""
    given, token = await track.gift()
    ground = track.stage.ground
    stories: list[Awaitable[Any]] = []
    for place, who in enumerate(track.crowd):
        if place % 3 == 0:
            stories.append(track.claim(who, token))
        elif place % 3 == 1:
            stories.append(refuse_a_gift(ground, RefuseAGift(who, "have_one", token=token), track.key(who)))
        else:
            taking_back = WithdrawAGift(track.giver, given.gift_id)
            stories.append(withdraw_a_gift(ground, taking_back, track.key(track.giver)))
    won = _won(await _all(stories))
    _must(len(won) == 1, f"{len(won)} had their way with one gift")
    _must((await track.state_of(given.gift_id) == 20) == (won[0] % 3 == 0), "the gift went the way of who won")


async def claim_against_expiry(track: Track) -> None:
    """Its time runs out while fifty claim it: it is claimed, or it expired."""
    given, token = await track.gift()
    track.stage.clock.machine.move(timedelta(hours=1, microseconds=-1))
    claiming = [asyncio.ensure_future(track.claim(who, token)) for who in track.crowd]
    for _ in range(track.keys % 12):
        await asyncio.sleep(0)
    track.stage.clock.machine.move(timedelta(microseconds=1))
    *answers, _ = await _all([*claiming, track.stage.worker.run_deadlines(500)])
    won = _won(answers)
    await track.stage.worker.run_deadlines(500)
    state = await track.state_of(given.gift_id)
    _must(len(won) <= 1 and state == (20 if won else 180), f"{len(won)} claimed it, its state is {state}")


async def refunds_of_a_capture(track: Track) -> None:
    """Fifty refunds of a piece each, of an order of ten."""
    await track.restock(REFUNDS)
    who, db = track.crowd[0], track.stage.ground.db
    placed = await track.place(who, REFUNDS)
    await track.pay(placed.intent_id, placed.total)
    price = track.stage.town.cast.prices[track.sku]
    first = track.stage.ground.ids.new() * RACERS

    async def give(tx: Tx, number: int) -> None:
        order = await orders.get(tx, placed.order_id)
        cause = first + number
        await give_money_back(
            tx,
            order,
            price,
            cause_kind="aftersale",
            cause_id=cause,
            reason="race",
            line_n=1,
            quantity=1,
            returned=False,
        )

    answers = await _all([db.run(partial(give, number=number)) for number in range(RACERS)])
    back = await track.stage.observer.ask("SELECT refunded_amount FROM payment_intent WHERE id = $1", placed.intent_id)
    _must(len(_won(answers)) == REFUNDS, f"{len(_won(answers))} of {REFUNDS} pieces were given back")
    _must(back == REFUNDS * price, f"{back} went back of {REFUNDS * price}")


async def overdraft(track: Track) -> None:
    """Fifty spend from an account that has enough for ten."""
    db, number = track.stage.ground.db, track.keys + 1
    track.keys += 1
    clearing, purse = ledger.clearing(1, "CNY"), ledger.person_balance(track.crowd[1], "CNY")

    async def post(tx: Tx, key: str, amount: int) -> ledger.Verdict:
        legs = (ledger.Leg(purse, amount), ledger.Leg(clearing, -amount))
        return (await ledger.post(tx, [ledger.Entry("race", "race", number, key, legs)]))[0]

    await db.run(lambda tx: post(tx, f"race:{number}", SPENDERS * 100))
    spends = [db.run(partial(post, key=f"race:{number}:{n}", amount=-100)) for n in range(RACERS)]
    verdicts = Counter(await _all(spends))
    expected = {ledger.Verdict.POSTED: SPENDERS, ledger.Verdict.REFUSED: RACERS - SPENDERS}
    _must(verdicts == expected, f"the ledger said {dict(verdicts)}")
    _must((await ledger.balance_of(db, purse))[0] == 0, "all of it was spent")


async def tries_of_a_code(track: Track) -> None:
    """Fifty use one code at once: one gets in. Fifty guess another: five tries are spent and nobody ever gets in."""
    db = track.stage.ground.db
    track.keys += 2
    for number, is_right in ((track.keys - 1, True), (track.keys, False)):
        phone = f"139{number:08d}"
        code = await db.run(partial(people.issue_code, digits=phone))
        said = code if is_right else ("1" + code[1:] if code[0] != "1" else "2" + code[1:])
        let_in = sum(await _all([db.run(partial(people.try_code, digits=phone, code=said)) for _ in range(RACERS)]))
        _must(let_in == is_right, f"{let_in} got in with one code")
        _must(not await db.run(partial(people.try_code, digits=phone, code=code)), "it is spent")


async def one_key(track: Track) -> None:
    """Fifty times the same request at once: one order, and nobody hears of another."""
    await track.restock(1)
    who = track.crowd[2]
    key = track.key(who)
    answers = await _all([track.place(who, 1, key) for _ in range(RACERS)])
    placed = {answer.order_id for answer in answers if not isinstance(answer, Refusal)}
    codes = {answer.code for answer in answers if isinstance(answer, Refusal)}
    _must(len(placed) == 1 and codes <= {"key_in_use"}, f"{len(placed)} orders, {codes}")
    again = await track.place(who, 1, key)
    _must(again.order_id in placed, "the repeat is answered with the first answer")
    await cancel_an_order(track.stage.ground, CancelOrder(who, again.order_id), track.key(who))


RACES: dict[str, Callable[[Track], Awaitable[None]]] = {
    "last_pieces": last_pieces,
    "one_gift": one_gift,
    "claim_refuse_withdraw": claim_refuse_withdraw,
    "claim_against_expiry": claim_against_expiry,
    "refunds_of_a_capture": refunds_of_a_capture,
    "overdraft": overdraft,
    "tries_of_a_code": tries_of_a_code,
    "one_key": one_key,
}
UNBOOKED = frozenset({"overdraft", "refunds_of_a_capture"})  # these post what no story of the house explains


async def race(stage: Stage, names: Sequence[str], rounds: int, told: Callable[[str, int], None]) -> None:
    """Run these races, so many rounds each. Raises RaceOff. The books are checked after each that leaves them whole."""
    track = Track(stage)
    await track.gather_crowd()
    for name in sorted(names, key=lambda one: one in UNBOOKED):
        for number in range(rounds):
            try:
                await RACES[name](track)
            except RaceOff as off:
                raise RaceOff(f"{name}, round {number + 1}: {off}") from off
            told(name, number + 1)
        if name not in UNBOOKED:
            wrong = {found.id: found.shown for found in (await check(stage.ground)).findings if not found.holds}
            _must(not wrong, f"after {name} renqing check differs: {wrong}")
