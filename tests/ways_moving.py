"""Histories in which gifts move on: kept by who gave them, passed on, locked, and sets of several shops."""

from __future__ import annotations

from functools import partial
from typing import Any

from sets import TIN, Second, give_set, open_second
from town import STREET, Town, claim
from ways_driver import Driver, asking
from ways_machine import Ask, Asker, Steps
from ways_model import CLAIMED, NOT_HERE, PAY_WITHIN, UNPAID, WAITING, Piece, Way

from renqing.books import people
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.keep_charities import AddACharity, add_a_charity
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.social import charities, gifts
from renqing.trade.orders import sections_of

MOVES_ON = GiftPolicyChanges(gift_keep="until_claimed", gift_onward="once", gift_to_charity="yes")


class Moving(Driver):
    """One history in a town whose shops let gifts move on."""

    def __init__(self, town: Town, seed: int, second: Second, charity: tuple[int, int]) -> None:
        super().__init__(town, seed, WHERE_GIFTS_MOVE_ON)
        self.second, (self.charity, self.charitable) = second, charity
        self.model.arrived[second.tin] = 10
        self.ways_to_give = ("one", "one", "many", "tiers", "draw", "later")

    def owner_of(self, _way: Way, piece: Piece) -> int:
        return self.second.owner_id if piece.sku == self.second.tin else self.town.owner_id

    async def _give_set(self) -> None:
        town, chance = self.town, self.chance
        giver, friend = chance.sample((town.an, town.bo, town.cai), 2)
        recipient = friend if chance.randrange(3) else None
        shares = {1: (town.red, 12_900), 2: (self.second.tin, TIN)}
        way = Way("set", giver, recipient, shares, UNPAID, self.now, 24)
        short = any(self.model.free(sku) < 1 for sku, _ in shares.values())
        lines = [(sku, 1) for sku, _ in shares.values()]
        meant = "StockRanOut" if short else "ok"
        story = partial(give_set, town, giver, recipient, *lines, open_for_hours=24)
        made = await self.told("give set", meant, story)
        if made is None:
            return
        way.id, way.order_id, way.intents = made.gift_id, made.order_id, [made.intent_id]
        way.ends = self.now + PAY_WITHIN
        self.model.ways.append(way)
        if chance.randrange(10):
            await self._pay_for(way)

    def rivalries(self, way: Way) -> list[Asker]:
        if way.state != WAITING:
            return [self.to_withdraw, self.to_ship, self.to_ship]
        claims = [self.to_claim_set, self.to_claim_set] if way.kind == "set" else []
        return [*super().rivalries(way), *claims, self.to_keep, self.to_keep, self.to_pass_on, self.to_pass_on]

    async def to_claim_set(self) -> Ask | None:
        way = self.a_way(WAITING, kinds=("set",))
        if way is None:
            return None
        who = self.somebody(way)

        def meant() -> str:
            if self.model.sees(way, who) and way.piece_of(who) is not None:
                return "ok"
            return self.model.why_not(way, who) or self.model.closed(way, who) or "ok"

        async def claimed(_: Any) -> None:
            if way.pieces:
                return
            parts = {
                one.shop_id: one.part_id
                for one in (await sections_of(self.town.ground.db, [way.order_id]))[way.order_id]
            }
            for n, (sku, price) in way.shares.items():
                shop = self.second.shop_id if sku == self.second.tin else self.town.shop_id
                way.pieces[n] = Piece(who, sku, price, parts[shop])
            way.state, way.opened = CLAIMED, True

        return Ask(
            "claim set", meant, partial(claim, self.town, who, **await self.named(way)), claimed, self.is_named(way)
        )

    async def to_keep(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who = way.giver if self.chance.randrange(6) else self.chance.choice(self.people)

        def kept(answered: Any) -> None:
            left = [n for n in way.shares if n not in way.pieces]
            styles = list(dict.fromkeys(way.shares[n][0] for n in left))
            order_of = dict(zip(styles, answered.kept_order_ids, strict=True))
            for n in left:
                sku, price = way.shares[n]
                way.pieces[n] = Piece(who, sku, price, order_of[sku], kept=True)
            way.end("kept")

        story = partial(self._keyed, keep_my_gift, KeepMyGift(who, way.id, self.town.addresses[who]), who)
        return Ask("keep", lambda: self._why_not_kept(way, who), story, kept)

    def _why_not_kept(self, way: Way, who: int) -> str:
        if not self.model.sees(way, who) or who != way.giver or way.state != WAITING:
            return NOT_HERE
        return "GiftNotKept" if way.kind == "set" or way.entrants else ""

    async def to_pass_on(self) -> Ask | None:
        way = self.a_way(WAITING)
        if way is None:
            return None
        who, named = self.somebody(way), await self.named(way)
        to: dict[str, int] = {"charity_id": self.charity}
        if self.chance.randrange(3):
            to = {"friend_id": self.chance.choice([one for one in self.people if one != who])}
        friend = to.get("friend_id")

        def passed(_: Any) -> None:
            if friend is None:
                ((n, (sku, price)),) = way.shares.items()
                way.pieces[n] = Piece(self.charitable, sku, price, way.order_id)
                way.state, way.opened = CLAIMED, True
                return
            way.recipient, way.opened, way.more, way.passed = friend, False, False, True
            way.begin(self.now)

        story = partial(self._keyed, pass_a_gift_on, PassAGiftOn(who, "kind_thought", **named, **to), who)
        return Ask("pass on", lambda: self._why_not_passed(way, who, friend), story, passed, self.is_named(way))

    def _why_not_passed(self, way: Way, who: int, friend: int | None) -> str:
        why = self.model.open(way, who)
        if why:
            return why
        if way.is_for_many:
            return "SharedGiftStays"
        if (friend is None and way.kind == "set") or (friend is not None and way.passed):
            return "GiftNotPassedOn"
        strangers = friend is not None and self.town.stranger in (who, friend)
        return "RecipientNotReachable" if strangers or friend == way.giver else ""


async def moving(town: Town, seed: int) -> Moving:
    """A history in a new town."""
    second = await open_second(town)
    for shop in (town.shop_id, second.shop_id, people.PLATFORM):
        choice = gifts.Choice("house", MOVES_ON)
        await town.ground.db.run(lambda tx, shop=shop, choice=choice: gifts.choose_policy(tx, shop, choice))
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.owner_id, people.Role.OPERATOR))
    where = people.NewAddress(STREET, "收件处", "13800000009", "善路 1 号", is_default=True)
    ask = AddACharity(town.owner_id, charities.NewCharity("山区图书馆", "把书送进山里"), where)
    added = await add_a_charity(town.ground, ask, town.key(town.owner_id))
    found = await town.ground.db.run(lambda tx: charities.of_id(tx, added.charity_id))
    assert found is not None
    return Moving(town, seed, second, (found.id, found.person_id))


WHERE_GIFTS_MOVE_ON: Steps = {
    "give": (12, Driver._give),
    "give set": (4, Moving._give_set),
    "pay": (1, Driver._pay),
    "open": (4, asking(Driver.to_open)),
    "claim": (6, asking(Driver.to_claim)),
    "claim set": (5, asking(Moving.to_claim_set)),
    "keep": (5, asking(Moving.to_keep)),
    "enter": (3, asking(Driver.to_enter)),
    "pass on": (14, asking(Moving.to_pass_on)),
    "lock": (7, asking(Driver.to_lock)),
    "type": (6, Driver._type),
    "refuse": (2, asking(Driver.to_refuse)),
    "withdraw": (1, asking(Driver.to_withdraw)),
    "more time": (2, asking(Driver.to_take_more_time)),
    "readdress": (3, asking(Driver.to_readdress)),
    "ship": (6, asking(Driver.to_ship)),
    "receive": (3, asking(Driver.to_receive)),
    "restock": (3, Driver._restock),
    "time": (6, Driver._time),
}
