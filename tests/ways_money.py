"""Histories of money that goes back: in parts, out of funds, and where the account that it came from is closed."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from household import worker_of
from outside import FakeOutside, listen
from town import Town, claim, give
from ways_driver import Driver, asking
from ways_machine import Ask, Steps
from ways_model import PAY_WITHIN, UNPAID, WAITING, Model, Way

from renqing.books import stock
from renqing.doors.worker import Worker
from renqing.journeys.keep_a_balance import NameARoute, name_a_route
from renqing.trade import shipping

FAR, FAR_FEE = 650000, 1_500
TOLD_OF_BALANCES = ("refund.failed", "balance.returned")


class Spending(Driver):
    """One history in which givers allow more freight, and accounts close and open again."""

    def __init__(self, town: Town, seed: int) -> None:
        self.outside = FakeOutside()
        super().__init__(town, seed, WHERE_MONEY_GOES_BACK)
        self.model = Model(Counter(dict.fromkeys(self.prices, 20)))

    def hire(self) -> Worker:
        return worker_of(self.town.ground, self.channel, self.outside)

    # what is so ------------------------------------------------------------------------------------------------------
    async def look(self) -> dict[str, Any]:
        seen = await super().look()
        rows = await self.town.ground.db.fetch("SELECT order_id, used_amount FROM surcharge_allowed")
        seen["used"] = {row["order_id"]: row["used_amount"] for row in rows}
        return seen

    def fits(self, seen: dict[str, Any]) -> None:
        super().fits(seen)
        for way in self.model.ways:
            if way.allowed and way.pieces:
                self.same(f"what of its freight {way} needed", seen["used"][way.order_id], way.used)

    async def compare_money(self, *, all_is_back: bool = True) -> None:
        """Everybody has what is theirs: on an account of theirs, or kept for them until one is open."""
        kept, owed = await self._kept(), Counter[int]()
        has = (
            kept if all_is_back else Counter[int]()
        )  # an answer that was lost: it is back, and kept until that is known
        intents = [intent for way in self.model.ways for intent in way.intents]
        rows = await self.town.ground.db.fetch("SELECT id, payer_id FROM payment_intent WHERE id = ANY($1)", intents)
        payer = {row["id"]: row["payer_id"] for row in rows}
        for way in self.model.ways:
            for intent in way.intents:
                has[payer[intent]] += self.channel.given_back(intent) + self.channel.paid_out(intent)
                if way.kind == "fund":
                    owed[payer[intent]] += way.put_in[intent] if way.back() else 0
            if way.kind != "fund":
                owed[way.giver] += way.back()
        if all_is_back:
            self.same("what everybody has back, or is kept for them,", +has, +owed)
        else:
            self.same("what is too much", has - owed, Counter())

    async def _kept(self) -> Counter[int]:
        rows = await self.town.ground.db.fetch(
            "SELECT person_id, sum(amount)::bigint AS kept FROM balance_balance WHERE state = 'kept' GROUP BY 1"
        )
        self.done["money that is kept"] += len(rows)
        return Counter({row["person_id"]: row["kept"] for row in rows})

    async def finish(self) -> None:
        """Accounts are open again: within two weeks nothing is kept for anybody."""
        self._accounts("done")
        await super().finish()
        for _ in range(2):
            await self.pass_time(8 * 24)
        self.same("what is kept for somebody for ever", await self._kept(), Counter())
        await self._programs_heard()

    async def _programs_heard(self) -> None:
        """Of money that no way back was open for a program heard twice: that it is kept, and that it is back."""
        events = {post.headers["webhook-id"]: post for post in self.outside.heard}
        told = Counter((post.type, int(post.said["data"]["refund_id"])) for post in events.values())
        rows = await self.town.ground.db.fetch(
            "SELECT b.id FROM balance_balance b JOIN order_order o ON o.id = b.order_id"
        )  # a share of a fund that never bought anything is no shop's
        meant = Counter((kind, row["id"]) for row in rows for kind in TOLD_OF_BALANCES)
        self.same("what a program heard of balances", told, meant)

    # what people do --------------------------------------------------------------------------------------------------
    def _accounts(self, state: Any) -> None:
        self.refund_state = self.channel.refund_state = state
        self.channel.payout_state = state

    async def _accounts_change(self) -> None:
        """From now on whoever paid has closed the account that they paid from, or has not."""
        self._accounts(self.chance.choice(("closed", "closed", "done")))
        self.log.append(f"   accounts are {self.channel.refund_state}")

    async def to_name_a_route(self) -> Ask | None:
        db, chance = self.town.ground.db, self.chance
        rows = await db.fetch("SELECT id, person_id, state FROM balance_balance ORDER BY id DESC LIMIT 4")
        if not rows:
            return None
        balance = chance.choice(rows)
        who = balance["person_id"] if chance.randrange(5) else chance.choice(self.people)
        whose = who if chance.randrange(5) else chance.choice(self.people)
        sql = """SELECT id FROM payment_intent WHERE payer_id = $1 AND captured_at IS NOT NULL AND channel = 'sandbox'
                  ORDER BY captured_at DESC, id DESC LIMIT 3"""
        paid = [row["id"] for row in await db.fetch(sql, whose)]
        if not paid:
            return None

        def meant() -> str:
            if who != balance["person_id"]:
                return "BalanceUnknown"
            if whose != who:
                return "RouteUnknown"
            return "" if balance["state"] == "kept" else "BalanceOver"

        ask = NameARoute(who, balance["id"], chance.choice(paid))
        return Ask("name a route", meant, partial(self._keyed, name_a_route, ask, who))

    async def _days(self) -> None:
        await self.pass_time(self.chance.choice((30, 24 * 8)))

    async def _give_allowing(self) -> None:
        """A thing for one, with freight to a far place paid in advance or not."""
        town, chance = self.town, self.chance
        giver, friend = chance.sample((town.an, town.bo, town.cai), 2)
        sku = chance.choice(list(self.prices))
        recipient = friend if chance.randrange(4) else None
        way = Way("one", giver, recipient, {1: (sku, self.prices[sku])}, UNPAID, self.now, 24)
        way.allowed = chance.choice((0, 800, FAR_FEE, 2_500))
        short = self.model.free(sku) < 1
        story = partial(give, town, giver, recipient, sku, open_for_hours=24, surcharge_allowed=way.allowed)
        made = await self.told("give", "StockRanOut" if short else "ok", story)
        if made is None:
            return
        self.same("what is to be paid", made.total, way.total)
        way.id, way.order_id, way.intents = made.gift_id, made.order_id, [made.intent_id]
        way.ends = self.now + PAY_WITHIN
        self.model.ways.append(way)
        if chance.randrange(8):
            await self._pay_for(way)

    async def to_claim(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who, town = self.somebody(way), self.town
        is_far = who == town.bo and bool(self.chance.randrange(3))
        asked = {"address_id": town.far_address} if is_far else {}
        story = partial(claim, town, who, **asked, **await self.named(way))

        def claimed(answered: Any) -> None:
            if way.piece_of(who) is None:
                way.used = min(way.allowed, FAR_FEE if is_far else 0)
            self.model.claimed(way, who, None, answered.order_id)

        def meant() -> str:
            return self.model.claim(way, who, None, self.styles, is_far=False)

        return Ask("claim", meant, story, claimed, self.is_named(way))


async def spending(town: Town, seed: int) -> Spending:
    """A history in a new town whose shop delivers far away, for more."""

    async def story(tx: Any) -> None:
        await shipping.set_rate(tx, town.shop_id, shipping.Rate(FAR, fee=FAR_FEE))

        await stock.receive(tx, [(sku, 10) for sku in (town.red, town.blue, town.dear)], "test", 3)

    await town.ground.db.run(story)
    await listen(town, kinds=TOLD_OF_BALANCES)
    return Spending(town, seed)


WHERE_MONEY_GOES_BACK: Steps = {
    "give": (14, Spending._give_allowing),
    "pay": (3, Driver._pay),
    "start fund": (4, Driver._start_fund),
    "put in": (9, Driver._put_in),
    "call off": (2, asking(Driver.to_call_off)),
    "claim": (10, asking(Spending.to_claim)),
    "refuse": (5, asking(Driver.to_refuse)),
    "withdraw": (3, asking(Driver.to_withdraw)),
    "ship": (4, asking(Driver.to_ship)),
    "receive": (2, asking(Driver.to_receive)),
    "aftersale": (4, Driver._aftersale),
    "giver asks": (2, Driver._giver_asks),
    "accounts": (4, Spending._accounts_change),
    "name a route": (7, asking(Spending.to_name_a_route)),
    "restock": (2, Driver._restock),
    "time": (9, Driver._time),
    "days": (2, Spending._days),
}
