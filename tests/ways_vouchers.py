"""Histories of a café: vouchers that are given, grabbed, kept, used and given back, run out, or come back unclaimed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from counter_vouchers import Cafe, another_voucher, extend, give_back, of_order, open_cafe, order_vouchers, redeem
from town import Town, claim, give
from ways_driver import Driver, asking
from ways_machine import Ask, Asker, Steps
from ways_model import CLAIMED, NOT_HERE, OVER, PAY_WITHIN, UNPAID, WAITING, Model, Piece, Way

from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.social import gifts
from renqing.trade import vouchers

GOOD_FOR = timedelta(days=20)
COFFEE, CAKE = 10_000, 1_000
COFFEES = (3_334, 3_333, 3_333)  # what each of a pack's uses was paid with: the odd fen are the first's


@dataclass
class Card(Piece):
    """A voucher that somebody has: to_use, used, refunded, or expired."""

    voucher_id: int = 0
    worth: tuple[int, ...] = ()
    used: int = 0
    good_until: datetime | None = None
    money_back_at_end: bool = True

    def is_over(self, how: str) -> None:
        """What was not used goes back with the money, and onto the shelf where nothing of it was."""
        self.going = how
        if how == "refunded":
            self.rest = sum(self.worth[self.used :])
        self.left_shop = self.used > 0


class Cards(Model):
    """What is so of vouchers: their time runs by itself."""

    def pass_by(self, now: datetime) -> None:
        for way in self.ways:
            for card in way.pieces.values():
                if isinstance(card, Card) and card.going == "to_use" and card.good_until and card.good_until <= now:
                    card.is_over("refunded" if card.money_back_at_end else "expired")
        super().pass_by(now)


class Pouring(Driver):
    """One history of a café with packs of coffees, and cakes that come back to their giver where nobody claims."""

    def __init__(self, town: Town, seed: int, cafe: Cafe, cake: int) -> None:
        super().__init__(town, seed, WHERE_VOUCHERS_ARE_GIVEN)
        self.cafe, self.cake = cafe, cake
        self.prices = {cafe.sku_id: COFFEE, cake: CAKE}
        self.model = Cards(Counter({**self.model.arrived, cafe.sku_id: 20, cake: 20}))

    def a_card(self, *going: str) -> tuple[Way, Card] | None:
        any_at_all = not self.chance.randrange(6)
        found = [
            (way, card)
            for way in (self.model.ways if self.about is None else [self.about])
            for card in way.pieces.values()
            if isinstance(card, Card) and (any_at_all or card.going in going)
        ]
        return self.chance.choice(found[-8:]) if found else None

    async def _dealt(self, way: Way, who: int, order_of: dict[int, int], *, kept: bool) -> None:
        """These shares (number: order) are somebody's cards now."""
        cards = {order: await of_order(self.cafe, order) for order in set(order_of.values())}
        for n, order in order_of.items():
            sku, price = way.shares[n]
            voucher = next((one for one in cards[order] if one.sku_id == sku), None)
            assert voucher is not None, f"order {order} has fewer cards than the model"
            cards[order].remove(voucher)
            way.pieces[n] = Card(
                person=who,
                sku=sku,
                price=price,
                order_id=order,
                going="to_use",
                left_shop=True,
                kept=kept,
                voucher_id=voucher.id,
                worth=COFFEES if sku == self.cafe.sku_id else (CAKE,),
                good_until=self.now + GOOD_FOR,
                money_back_at_end=sku == self.cafe.sku_id,
            )

    async def look(self) -> dict[str, Any]:
        seen = await super().look()
        rows = await self.town.ground.db.fetch("SELECT id, state, used, holder_id, expires_at FROM voucher_voucher")
        seen["cards"] = {row["id"]: (row["state"], row["used"], row["holder_id"], row["expires_at"]) for row in rows}
        return seen

    def fits(self, seen: dict[str, Any]) -> None:
        super().fits(seen)
        meant = {
            card.voucher_id: (
                "valid" if card.going == "to_use" else card.going,
                card.used,
                card.person,
                card.good_until,
            )
            for way in self.model.ways
            for card in way.pieces.values()
            if isinstance(card, Card)
        }
        self.same("the cards", seen["cards"], meant)

    async def time_is_up(self) -> None:
        """What nobody claimed in time, and may come back for use, is its giver's."""
        waiting = [way for way in self.model.ways if way.state == WAITING]
        await super().time_is_up()
        for way in waiting:
            if way.state == OVER and all(sku == self.cake for sku, _ in way.shares.values()):
                rows = await self.town.ground.db.fetch(
                    "SELECT order_id FROM voucher_return WHERE gift_id = $1 ORDER BY order_id", way.id
                )
                self.same(f"what came back of {way}", len(rows), 1)
                left = [n for n in way.shares if n not in way.pieces]
                await self._dealt(way, way.giver, dict.fromkeys(left, rows[0]["order_id"]), kept=True)

    async def finish(self) -> None:
        await super().finish()
        await self.pass_time(30 * 24)
        await self.compare()
        going = [card.going for way in self.model.ways for card in way.pieces.values() if card.going == "to_use"]
        self.same("cards that are never over", going, [])

    # what people do --------------------------------------------------------------------------------------------------
    async def _buy(self) -> None:
        who = self.chance.choice(self.people)
        short = self.model.free(self.cafe.sku_id) < 1
        placed = await self.told("buy", "StockRanOut" if short else "ok", partial(order_vouchers, self.cafe, who))
        if placed is not None:
            await self.letter(placed.intent_id, placed.total)
            way = Way("own", who, who, {1: (self.cafe.sku_id, COFFEE)}, CLAIMED, self.now, paid=True)
            way.order_id, way.intents = placed.order_id, [placed.intent_id]
            self.model.ways.append(way)
            await self._dealt(way, who, {1: placed.order_id}, kept=True)

    async def _give_cards(self) -> None:
        town, chance = self.town, self.chance
        giver, friend = chance.sample((town.an, town.bo, town.cai), 2)
        kind = chance.choice(("voucher", "voucher", "lucky", "cakes"))
        asked: dict[str, Any] = {"open_for_hours": chance.choice((6, 24))}
        sku = chance.choice((self.cafe.sku_id, self.cake))
        shares = {1: (sku, self.prices[sku])}
        recipient = friend if kind == "voucher" and chance.randrange(3) else None
        if kind == "lucky":
            sku, asked["lucky"], asked["tiers"] = self.cafe.sku_id, True, ((self.cafe.sku_id, 1), (self.cake, 2))
            shares = {1: (sku, COFFEE), 2: (self.cake, CAKE), 3: (self.cake, CAKE)}
        if kind == "cakes":
            sku, asked["lucky"] = self.cake, bool(chance.randrange(2))
            shares = dict.fromkeys((1, 2), (sku, CAKE))
        way = Way(kind, giver, recipient, shares, UNPAID, self.now, asked["open_for_hours"])
        wanted = Counter(style for style, _ in shares.values())
        short = any(self.model.free(style) < pieces for style, pieces in wanted.items())
        story = partial(give, town, giver, recipient, sku, shares=len(shares), **asked)
        made = await self.told(f"give {kind}", "StockRanOut" if short else "ok", story)
        if made is None:
            return
        way.id, way.order_id, way.intents = made.gift_id, made.order_id, [made.intent_id]
        way.ends = self.now + PAY_WITHIN
        self.model.ways.append(way)
        if chance.randrange(10):
            await self._pay_for(way)

    async def to_claim_card(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = self.somebody(way)

        def meant() -> str:
            if self.model.sees(way, who) and way.piece_of(who) is not None:
                return "ok"
            return self.model.why_not(way, who) or self.model.closed(way, who)

        async def claimed(answered: Any) -> None:
            if way.piece_of(who) is not None:
                return
            n = 1
            if way.is_for_many:  # which share it is, is chance's to say; that it is one that nobody has, is ours
                sql = "SELECT n FROM gift_share WHERE gift_id = $1 AND person_id = $2"
                n = await self.town.ground.db.fetchval(sql, way.id, who)
                self.same("shares that are somebody's already", {n} - (way.shares.keys() - way.pieces.keys()), set())
            await self._dealt(way, who, {n: answered.order_id}, kept=False)
            way.opened = True
            way.state = CLAIMED if len(way.pieces) == len(way.shares) else way.state

        return Ask(
            "claim",
            meant,
            partial(claim, self.town, who, address_id=None, **await self.named(way)),
            claimed,
            self.is_named(way),
        )

    async def to_keep_cards(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = way.giver if self.chance.randrange(6) else self.chance.choice(self.people)

        async def kept(answered: Any) -> None:
            left = [n for n in way.shares if n not in way.pieces]
            styles = list(dict.fromkeys(way.shares[n][0] for n in left))
            order_of = dict(zip(styles, answered.kept_order_ids, strict=True))
            await self._dealt(way, who, {n: order_of[way.shares[n][0]] for n in left}, kept=True)
            way.end("kept")

        def meant() -> str:
            return "" if who == way.giver and way.state == WAITING else NOT_HERE

        return Ask("keep", meant, partial(self._keyed, keep_my_gift, KeepMyGift(who, way.id, None), who), kept)

    def rivalries(self, way: Way) -> list[Asker]:
        if way.state != WAITING:
            return [self.to_use, self.to_use, self.to_give_card_back, self.to_extend]
        before = [self.to_refuse, self.to_withdraw, self.to_readdress]
        return [self.to_claim_card, self.to_claim_card, self.to_claim_card, self.to_keep_cards, *before]

    # what cards do ---------------------------------------------------------------------------------------------------
    async def _voucher(self, card: Card) -> vouchers.Voucher:
        return await vouchers.get(self.town.ground.db, card.voucher_id)

    def _why_over(self, card: Card) -> str:
        over = {"refunded": "VoucherRefunded", "used": "VoucherUsedUp", "expired": "VoucherExpired"}
        return over.get(card.going, "")

    async def to_use(self) -> Ask | None:
        found = self.a_card("to_use")
        if found is None:
            return None
        card, voucher = found[1], await self._voucher(found[1])

        def used(_: Any) -> None:
            card.used += 1
            card.going = "used" if card.used == len(card.worth) else card.going

        return Ask("use", lambda: self._why_over(card), partial(redeem, self.cafe, voucher), used)

    async def to_give_card_back(self) -> Ask | None:
        found = self.a_card("to_use")
        if found is None:
            return None
        card, voucher = found[1], await self._voucher(found[1])
        who = card.person if self.chance.randrange(5) else self.chance.choice(self.people)

        def meant() -> str:
            return self._why_over(card) if who == card.person else "VoucherUnknown"

        return Ask("give back", meant, partial(give_back, self.cafe, who, voucher), lambda _: card.is_over("refunded"))

    async def to_extend(self) -> Ask | None:
        found = self.a_card("to_use")
        if found is None or found[1].going != "to_use":
            return None
        card, voucher = found[1], await self._voucher(found[1])
        assert card.good_until is not None
        until = card.good_until + timedelta(days=3)

        def extended(_: Any) -> None:
            card.good_until = until

        def meant() -> str:
            is_more = card.good_until is not None and until > card.good_until
            return self._why_over(card) or ("ok" if is_more else "FieldNotValid")

        return Ask("extend", meant, partial(extend, self.cafe, voucher, until), extended)

    async def _days(self) -> None:
        await self.pass_time(self.chance.choice((48, 144, 300)))


async def pouring(town: Town, seed: int) -> Pouring:
    """A history in a new café."""
    cafe = await open_cafe(town, price=COFFEE, uses=len(COFFEES), valid_days=20)
    cake = await another_voucher(cafe, price=CAKE, valid_days=20, expired="kept", unclaimed="returned_for_use")
    choice = gifts.Choice("house", GiftPolicyChanges(gift_keep="until_claimed"))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))
    return Pouring(town, seed, cafe, cake)


WHERE_VOUCHERS_ARE_GIVEN: Steps = {
    "buy": (3, Pouring._buy),
    "give cards": (14, Pouring._give_cards),
    "pay": (1, Driver._pay),
    "open": (2, asking(Driver.to_open)),
    "claim": (18, asking(Pouring.to_claim_card)),
    "keep": (3, asking(Pouring.to_keep_cards)),
    "refuse": (2, asking(Driver.to_refuse)),
    "withdraw": (2, asking(Driver.to_withdraw)),
    "more time": (1, asking(Driver.to_take_more_time)),
    "readdress": (2, asking(Driver.to_readdress)),
    "use": (12, asking(Pouring.to_use)),
    "give back": (4, asking(Pouring.to_give_card_back)),
    "extend": (2, asking(Pouring.to_extend)),
    "restock": (2, Driver._restock),
    "time": (8, Driver._time),
    "days": (2, Pouring._days),
}
