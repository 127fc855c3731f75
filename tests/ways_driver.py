"""Gives, claims, swaps, refuses, funds and draws at random, from a seed, and holds each answer against the model."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from channel import FakeChannel
from counter import answer, ask_for, decide, receive, ship, wish
from household import worker_of
from presents import ends_in, offered, take
from town import Town, claim, enter, give, pay
from ways_model import CLAIMED, LATER, OVER, PAY_WITHIN, UNPAID, WAITING, Model, Piece, Way

from renqing.books import stock
from renqing.foundation.errors import Refusal
from renqing.journeys.ask_for_a_refund import AnswerARefundAsk, AskForARefund, answer_a_refund_ask, ask_for_a_refund
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiveAGift
from renqing.journeys.keep_activities import MoveAnActivity, move_an_activity
from renqing.journeys.lock_a_gift import LockAGift, TypeTheWord, lock_a_gift, type_the_word
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.send_a_gift_later import MoveASchedule, move_a_schedule
from renqing.journeys.start_a_fund import CallOff, PutIn, StartAFund, call_off, put_in, start_a_fund
from renqing.journeys.swap_a_style import TakeBackAsk, take_back_the_ask
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social import gifts
from renqing.social.schedules import Moment

LOG_LINES = 25
Steps = dict[str, tuple[int, Callable[[Any], Awaitable[None]]]]  # how often a step is taken, and what it does
NO_GIFTS = ("present", "own")
STATES = {UNPAID: (0,), LATER: (5,), WAITING: (10,), CLAIMED: (20,), OVER: (180, 181, 250)}


def on_the_wall(minute: datetime) -> Moment:
    """What the clock of everybody in the town shows then."""
    return Moment(f"{minute.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}")


class Driver:
    """One history. Raises AssertionError with its last steps where the house and the model differ."""

    def __init__(self, town: Town, seed: int, steps: Steps | None = None) -> None:
        self.town, self.seed = town, seed
        self.chance = random.Random(seed)  # noqa: S311 - a script, no secret
        self.channel = FakeChannel()
        self.worker = worker_of(town.ground, self.channel)
        self.styles = {town.red, town.blue}
        self.prices = {town.red: 12_900, town.blue: 12_900, town.dear: 19_900}
        self.model = Model(Counter(dict.fromkeys(self.prices, 10)))
        self.people = (town.an, town.bo, town.cai, town.stranger)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.done: Counter[str] = Counter()
        self.steps = STEPS if steps is None else steps
        self.kinds = [name for name, (weight, _) in self.steps.items() for _ in range(weight)]
        self.ways_to_give: tuple[str, ...] = ("one", "one", "one", "many", "tiers", "draw", "draw", "later")

    @property
    def now(self) -> Any:
        return self.town.ground.clock.now()

    async def play(self, steps: int) -> None:
        for n in range(steps):
            name = self.chance.choice(self.kinds)
            self.log.append(f"{n}: {name}")
            await self.steps[name][1](self)
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
        steps = "\n".join(self.log)
        assert found == meant, f"seed {self.seed}: {what} is {found}, by the model {meant}\n{steps}"

    async def told(self, what: str, meant: str, story: Awaitable[Any]) -> Any:
        """What was answered; a refusal is answered by its name, and must be the one that is meant."""
        try:
            answered, code = await story, "ok"
        except Refusal as refusal:
            answered, code = None, type(refusal).__name__
        meant = meant or "ok"
        self.done[f"{what} {code}"] += 1
        self.log.append(f"   {what} -> {code}")
        self.same(what, code, meant)
        return answered

    # what is so ------------------------------------------------------------------------------------------------------
    async def compare(self) -> None:
        town, given = self.town, [way for way in self.model.ways if way.kind not in NO_GIFTS]
        rows = await town.ground.db.fetch(
            """SELECT g.id, g.state, g.ended_how, g.shares_claimed, g.opened_at IS NOT NULL AS opened, g.claimed_by
                 FROM gift_gift g ORDER BY g.id"""
        )
        seen = {row["id"]: row for row in rows}
        self.same("how many gifts there are", len(seen), len(given))
        for way in given:
            row = seen[way.id]
            here = f"{way.kind} {way.id} ({way})"
            self.same(here, {row["state"]} - set(STATES[way.state]), set())
            self.same(here, (row["ended_how"], row["opened"]), (way.how, way.opened))
            claimed = [piece for piece in way.pieces.values() if not piece.kept]
            if way.is_for_many:
                self.same(here, row["shares_claimed"], len(claimed))
            else:
                self.same(here, row["claimed_by"], claimed[0].person if claimed else None)
        levels = await stock.levels(town.ground.db, list(self.model.arrived))
        self.same("stock", {sku: tuple(level) for sku, level in levels.items()}, self.model.stock())

    async def compare_money(self) -> None:
        """Once the worker has nothing to do, everybody has back what is theirs, by the bank's own count."""
        for way in self.model.ways:
            back = {intent: self.channel.given_back(intent) for intent in way.intents}
            self.same(f"what is back of {way}", sum(back.values()), way.back())
            if way.kind == "fund" and way.back():
                self.same(f"whose money is back of {way}", back, dict(way.put_in))

    async def pass_time(self, hours: float) -> None:
        self.town.ground.clock.move(timedelta(hours=hours))  # type: ignore[attr-defined]
        await self.worker.drain()
        self.model.pass_by(self.now)
        await self._see_winners()
        await self.compare_money()

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

    # who and what ----------------------------------------------------------------------------------------------------
    def a_way(self, *states: str, kinds: tuple[str, ...] = ()) -> Way | None:
        """A late one rather than an early one; now and then any at all."""
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
        found = [(way, piece) for way in self.model.ways for piece in way.pieces.values() if piece.going in going]
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

    # giving ----------------------------------------------------------------------------------------------------------
    async def _give(self) -> None:
        town, chance = self.town, self.chance
        kind = chance.choice(self.ways_to_give)
        giver = chance.choice((town.an, town.bo, town.cai))
        friend = chance.choice([one for one in (town.an, town.bo, town.cai) if one != giver])
        sku = chance.choice(list(self.prices))
        asked: dict[str, Any] = {"open_for_hours": chance.choice((6, 24, 48))}
        recipient = friend if kind in ("one", "later") and chance.randrange(3) else None
        count = 1 if kind in ("one", "later") else 2 + chance.randrange(3)
        shares = dict.fromkeys(range(1, count + 1), (sku, self.prices[sku]))
        way = Way(kind, giver, recipient, shares, UNPAID, self.now, asked["open_for_hours"])
        if kind == "tiers":
            sku, asked["tiers"] = town.dear, ((town.dear, 1), (town.blue, 2))
            way.shares = {1: (town.dear, 19_900), 2: (town.blue, 12_900), 3: (town.blue, 12_900)}
        if kind == "draw":
            way.hours = asked["open_for_hours"] = 72
            way.draw_at = self.now + timedelta(hours=chance.choice((1, 5, 12, 20)))
            asked["draw"] = DrawAsked(way.draw_at)
        if kind == "later" or (way.draw_at is not None and way.draw_at - self.now > timedelta(hours=10)):
            minute = self.now.replace(second=0, microsecond=0) + timedelta(hours=chance.choice((2, 9)))
            way.comes_at, asked["moment"] = minute, on_the_wall(minute)
        wanted = Counter(style for style, _ in way.shares.values())
        short = any(self.model.free(style) < pieces for style, pieces in wanted.items())
        made = await self.told(
            f"give {kind}",
            "StockRanOut" if short else "ok",
            give(town, giver, recipient, sku, shares=len(way.shares), **asked),
        )
        if made is None:
            return
        way.id, way.order_id, way.intents, way.ends = (
            made.gift_id,
            made.order_id,
            [made.intent_id],
            self.now + PAY_WITHIN,
        )
        self.model.ways.append(way)
        if chance.randrange(10):
            await self._pay_for(way)

    async def _pay_for(self, way: Way) -> None:
        await pay(self.town, way.intents[0], way.total)
        if way.state == OVER:
            way.paid_late = way.paid_late or not way.paid
            return
        way.paid = True
        if way.comes_at is not None and way.comes_at > self.now:
            way.state, way.ends = LATER, None
        else:
            way.begin(self.now)

    async def _pay(self) -> None:
        unpaid = [
            way for way in self.model.ways if way.kind not in ("fund", *NO_GIFTS) and not way.paid and not way.paid_late
        ]
        if unpaid:
            await self._pay_for(self.chance.choice(unpaid))

    async def _start_fund(self) -> None:
        town = self.town
        way = Way("fund", town.an, town.bo, {1: (town.dear, 19_900)}, UNPAID, self.now, 24)
        way.ends = self.now + timedelta(hours=self.chance.choice((3, 9)))
        gift = GiveAGift(town.an, town.dear, town.bo, "birthday", "", 24, "")
        short = "StockRanOut" if self.model.free(town.dear) < 1 else "ok"
        ask = StartAFund(gift, way.ends, guest_ids=(town.cai,))
        made = await self.told("start fund", short, start_a_fund(town.ground, ask, town.key(town.an)))
        if made is not None:
            way.id, way.order_id = made.gift_id, made.order_id
            self.model.ways.append(way)

    async def _put_in(self) -> None:
        town, way = self.town, self.a_way(UNPAID, kinds=("fund",))
        if way is None:
            return
        missing = way.total - sum(way.put_in.values())
        who, amount = self.chance.choice((town.an, town.cai)), self.chance.choice((missing, missing + 1, 3_333, 1, 0))
        meant = "FundOver" if way.state != UNPAID else "FieldNotValid" if not 0 < amount <= missing else "ok"
        ask = PutIn(who, way.order_id, amount, "sandbox")
        made = await self.told("put in", meant, put_in(town.ground, ask, town.key(who)))
        if made is None:
            return
        intent = await town.ground.db.fetchval(
            "SELECT id FROM payment_intent WHERE order_id = $1", made.contribution_id
        )
        await pay(town, intent, amount)
        way.intents.append(intent)
        way.put_in[intent] = amount
        if amount == missing:
            way.paid = True
            way.begin(self.now)

    async def _call_off(self) -> None:
        way = self.a_way(UNPAID, kinds=("fund",))
        if way is not None and way.state == UNPAID:
            ask = CallOff(way.giver, way.order_id)
            await self.told("call off", "ok", call_off(self.town.ground, ask, self.town.key(way.giver)))
            way.end("unpaid")

    async def _offer(self) -> None:
        town, pieces = self.town, 1 + self.chance.randrange(2)
        short = self.model.free(town.red) < pieces
        until = ends_in(town, hours=7)
        made = await self.told("offer", "StockShort" if short else "ok", offered(town, pieces, ends_at=until))
        if made is not None:
            shares = dict.fromkeys(range(1, pieces + 1), (town.red, 0))
            way = Way("present", town.owner_id, None, shares, WAITING, self.now, id=made.activity_id, code=made.code)
            way.ends = until
            self.model.ways.append(way)

    async def _take(self) -> None:
        ways = [way for way in self.model.ways if way.kind == "present"][-3:]
        if not ways:
            return
        way, who = self.chance.choice(ways), self.chance.choice(self.people)
        has = way.piece_of(who) is not None
        meant = "ok" if has or way.state == WAITING else "PresentGone"
        taken = await self.told("take", meant, take(self.town, who, way.code))
        if taken is not None:
            self.model.claimed(way, who, None, taken.order_id)

    async def _stop(self) -> None:
        ways = [way for way in self.model.ways if way.kind == "present" and way.state == WAITING]
        if ways:
            way, town = self.chance.choice(ways), self.town
            ask = MoveAnActivity(town.owner_id, town.shop_id, way.id, "stop")
            await self.told("stop", "ok", move_an_activity(town.ground, ask, town.key(town.owner_id)))
            way.end("stopped")

    # before the claim ------------------------------------------------------------------------------------------------
    async def _open(self) -> None:
        way = self.a_way(WAITING)
        if way is not None:
            who = self.somebody(way)
            meant = self.model.open(way, who)
            ask = OpenAGift(who, **await self.named(way))
            await self.told("open", meant, open_a_gift(self.town.ground, ask, self.town.key(who)))
            way.opened = way.opened or not meant

    async def _lock(self) -> None:
        way, word = self.a_way(WAITING, LATER), self.chance.choice(("西湖", "苏堤", None))
        if way is not None:
            meant, ask = self.model.lock(way), LockAGift(way.giver, way.id, word)
            if await self.told("lock", meant, lock_a_gift(self.town.ground, ask, self.town.key(way.giver))):
                way.word = word or ""
                way.let_in.clear()
                way.wrong.clear()

    async def _type(self) -> None:
        ways = [
            way
            for way in self.model.ways
            if way.state == WAITING and way.recipient is None and way.kind not in NO_GIFTS
        ]
        if not ways:
            return
        way, who = self.chance.choice(ways[-6:]), self.chance.choice(self.people)
        word = self.chance.choice((way.word, way.word, "断桥")) or "断桥"
        meant = self.model.type_word(way, who, word)
        ask = TypeTheWord(who, (await self.named(way))["token"], word)
        if await self.told("type", meant, type_the_word(self.town.ground, ask, self.town.key(who))):
            way.let_in |= {who} if way.word else set()
        elif meant == "SafeWordWrong":
            way.wrong[who] += 1

    async def _claim(self) -> None:
        way = self.a_way(WAITING)
        if way is None or way.kind == "set":
            return
        who, town, is_far = self.somebody(way), self.town, not self.chance.randrange(12)
        is_far = is_far and who == town.bo
        wanted = self.chance.choice((None, None, *self.prices))
        asked = {"address_id": town.far_address} if is_far else {}
        meant = self.model.claim(way, who, wanted, self.styles, is_far=is_far)
        story = claim(town, who, sku_id=wanted, **asked, **await self.named(way))
        claimed = await self.told(f"claim {way.kind}", meant, story)
        if claimed is not None:
            self.model.claimed(way, who, wanted, claimed.order_id)

    async def _choose(self) -> None:
        way = self.a_way(WAITING, kinds=("one", "later") if self.chance.randrange(5) else ())
        if way is not None:
            who, wanted = self.somebody(way), self.chance.choice(list(self.prices))
            price = self.prices[wanted]
            meant = self.model.choose(way, who, wanted, price)
            story = claim(self.town, who, instead=((wanted, 1),), **await self.named(way))
            claimed = await self.told("choose", meant, story)
            if claimed is not None:
                self.model.chosen(way, who, wanted, price, claimed.order_id)

    async def _refuse(self) -> None:
        way = self.a_way(WAITING)
        if way is not None:
            who = self.somebody(way)
            meant = self.model.refuse(way, who)
            ask = RefuseAGift(who, "have_one", **await self.named(way))
            if await self.told("refuse", meant, refuse_a_gift(self.town.ground, ask, self.town.key(who))):
                way.end("refused")

    async def _withdraw(self) -> None:
        way = self.a_way(WAITING, LATER)
        if way is not None and (way.draw_at is None or way.state in (WAITING, LATER)):
            who = way.giver if self.chance.randrange(6) else self.chance.choice(self.people)
            meant, how = self.model.withdraw(way, who), "called_off" if way.state == LATER else "withdrawn"
            ask = WithdrawAGift(who, way.id)
            if await self.told("withdraw", meant, withdraw_a_gift(self.town.ground, ask, self.town.key(who))):
                way.end(how)

    async def _move(self) -> None:
        """Another moment, or now."""
        way, ahead = self.a_way(LATER), self.chance.choice((None, 1, 6, 11, 30))
        if way is None or way.state != LATER:
            return
        minute = self.now.replace(second=0, microsecond=0) + timedelta(hours=ahead or 0)
        meant = self.model.move(way, self.now if ahead is None else minute)
        ask = MoveASchedule(way.giver, way.id, None if ahead is None else on_the_wall(minute))
        if await self.told("move", meant, move_a_schedule(self.town.ground, ask, self.town.key(way.giver))):
            way.comes_at = minute
            if ahead is None:
                way.begin(self.now)

    async def _more_time(self) -> None:
        way = self.a_way(WAITING)
        if way is not None:
            who = self.somebody(way)
            meant = self.model.more_time(way, who)
            ask = TakeMoreTime(who, **await self.named(way))
            if await self.told("more time", meant, take_more_time(self.town.ground, ask, self.town.key(who))):
                assert way.ends is not None
                way.more, way.ends = True, way.ends + timedelta(hours=24)

    async def _readdress(self) -> None:
        way = self.a_way(WAITING)
        if way is not None:
            friends = [one for one in self.people[:3] if one != way.giver]
            to = self.chance.choice((None, *friends))
            ask = ReaddressAGift(way.giver, way.id, recipient_id=to)
            meant = self.model.readdress(way, to)
            if await self.told("readdress", meant, readdress_a_gift(self.town.ground, ask, self.town.key(way.giver))):
                way.recipient, way.opened, way.more, way.passed = to, False, False, False
                way.moved += 1
                way.begin(self.now)

    async def _enter(self) -> None:
        way = self.a_way(WAITING, kinds=("draw", "draw", "one"))
        if way is not None:
            who = self.chance.choice(self.people)
            named, meant = await self.named(way), self.model.enter(way, who)
            if await self.told("enter", meant, enter(self.town, who, **named)) and who not in way.entrants:
                way.entrants.append(who)
                way.opened = True

    # after it --------------------------------------------------------------------------------------------------------
    async def _wish(self) -> None:
        found = self.a_piece("to_ship")
        if found is None or found[0].kind == "present":
            return
        way, piece = found
        wanted = self.chance.choice([sku for sku in self.prices if sku != piece.sku])
        meant = self.model.wish(way, piece, wanted, self.styles)
        if await self.told("wish", meant, wish(self.town, piece.person, piece.order_id, wanted)):
            piece.swap, piece.wanted, piece.swap_by = WAITING, wanted, self.now + timedelta(hours=24)

    async def _decide(self) -> None:
        waiting = [piece for way in self.model.ways for piece in way.pieces.values() if piece.swap == WAITING]
        if not waiting:
            return
        piece, town = self.chance.choice(waiting), self.town
        verdict = self.chance.choice(("approve", "approve", "reject", "take back"))
        if verdict == "take back":
            ask = TakeBackAsk(piece.person, piece.order_id)
            await self.told("take back", "ok", take_back_the_ask(town.ground, ask, town.key(piece.person)))
            piece.swap = "cancelled"
            return
        agreed = verdict == "approve" and self.model.free(piece.wanted) > 0
        stands = await self.told(verdict, "ok", decide(town, piece.order_id, verdict))  # type: ignore[arg-type]
        self.same("the swap's state", stands.state, 4 if agreed else 5)
        piece.swap = "approved" if agreed else "rejected"
        piece.sku = piece.wanted if agreed else piece.sku

    async def _ship(self) -> None:
        found = self.a_piece("to_ship")
        if found is not None:
            way, piece = found
            meant, staff = "SwapWaits" if piece.swap == WAITING else "ok", self.owner_of(way, piece)
            if await self.told("ship", meant, ship(self.town, piece.order_id, staff_id=staff)):
                for one in way.in_order(piece.order_id, "to_ship"):
                    one.going, one.left_shop = "shipped", True

    async def _receive(self) -> None:
        found = self.a_piece("shipped")
        if found is not None:
            way, piece = found
            await self.told("receive", "ok", receive(self.town, piece.person, piece.order_id))
            for one in way.in_order(piece.order_id, "shipped"):
                one.going = "done"

    async def _aftersale(self) -> None:
        found = self.a_piece("to_ship", "shipped")
        if found is None or found[0].kind == "present":
            return
        await self._refund(
            found[1], await self.told("ask", "ok", ask_for(self.town, found[1].person, found[1].order_id))
        )

    async def _refund(self, piece: Piece, case: Any) -> None:
        await self.told("agree", "ok", answer(self.town, case.case_id))
        piece.swap = "cancelled" if piece.swap == WAITING else piece.swap
        piece.going = "back"

    async def _giver_asks(self) -> None:
        found = self.a_piece("to_ship")
        if found is None or found[0].kind == "present" or len(found[0].shares) > 1:
            return
        (way, piece), town = found, self.town
        meant = "RefundAskNotNow" if piece.asked_back else "ok"
        ask = AskForARefund(way.giver, way.id, "late")
        if await self.told("giver asks", meant, ask_for_a_refund(town.ground, ask, town.key(way.giver))) is None:
            return
        piece.asked_back = True
        agrees = bool(self.chance.randrange(2))
        say = AnswerARefundAsk(piece.person, way.id, agrees=agrees)
        stands = await self.told("owner answers", "ok", answer_a_refund_ask(town.ground, say, town.key(piece.person)))
        if agrees:
            await self._refund(piece, stands)

    async def _restock(self) -> None:
        sku, pieces = self.chance.choice(list(self.prices)), 1 + self.chance.randrange(3)
        await self.town.ground.db.run(lambda tx: stock.receive(tx, [(sku, pieces)], "test", 9))
        self.model.arrived[sku] += pieces

    async def _time(self) -> None:
        await self.pass_time(self.chance.choice((0, 0.1, 0.5, 1, 2, 5)))


