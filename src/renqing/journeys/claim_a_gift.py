"""The recipient accepts a gift, or a share of one, and gives an address; vouchers need none and are issued at once.

One transaction, told for many claims at once: orders and then gifts are locked; for each the rules decide who won,
under the lock and by our clock; the address is opened and the shop asked whether it delivers there; other styles of
what was given (``take_other_styles``), and something else of the shop where the policy offers it
(``choose_something_else``), are other stories' steps. A gift of one
share goes to its winner whole: its order gets an owner and a sealed address and waits for the shop; of a set of several
shops each is asked whether it delivers there before anything moves, and each gets an order of its own. Of a gift for
many each winner gets one share, the next in its order (of a lucky pack in the order that chance fixed) or, of a draw,
the one they won: it becomes an order of its own, a part of the gift's. Where the last share went, the deadline ends.
The one who comes too late learns only that the gift is not available; a claimer who asks again gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from renqing.books import people, stock
from renqing.foundation import crash
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, remember, told_before
from renqing.journeys.check_out import destination_of
from renqing.journeys.choose_something_else import Chosen, choose_something_else, give_what_was_chosen
from renqing.journeys.end_a_lucky_pack import end_lucky_packs
from renqing.journeys.issue_vouchers import issue_vouchers
from renqing.journeys.open_a_gift import Found, closed_to, find_many, kept_from
from renqing.journeys.settle_a_surcharge import check_not_too_dear, settle_surcharges
from renqing.journeys.take_other_styles import OtherStyle, take_styles
from renqing.social import draws, gifts, lucky, safe_words, surprises
from renqing.trade import choices, orders, shipping, surcharges


class ClaimAGift(msgspec.Struct, frozen=True):
    """Which gift, where to send it (vouchers go nowhere), and which style (None: as given).

    ``styles``: of things of a set, as (the one given, the one instead). ``instead``: what else of the shop, as
    (style, pieces); none: what was given.
    """

    claimant_id: int
    address_id: int | None
    gift_id: int | None = None
    token: str | None = None
    sku_id: int | None = None
    instead: tuple[tuple[int, int], ...] = ()
    styles: tuple[tuple[int, int], ...] = ()


class Claimed(msgspec.Struct, frozen=True):
    """The gift is yours; this is its order, of a set of several shops the first of its orders."""

    gift_id: int
    order_id: int


class _Won(msgspec.Struct):
    claim: gifts.Claim
    destination: orders.Destination | None
    styles: list[OtherStyle]
    chosen: Chosen | None = None


class _Table(msgspec.Struct):
    """What a batch of claims is judged on: everything that is locked or was read, and what the batch has won so far."""

    gift_of: dict[int, gifts.Gift]
    order_of: dict[int, orders.Order]
    tiers_of: dict[int, list[gifts.Tier]]
    luck_of: dict[int, tuple[int, ...]]
    draw_of: dict[int, draws.Draw]
    award_of: dict[tuple[int, int], draws.Award]
    has: dict[tuple[int, int], Claimed]
    addresses: dict[tuple[int, int], people.Address]
    quotes: dict[tuple[int, int, int], shipping.Quote]
    closed: set[tuple[int, int]]
    kept: dict[int, gifts.CannotReceive]
    sections_of: dict[int, tuple[orders.Section, ...]]
    won: list[_Won] = []

    def tier_of(self, gift: gifts.Gift, n: int) -> gifts.Tier | None:
        return gifts.tier_of(self.tiers_of.get(gift.id, ()), n)

    def shop_that_does_not(self, gift: gifts.Gift, n: int, region_code: int) -> int | None:
        """The shop, the first of a set's, that does not deliver this share there."""
        tier = self.tier_of(gift, n)
        price = tier.unit_price if tier else gift.unit_price
        routes = routes_of(gift, price, self.sections_of)
        return next((shop for shop, amount in routes if not self.quotes[shop, region_code, amount].delivers), None)

    def order_id_of(self, gift: gifts.Gift) -> int:
        """The order that a claimer of a whole gift is told."""
        return self.sections_of[gift.order_id][0].part_id if gift.order_id in self.sections_of else gift.order_id


def routes_of(
    gift: gifts.Gift, price: int, sections_of: Mapping[int, Sequence[orders.Section]]
) -> list[tuple[int, int]]:
    """Which shops are to send what for how much: one, or each of a set's."""
    sections = sections_of.get(gift.order_id, ())
    return [(one.shop_id, one.goods_amount) for one in sections] or [(gift.shop_id, price)]


