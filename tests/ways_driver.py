"""Gives, claims, swaps, refuses, funds and draws at random, from a seed, and holds each answer against the model."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from counter import answer, ask_for, decide, receive, ship, wish
from presents import ends_in, offered, take
from town import Town, claim, enter, give
from ways_machine import NO_GIFTS, Ask, Asker, Machine, Steps
from ways_model import LATER, OVER, PAY_WITHIN, UNPAID, WAITING, Model, Piece, Way

from renqing.books import stock
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
from renqing.social.schedules import Moment


def on_the_wall(minute: datetime) -> Moment:
    """What the clock of everybody in the town shows then."""
    return Moment(f"{minute.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}")


class Driver(Machine):
    """What people do."""

    def __init__(self, town: Town, seed: int, steps: Steps | None = None) -> None:
        super().__init__(town, seed, STEPS if steps is None else steps)
        self.styles = {town.red, town.blue}
        self.prices = {town.red: 12_900, town.blue: 12_900, town.dear: 19_900}
        self.model = Model(Counter(dict.fromkeys(self.prices, 10)))
        self.ways_to_give: tuple[str, ...] = ("one", "one", "one", "many", "tiers", "draw", "draw", "later")

    def rivalries(self, way: Way) -> list[Asker]:
        if way.kind == "present":
            return [self.to_take, self.to_take, self.to_stop]
        if way.kind == "fund" and way.state == UNPAID:
            return [self.to_put_in, self.to_put_in, self.to_put_in, self.to_call_off]
        if way.state == LATER:
            return [self.to_withdraw, self.to_move]
        if way.state != WAITING:
            return [self.to_wish, self.to_decide, self.to_decide, self.to_ship]
        draws = [self.to_enter, self.to_enter, self.to_enter] if way.draw_at else []
        before = [self.to_refuse, self.to_withdraw, self.to_take_more_time, self.to_readdress, self.to_open]
        return [self.to_claim, self.to_claim, self.to_claim, self.to_claim, *before, *draws]

    async def after_rivals(self) -> None:
        await self.pay_what_is_promised()

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
            lambda: give(town, giver, recipient, sku, shares=len(way.shares), **asked),
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
        await self.letter(way.intents[0], way.total)
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
        made = await self.told("start fund", short, lambda: start_a_fund(town.ground, ask, town.key(town.an)))
        if made is not None:
            way.id, way.order_id = made.gift_id, made.order_id
            self.model.ways.append(way)

    async def to_put_in(self) -> Ask | None:
        town, way = self.town, self.a_way(UNPAID, kinds=("fund",))
        if way is None:
            return None
        who = self.chance.choice((town.an, town.cai))
        amount = self.chance.choice((way.missing, way.missing + 1, 3_333, 1, 0))
        ask = PutIn(who, way.order_id, amount, "sandbox")

        def meant() -> str:
            if way.state != UNPAID:
                return "FundOver"
            if amount > 0 and way.missing == 0:
                return "FundSpokenFor"
            return "ok" if 0 < amount <= way.missing else "FieldNotValid"

        def promised(made: Any) -> None:
            way.promised[made.contribution_id] = amount

        return Ask("put in", meant, lambda: put_in(town.ground, ask, town.key(who)), promised)

    async def _put_in(self) -> None:
        if await self.one(await self.to_put_in()):
            await self.pay_what_is_promised()

    async def pay_what_is_promised(self) -> None:
        """Whoever said that they put something into a fund pays it."""
        for way in self.model.ways:
            for contribution, amount in list(way.promised.items()):
                sql = "SELECT id FROM payment_intent WHERE order_id = $1"
                intent = await self.town.ground.db.fetchval(sql, contribution)
                await self.letter(intent, amount)
                del way.promised[contribution]
                way.intents.append(intent)
                way.put_in[intent] = amount
                if way.state == UNPAID and way.missing == 0:
                    way.paid = True
                    way.begin(self.now)

    async def to_call_off(self) -> Ask | None:
        way = self.a_way(UNPAID, kinds=("fund",))
        if way is None or way.state != UNPAID:
            return None
        ask = CallOff(way.giver, way.order_id)
        story = lambda: call_off(self.town.ground, ask, self.town.key(way.giver))  # noqa: E731 - told again by its name
        return Ask("call off", lambda: "ok" if way.state == UNPAID else "FundOver", story, lambda _: way.end("unpaid"))

    async def _offer(self) -> None:
        town, pieces = self.town, 1 + self.chance.randrange(2)
        short = self.model.free(town.red) < pieces
        until = ends_in(town, hours=7)
        story = partial(offered, town, pieces, ends_at=until)
        made = await self.told("offer", "StockShort" if short else "ok", story)
        if made is not None:
            shares = dict.fromkeys(range(1, pieces + 1), (town.red, 0))
            way = Way("present", town.owner_id, None, shares, WAITING, self.now, id=made.activity_id, code=made.code)
            way.ends = until
            self.model.ways.append(way)

    async def to_take(self) -> Ask | None:
        ways = [way for way in self.model.ways if way.kind == "present"][-3:]
        if not ways:
            return None
        way, who = self.about or self.chance.choice(ways), self.chance.choice(self.people)

        def meant() -> str:
            return "ok" if way.piece_of(who) is not None or way.state == WAITING else "PresentGone"

        def taken(piece: Any) -> None:
            self.model.claimed(way, who, None, piece.order_id)

        return Ask("take", meant, lambda: take(self.town, who, way.code), taken)

    async def to_stop(self) -> Ask | None:
        ways = [way for way in self.model.ways if way.kind == "present" and way.state == WAITING]
        if not ways:
            return None
        way, town = self.about or self.chance.choice(ways), self.town
        ask = MoveAnActivity(town.owner_id, town.shop_id, way.id, "stop")

        def story() -> Any:
            return move_an_activity(town.ground, ask, town.key(town.owner_id))

        return Ask(
            "stop", lambda: "ok" if way.state == WAITING else "ActivityOver", story, lambda _: way.end("stopped")
        )

    # before the claim ------------------------------------------------------------------------------------------------
    async def to_open(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = self.somebody(way)
        ask = OpenAGift(who, **await self.named(way))

        def opened(_: Any) -> None:
            way.opened = True

        story = partial(self._keyed, open_a_gift, ask, who)
        return Ask("open", lambda: self.model.open(way, who), story, opened, self.is_named(way))

    def _keyed(self, journey: Any, ask: Any, who: int) -> Any:
        """A journey's story as somebody asks it."""
        return journey(self.town.ground, ask, self.town.key(who))

    async def to_lock(self) -> Ask | None:
        way, word = self.a_way(WAITING, LATER), self.chance.choice(("西湖", "苏堤", None))
        if way is None:
            return None

        def locked(_: Any) -> None:
            way.word = word or ""
            way.let_in.clear()
            way.wrong.clear()

        story = partial(self._keyed, lock_a_gift, LockAGift(way.giver, way.id, word), way.giver)
        return Ask("lock", lambda: self.model.lock(way), story, locked)

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
        story = partial(self._keyed, type_the_word, TypeTheWord(who, (await self.named(way))["token"], word), who)
        if await self.told("type", meant, story, counts=meant == "SafeWordWrong"):
            way.let_in |= {who} if way.word else set()
        elif meant == "SafeWordWrong":
            way.wrong[who] += 1

    async def to_claim(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None or way.kind == "set":
            return None
        who, town, is_far = self.somebody(way), self.town, not self.chance.randrange(12)
        is_far = is_far and who == town.bo
        wanted = self.chance.choice((None, None, *self.prices))
        asked = {"address_id": town.far_address} if is_far else {}
        named = await self.named(way)

        def meant() -> str:
            return self.model.claim(way, who, wanted, self.styles, is_far=is_far)

        def claimed(answered: Any) -> None:
            self.model.claimed(way, who, wanted, answered.order_id)

        story = partial(claim, town, who, sku_id=wanted, **asked, **named)
        return Ask(f"claim {way.kind}", meant, story, claimed, self.is_named(way))

    async def to_choose(self) -> Ask | None:
        way = self.a_way(WAITING, kinds=("one", "later") if self.chance.randrange(5) else ())
        if way is None:
            return None
        who, wanted = self.somebody(way), self.chance.choice(list(self.prices))
        price = self.prices[wanted]
        story = partial(claim, self.town, who, instead=((wanted, 1),), **await self.named(way))

        def chosen(answered: Any) -> None:
            self.model.chosen(way, who, wanted, price, answered.order_id)

        return Ask("choose", lambda: self.model.choose(way, who, wanted, price), story, chosen, self.is_named(way))

    async def to_refuse(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = self.somebody(way)
        story = partial(self._keyed, refuse_a_gift, RefuseAGift(who, "have_one", **await self.named(way)), who)
        return Ask(
            "refuse", lambda: self.model.refuse(way, who), story, lambda _: way.end("refused"), self.is_named(way)
        )

    async def to_withdraw(self) -> Ask | None:
        way = self.a_way(WAITING, LATER)
        if way is None:
            return None
        who = way.giver if self.chance.randrange(6) else self.chance.choice(self.people)

        def withdrawn(_: Any) -> None:
            way.end("called_off" if way.state == LATER else "withdrawn")

        story = partial(self._keyed, withdraw_a_gift, WithdrawAGift(who, way.id), who)
        return Ask("withdraw", lambda: self.model.withdraw(way, who), story, withdrawn)

    async def to_move(self) -> Ask | None:
        """Another moment, or now."""
        way, ahead = self.a_way(LATER), self.chance.choice((None, 1, 6, 11, 30))
        if way is None or way.state != LATER:
            return None
        minute = self.now.replace(second=0, microsecond=0) + timedelta(hours=ahead or 0)
        ask = MoveASchedule(way.giver, way.id, None if ahead is None else on_the_wall(minute))

        def moved(_: Any) -> None:
            way.comes_at = minute
            if ahead is None:
                way.begin(self.now)

        def meant() -> str:
            return self.model.move(way, self.now if ahead is None else minute)

        return Ask("move", meant, partial(self._keyed, move_a_schedule, ask, way.giver), moved)

    async def to_take_more_time(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = self.somebody(way)

        def longer(_: Any) -> None:
            assert way.ends is not None
            way.more, way.ends = True, way.ends + timedelta(hours=24)

        story = partial(self._keyed, take_more_time, TakeMoreTime(who, **await self.named(way)), who)
        return Ask("more time", lambda: self.model.more_time(way, who), story, longer, self.is_named(way))

    async def to_readdress(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        friends = [one for one in self.people[:3] if one != way.giver]
        to = self.chance.choice((None, *friends))
        ask = ReaddressAGift(way.giver, way.id, recipient_id=to)

        def readdressed(_: Any) -> None:
            way.recipient, way.opened, way.more, way.passed = to, False, False, False
            way.moved += 1
            way.begin(self.now)

        story = partial(self._keyed, readdress_a_gift, ask, way.giver)
        return Ask("readdress", lambda: self.model.readdress(way, to), story, readdressed)

    async def to_enter(self) -> Ask | None:
        way = self.a_way(WAITING, kinds=("draw", "draw", "one"))
        if way is None:
            return None
        who = self.chance.choice(self.people)

        def entered(_: Any) -> None:
            if who not in way.entrants:
                way.entrants.append(who)
                way.opened = True

        story = partial(enter, self.town, who, **await self.named(way))
        return Ask("enter", lambda: self.model.enter(way, who, self.now), story, entered, self.is_named(way))

    # after it --------------------------------------------------------------------------------------------------------
    async def to_wish(self) -> Ask | None:
        found = self.a_piece("to_ship")
        if found is None or found[0].kind == "present":
            return None
        way, piece = found
        wanted = self.chance.choice([sku for sku in self.prices if sku != piece.sku])

        def wished(_: Any) -> None:
            piece.swap, piece.wanted, piece.swap_by = WAITING, wanted, self.now + timedelta(hours=24)

        story = partial(wish, self.town, piece.person, piece.order_id, wanted)
        return Ask("wish", lambda: self.model.wish(way, piece, wanted, self.styles), story, wished)

    async def to_decide(self) -> Ask | None:
        """The shop decides about another style, or who asked takes it back."""
        ways = self.model.ways if self.about is None else [self.about]
        waiting = [piece for way in ways for piece in way.pieces.values() if piece.swap == WAITING]
        if not waiting:
            return None
        piece, town = self.chance.choice(waiting), self.town
        verdict = self.chance.choice(("approve", "approve", "reject", "take back"))
        if verdict == "take back":

            def cancelled(_: Any) -> None:
                piece.swap = "cancelled"

            story = partial(self._keyed, take_back_the_ask, TakeBackAsk(piece.person, piece.order_id), piece.person)
            return Ask("take back", lambda: self._why_not_decided(piece), story, cancelled)

        def decided(stands: Any) -> None:
            agreed = verdict == "approve" and self.model.free(piece.wanted) > 0
            self.same("the swap's state", stands.state, 4 if agreed else 5)
            piece.swap = "approved" if agreed else "rejected"
            piece.sku = piece.wanted if agreed else piece.sku

        deciding = partial(decide, town, piece.order_id, verdict)  # type: ignore[arg-type]
        return Ask(verdict, lambda: self._why_not_decided(piece), deciding, decided)

    def _why_not_decided(self, piece: Piece) -> str:
        return "" if piece.swap == WAITING else "SwapNotNow"

    async def to_ship(self) -> Ask | None:
        found = self.a_piece("to_ship")
        if found is None:
            return None
        way, piece = found
        staff = self.owner_of(way, piece)

        def meant() -> str:
            if piece.going != "to_ship":
                return "OrderNotReady"
            return "SwapWaits" if piece.swap == WAITING else "ok"

        def shipped(_: Any) -> None:
            for one in way.in_order(piece.order_id, "to_ship"):
                one.going, one.left_shop, one.shipped_at = "shipped", True, self.now

        return Ask("ship", meant, partial(ship, self.town, piece.order_id, staff_id=staff), shipped)

    async def to_receive(self) -> Ask | None:
        found = self.a_piece("shipped")
        if found is None:
            return None
        way, piece = found

        def received(_: Any) -> None:
            for one in way.in_order(piece.order_id, "shipped"):
                one.going = "done"

        def meant() -> str:
            return "ok" if piece.going == "shipped" else "OrderNotReady"

        return Ask("receive", meant, partial(receive, self.town, piece.person, piece.order_id), received)

    async def _aftersale(self) -> None:
        found = self.a_piece("to_ship", "shipped")
        if found is None or found[0].kind == "present":
            return
        piece = found[1]
        case = await self.told("ask", "ok", partial(ask_for, self.town, piece.person, piece.order_id))
        if case is not None:
            await self._refund(piece, case)

    async def _refund(self, piece: Piece, case: Any) -> None:
        """The shop agrees, sooner or later."""
        while await self.told("agree", "ok", partial(answer, self.town, case.case_id)) is None:
            self.log.append("   the shop tries again")
        piece.swap = "cancelled" if piece.swap == WAITING else piece.swap
        piece.going = "back"

    async def _giver_asks(self) -> None:
        found = self.a_piece("to_ship")
        if found is None or found[0].kind == "present" or len(found[0].shares) > 1:
            return
        way, piece = found
        meant = "RefundAskNotNow" if piece.asked_back else "ok"
        story = partial(self._keyed, ask_for_a_refund, AskForARefund(way.giver, way.id, "late"), way.giver)
        if await self.told("giver asks", meant, story) is None:
            return
        piece.asked_back = True
        agrees, stands = bool(self.chance.randrange(2)), None
        say = AnswerARefundAsk(piece.person, way.id, agrees=agrees)
        while stands is None:
            story = partial(self._keyed, answer_a_refund_ask, say, piece.person)
            stands = await self.told("owner answers", "ok", story)
        if agrees:
            await self._refund(piece, stands)

    async def _restock(self) -> None:
        sku, pieces = self.chance.choice(list(self.prices)), 1 + self.chance.randrange(3)
        await self.town.ground.db.run(lambda tx: stock.receive(tx, [(sku, pieces)], "test", 9))
        self.model.arrived[sku] += pieces

    async def _time(self) -> None:
        await self.pass_time(self.chance.choice((0, 0.1, 0.5, 1, 2, 5)))


def asking(maker: Any) -> Any:
    """A step in which somebody asks once, as ``maker`` says."""

    async def step(driver: Driver) -> None:
        await driver.one(await maker(driver))

    return step


STEPS: Steps = {
    "give": (14, Driver._give),
    "pay": (2, Driver._pay),
    "start fund": (2, Driver._start_fund),
    "put in": (6, Driver._put_in),
    "call off": (1, asking(Driver.to_call_off)),
    "offer": (2, Driver._offer),
    "take": (4, asking(Driver.to_take)),
    "stop": (1, asking(Driver.to_stop)),
    "open": (4, asking(Driver.to_open)),
    "lock": (3, asking(Driver.to_lock)),
    "type": (5, Driver._type),
    "claim": (20, asking(Driver.to_claim)),
    "refuse": (3, asking(Driver.to_refuse)),
    "withdraw": (2, asking(Driver.to_withdraw)),
    "move": (3, asking(Driver.to_move)),
    "more time": (2, asking(Driver.to_take_more_time)),
    "readdress": (2, asking(Driver.to_readdress)),
    "enter": (12, asking(Driver.to_enter)),
    "wish": (5, asking(Driver.to_wish)),
    "decide": (4, asking(Driver.to_decide)),
    "ship": (8, asking(Driver.to_ship)),
    "receive": (3, asking(Driver.to_receive)),
    "aftersale": (3, Driver._aftersale),
    "giver asks": (2, Driver._giver_asks),
    "restock": (3, Driver._restock),
    "time": (12, Driver._time),
}
# How often each is done in a history in which people choose something else instead.
WHERE_PEOPLE_CHOOSE: Steps = {
    "give": (16, Driver._give),
    "claim": (2, asking(Driver.to_claim)),
    "choose": (14, asking(Driver.to_choose)),
    "open": (1, asking(Driver.to_open)),
    "refuse": (1, asking(Driver.to_refuse)),
    "wish": (3, asking(Driver.to_wish)),
    "ship": (4, asking(Driver.to_ship)),
    "receive": (2, asking(Driver.to_receive)),
    "aftersale": (4, Driver._aftersale),
    "giver asks": (3, Driver._giver_asks),
    "restock": (6, Driver._restock),
    "time": (3, Driver._time),
}