STEPS: Steps = {
    "give": (14, Driver._give),
    "pay": (2, Driver._pay),
    "start fund": (2, Driver._start_fund),
    "put in": (6, Driver._put_in),
    "call off": (1, Driver._call_off),
    "offer": (2, Driver._offer),
    "take": (4, Driver._take),
    "stop": (1, Driver._stop),
    "open": (4, Driver._open),
    "lock": (3, Driver._lock),
    "type": (5, Driver._type),
    "claim": (20, Driver._claim),
    "refuse": (3, Driver._refuse),
    "withdraw": (2, Driver._withdraw),
    "move": (3, Driver._move),
    "more time": (2, Driver._more_time),
    "readdress": (2, Driver._readdress),
    "enter": (12, Driver._enter),
    "wish": (5, Driver._wish),
    "decide": (4, Driver._decide),
    "ship": (8, Driver._ship),
    "receive": (3, Driver._receive),
    "aftersale": (3, Driver._aftersale),
    "giver asks": (2, Driver._giver_asks),
    "restock": (3, Driver._restock),
    "time": (12, Driver._time),
}
# How often each is done in a history in which people choose something else instead.
WHERE_PEOPLE_CHOOSE: Steps = {
    "give": (16, Driver._give),
    "claim": (2, Driver._claim),
    "choose": (14, Driver._choose),
    "open": (1, Driver._open),
    "refuse": (1, Driver._refuse),
    "wish": (3, Driver._wish),
    "ship": (4, Driver._ship),
    "receive": (2, Driver._receive),
    "aftersale": (4, Driver._aftersale),
    "giver asks": (3, Driver._giver_asks),
    "restock": (6, Driver._restock),
    "time": (3, Driver._time),
}