async def claim_gifts(ground: Ground, asks: Sequence[tuple[ClaimAGift, Once]]) -> list[Claimed | Exception]:
    """For each claim the order it became, or the refusal.

    GiftNotAvailable, GiftHeldBack, GiftNotForYou, GiftIsYourOwn, CannotReceive, AddressUnknown, GiftUndeliverable,
    StyleNotOffered, StockRanOut, OtherNotOffered, OtherNotWithin, FieldNotValid. Of a set: SetUndeliverable. Of a draw:
    DrawNotDone, NothingWon. Of one with a safe word that was not typed: SafeWordNeeded.
    """
    return await ground.db.run(lambda tx: _story(ground, tx, asks))


async def _story(ground: Ground, tx: Tx, asks: Sequence[tuple[ClaimAGift, Once]]) -> list[Claimed | Exception]:
    answers = await told_before(tx, [once for _, once in asks], Claimed)
    fresh = [place for place in range(len(asks)) if place not in answers]
    sought = [(ask.claimant_id, ask.gift_id, ask.token) for ask in (asks[place][0] for place in fresh)]
    found = {place: one for place, one in zip(fresh, await find_many(tx, sought), strict=True) if one is not None}
    answers |= {place: gifts.GiftNotAvailable() for place in fresh if place not in found}
    table = await _set_table(tx, [(asks[place][0], one) for place, one in found.items()])
    claimed: dict[int, Claimed] = {}
    for place, one in found.items():
        try:
            claimed[place] = await _judge(ground, tx, table, one, asks[place][0])
        except Refusal as refusal:
            answers[place] = refusal
    await _give(tx, table)
    await remember(tx, [(asks[place][1], msgspec.json.encode(answer).decode()) for place, answer in claimed.items()])
    answers |= claimed
    crash.point("gift_claimed")
    return [answers[place] for place in range(len(asks))]


async def _set_table(tx: Tx, claims: Sequence[tuple[ClaimAGift, Found]]) -> _Table:
    """Read what judging the claims needs, and lock what they are for: one statement each, however many there are.

    What no other claim changes is read first, so that nobody waits for the gift while it is being read.
    """
    asked = [(ask, found.gift) for ask, found in claims if found.gift.left]
    closed = await closed_to(tx, [(gift, ask.claimant_id) for ask, gift in asked])
    kept = await kept_from(tx, [ask.claimant_id for ask, _ in asked])
    named = [(ask.claimant_id, ask.address_id) for ask, _ in asked if ask.address_id is not None]
    addresses = await people.open_addresses(tx, named) if named else {}
    gift_of = {found.gift.id: found.gift for _, found in claims}
    tiers = await gifts.tiers_of(tx, gift_of.values())
    luck = await lucky.orders_of(tx, [gift.id for gift in gift_of.values() if gift.mode == "lucky" and gift.left])
    sections = await orders.sections_of(
        tx, [gift.order_id for gift in gift_of.values() if gift.shop_id == people.PLATFORM]
    )
    routes = list(
        dict.fromkeys(
            (shop_id, address.region_code, amount)
            for ask, gift in asked
            if (address := addresses.get((ask.claimant_id, ask.address_id or 0))) is not None
            for price in [tier.unit_price for tier in tiers.get(gift.id, ())] or [gift.unit_price]
            for shop_id, amount in routes_of(gift, price, sections)
        )
    )
    quotes = await shipping.quotes(tx, [shipping.QuoteAsk(*route) for route in routes]) if routes else []
    quote_of = dict(zip(routes, quotes, strict=True))
    locked_orders = await orders.lock_many(tx, [gift.order_id for gift in gift_of.values()])
    locked = {gift.id: gift for gift in await gifts.lock_of_orders(tx, locked_orders)}
    await _lock_styles(tx, [(ask, found.gift.sku_id) for ask, found in claims if found.gift.shares == 1])
    of_many = [(found.gift.id, ask.claimant_id) for ask, found in claims if found.gift.shares > 1]
    has = {
        pair: Claimed(share.gift_id, share.order_id) for pair, share in (await gifts.shares_held(tx, of_many)).items()
    }
    has |= await _claimed_whole(tx, locked.values(), locked_orders, sections)
    drawn = await draws.of_gifts(tx, [gift.id for gift in locked.values() if gift.mode == "draw"])
    awards = await draws.awards_among(
        tx, [(found.gift.id, ask.claimant_id) for ask, found in claims if found.gift.id in drawn]
    )
    return _Table(locked, locked_orders, tiers, luck, drawn, awards, has, addresses, quote_of, closed, kept, sections)


async def _claimed_whole(
    tx: Tx,
    locked: Iterable[gifts.Gift],
    order_of: Mapping[int, orders.Order],
    sections: Mapping[int, Sequence[orders.Section]],
) -> dict[tuple[int, int], Claimed]:
    """Who has which gift of one share, and the order it is served by: of a set the first, or what they chose."""
    claimed = [(gift, gift.claimed_by) for gift in locked if gift.claimed_by is not None]
    divided = [gift.order_id for gift, _ in claimed if order_of[gift.order_id].state is orders.OrderState.DIVIDED]
    chosen = await choices.chosen_for(tx, divided)
    return {
        (gift.id, who): Claimed(gift.id, sections[gift.order_id][0].part_id)
        if gift.order_id in sections
        else Claimed(gift.id, chosen.get(gift.order_id, gift.order_id))
        for gift, who in claimed
    }


async def _judge(ground: Ground, tx: Tx, table: _Table, found: Found, ask: ClaimAGift) -> Claimed:
    """What this claim wins, or has won already. Raises what refuses it."""
    gift = table.gift_of[found.gift.id]
    known = table.has.get((gift.id, ask.claimant_id))
    if known is not None:
        return known
    if gift.way != found.gift.way:  # it moved on while this claim waited, and the link that led here is dead
        raise gifts.GiftNotAvailable
    n = _number(table, gift, ask.claimant_id, tx.now, in_its_group=found.in_its_group)
    if (gift.id, ask.claimant_id) in table.closed:
        raise safe_words.SafeWordNeeded
    gifts.check_not_held(gift, tx.now)
    if ask.claimant_id in table.kept:
        raise table.kept[ask.claimant_id]
    destination = await _destination(ground, tx, table, gift, n, ask)
    chosen = await _choose(ground, tx, table, gift, ask)
    styles = await take_styles(tx, gift, ask.sku_id, ask.styles)
    order_id = gift.order_id if gift.shares == 1 else tx.ids.new()
    claim = gifts.Claim(
        gift=gift,
        claimant_id=ask.claimant_id,
        another_style=bool(styles) or chosen is not None,
        n=n,
        claimed=gift.shares_claimed + 1,
        order_id=order_id,
        another_thing=chosen is not None,
        styles=tuple(gifts.StyleTaken(one.given_sku_id, one.line.sku_id) for one in styles),
    )
    table.won.append(_Won(claim, destination, styles, chosen))
    table.gift_of[gift.id] = gifts.after_claim(gift)
    told = table.order_id_of(gift) if gift.shares == 1 else order_id
    if chosen is not None:
        told = chosen.part_id
    table.has[gift.id, ask.claimant_id] = Claimed(gift.id, told)
    return table.has[gift.id, ask.claimant_id]


async def _choose(ground: Ground, tx: Tx, table: _Table, gift: gifts.Gift, ask: ClaimAGift) -> Chosen | None:
    """Something else instead, held; None where it stays what was given."""
    if not ask.instead:
        return None
    if ask.sku_id is not None or ask.styles:
        raise FieldNotValid(field="instead", reason="with_style")
    return await choose_something_else(ground, tx, gift, table.order_of[gift.order_id], ask.instead)


async def _destination(
    ground: Ground, tx: Tx, table: _Table, gift: gifts.Gift, n: int, ask: ClaimAGift
) -> orders.Destination | None:
    """Where this claim's share goes; None for vouchers.

    Raises AddressUnknown, GiftUndeliverable, SetUndeliverable, CannotReceive where it costs more than was allowed.
    """
    if table.order_of[gift.order_id].by_voucher:
        return None
    address = table.addresses.get((ask.claimant_id, ask.address_id or 0))
    if address is None:
        raise people.AddressUnknown
    refusing = table.shop_that_does_not(gift, n, address.region_code)
    is_several = gift.order_id in table.sections_of
    if refusing is not None and is_several and not await surprises.of_gifts(tx, [gift.id]):
        shop = await people.get_shop(tx, refusing)
        raise gifts.SetUndeliverable(region=address.region_name, shop_zh=shop.name_zh, shop_en=shop.name_en)
    if refusing is not None:
        raise gifts.GiftUndeliverable(region=address.region_name)
    if gift.shares == 1 and not is_several:
        fee = table.quotes[gift.shop_id, address.region_code, gift.unit_price].fee
        check_not_too_dear(ground, gift, table.order_of[gift.order_id], fee, address.region_name)
    return destination_of(address)


def _number(table: _Table, gift: gifts.Gift, claimant_id: int, now: datetime, *, in_its_group: bool) -> int:
    """Which share this claim gets: the next, or the one they won; who has won may have left the group."""
    award = table.award_of.get((gift.id, claimant_id))
    gifts.judge_claim(gift, claimant_id, now, in_its_group=in_its_group or award is not None)
    if gift.mode == "lucky":
        return table.luck_of[gift.id][gift.shares_claimed]
    draw = table.draw_of.get(gift.id)
    return gift.shares_claimed + 1 if draw is None else draws.judge_win(draw, award, now).prize


async def _lock_styles(tx: Tx, asks: Sequence[tuple[ClaimAGift, int]]) -> None:
    """Lock the items of every swap (ask, given) at once, in id order: claims of other batches swap as well (S6)."""
    wanted = [({ask.sku_id, *(sku for sku, _ in ask.instead)} - {None, given}, given) for ask, given in asks]
    swapped = {sku for new, given in wanted if new for sku in (*new, given) if sku is not None}
    swapped |= {sku for ask, _ in asks for pair in ask.styles for sku in pair}
    if swapped:
        await stock.lock_items(tx, sorted(swapped))


async def _give(tx: Tx, table: _Table) -> None:
    """Write what was won: the gifts, and an order for each winner."""
    if not table.won:
        return
    await gifts.claim(tx, [win.claim for win in table.won])
    await draws.claim(
        tx, [(win.claim.gift.id, win.claim.claimant_id) for win in table.won if win.claim.gift.id in table.draw_of]
    )
    await draws.end(tx, [gift.id for gift in table.gift_of.values() if not gift.left and gift.id in table.draw_of])
    styles = {win.claim.gift.order_id: [one.line for one in win.styles] for win in table.won if win.styles}
    splits = [*_splits(table)]
    of_sets = {one.whole.id: styles.pop(one.whole.id) for one in splits if one.whole.id in styles}
    await orders.close(tx, await orders.split(tx, splits, of_sets), "claimed")
    await give_what_was_chosen(tx, [*_exchanges(table)])
    whole = [
        win
        for win in table.won
        if win.claim.gift.shares == 1 and win.claim.gift.order_id not in table.sections_of and win.chosen is None
    ]
    await orders.assign_to_recipient(
        tx,
        [(table.order_of[win.claim.order_id], win.claim.claimant_id, win.destination) for win in whole],
        styles,
    )
    await _settle_surcharges(tx, table, [win for win in whole if win.destination is not None])
    handed = await orders.hand_out(tx, [_part(table, win) for win in table.won if win.claim.gift.shares > 1])
    all_claimed = [
        handed.wholes[gift.order_id]
        for gift in table.gift_of.values()
        if not gift.left and gift.order_id in handed.wholes
    ]
    await orders.close(tx, all_claimed, "claimed")
    owned = [win.claim.order_id for win in whole if table.order_of[win.claim.order_id].by_voucher]
    await issue_vouchers(
        tx, [*(await orders.by_ids(tx, owned)).values(), *(part for part in handed.parts if part.by_voucher)]
    )
    await end_lucky_packs(tx, [gift for gift in table.gift_of.values() if not gift.left])


async def _settle_surcharges(tx: Tx, table: _Table, whole: Sequence[_Won]) -> None:
    """Each place is known now: what its giver allowed for it and it does not need goes back."""
    known = await surcharges.allowed_of_orders(tx, [win.claim.gift.order_id for win in whole]) if whole else {}
    wins = [(win.claim.gift, win.destination) for win in whole if win.claim.gift.order_id in known]
    owned = await orders.lock_many(tx, [gift.order_id for gift, _ in wins]) if wins else {}
    await settle_surcharges(
        tx,
        [
            (gift.order_id, owned[gift.order_id], table.quotes[gift.shop_id, place.region_code, gift.unit_price].fee)
            for gift, place in wins
            if place is not None
        ],
    )


def _exchanges(table: _Table) -> Iterator[tuple[gifts.Gift, orders.Exchange]]:
    """What was chosen instead of what was given."""
    for win in table.won:
        if win.chosen is not None:
            assert win.destination is not None, "nothing else is chosen for a voucher"
            whole, chosen = table.order_of[win.claim.gift.order_id], win.chosen
            yield (
                win.claim.gift,
                orders.Exchange(
                    whole, chosen.part_id, win.claim.claimant_id, win.destination, chosen.lines, chosen.freight_amount
                ),
            )


def _splits(table: _Table) -> Iterator[orders.Split]:
    """Sets of several shops that were won: each shop's part becomes its own order."""
    for win in table.won if table.sections_of else ():
        sections = table.sections_of.get(win.claim.gift.order_id)
        if sections is not None:
            assert win.destination is not None, "no voucher is in a set"
            whole = table.order_of[win.claim.gift.order_id]
            yield orders.Split(whole, win.claim.claimant_id, win.destination, sections)


def _part(table: _Table, win: _Won) -> orders.Part:
    """An equal share of the order, or of the tier that the share is of: so parts and rest are the whole, to the fen."""
    gift, n = win.claim.gift, win.claim.n
    whole, tier = table.order_of[gift.order_id], table.tier_of(gift, n)
    if tier is None:
        goods, freight = orders.share_of(whole.goods_amount, whole.freight_amount, gift.shares, n)
    else:
        goods, freight = orders.share_of(tier.goods_amount, tier.freight_amount, tier.shares, n - tier.first_share + 1)
    line_n = 1 if tier is None else tier.n
    return orders.Part(win.claim.order_id, whole, win.claim.claimant_id, win.destination, 1, goods, freight, line_n)
