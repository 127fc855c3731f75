"""The recipient accepts a gift and gives an address.

One transaction, told for many claims at once: orders and then gifts are locked; for each the rules decide who won,
under the lock and by our clock; the address is opened and the shop asked whether it delivers there; another style
must be the same product at exactly the gift-time price and in stock, and its stock is held instead. Winners' gifts
are claimed, their orders get an owner and a sealed address and wait for the shop, their deadlines end. The one who
comes too late learns only that the gift is not available; a claimer who asks again gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation import crash
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, recall, remember
from renqing.journeys.check_out import destination_of, line_of
from renqing.journeys.open_a_gift import find
from renqing.social import gifts
from renqing.trade import orders, shipping


class ClaimAGift(msgspec.Struct, frozen=True):
    """Which gift, where to send it, and which style (None: as given)."""

    claimant_id: int
    address_id: int
    gift_id: int | None = None
    token: str | None = None
    sku_id: int | None = None


class Claimed(msgspec.Struct, frozen=True):
    """The gift is yours; this is its order."""

    gift_id: int
    order_id: int


class _Won(msgspec.Struct):
    once: Once
    gift: gifts.Gift
    claimant_id: int
    destination: orders.Destination
    style: orders.Line | None


async def claim_gifts(ground: Ground, asks: Sequence[tuple[ClaimAGift, Once]]) -> list[Claimed | Exception]:
    """For each claim the order it became, or the refusal.

    GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, AddressUnknown, GiftUndeliverable, StyleNotOffered, StockRanOut.
    """
    return await ground.db.run(lambda tx: _story(tx, asks))


async def _story(tx: Tx, asks: Sequence[tuple[ClaimAGift, Once]]) -> list[Claimed | Exception]:
    answers: dict[int, Claimed | Exception] = {}
    for place, known in enumerate(await recall(tx, [once for _, once in asks])):
        if isinstance(known, Refusal):
            answers[place] = known
        elif known is not None:
            answers[place] = msgspec.json.decode(known, type=Claimed)
    found = await _find(tx, asks, answers)
    locked_orders = await orders.lock_many(tx, [gift.order_id for gift in found.values()])
    locked = {gift.id: gift for gift in await gifts.lock_of_orders(tx, locked_orders)}
    won: dict[int, _Won] = {}
    for place, gift in found.items():
        ask, once = asks[place]
        try:
            if any(win.gift.id == gift.id for win in won.values()):
                raise gifts.GiftNotAvailable
            won_or_known = await _judge(tx, locked[gift.id], ask, once)
        except Refusal as refusal:
            answers[place] = refusal
            continue
        if isinstance(won_or_known, Claimed):
            answers[place] = won_or_known
        else:
            won[place] = won_or_known
    await _give(tx, won, locked_orders)
    for place, win in won.items():
        answers[place] = Claimed(win.gift.id, win.gift.order_id)
    await remember(tx, [(win.once, msgspec.json.encode(answers[place]).decode()) for place, win in won.items()])
    crash.point("gift_claimed")
    return [answers[place] for place in range(len(asks))]


async def _find(
    tx: Tx, asks: Sequence[tuple[ClaimAGift, Once]], answers: dict[int, Claimed | Exception]
) -> dict[int, gifts.Gift]:
    """The gifts that are asked for, by place; what cannot be found is answered."""
    found: dict[int, gifts.Gift] = {}
    for place, (ask, _) in enumerate(asks):
        if place not in answers:
            try:
                found[place] = await find(tx, ask.claimant_id, gift_id=ask.gift_id, token=ask.token)
            except Refusal as refusal:
                answers[place] = refusal
    return found


async def _judge(tx: Tx, gift: gifts.Gift, ask: ClaimAGift, once: Once) -> _Won | Claimed:
    if gift.claimed_by == ask.claimant_id:
        return Claimed(gift.id, gift.order_id)
    gifts.judge_claim(gift, ask.claimant_id, tx.now)
    address = await people.open_address(tx, ask.claimant_id, ask.address_id)
    quote = await shipping.quote(tx, gift.shop_id, address.region_code, gift.unit_price)
    if not quote.delivers:
        raise gifts.GiftUndeliverable(region=address.region_name)
    return _Won(once, gift, ask.claimant_id, destination_of(address), await _take_style(tx, gift, ask.sku_id))


async def _take_style(tx: Tx, gift: gifts.Gift, sku_id: int | None) -> orders.Line | None:
    """Hold the other style instead, or None where it stays as given."""
    if sku_id is None or sku_id == gift.sku_id:
        return None
    offer = (await catalog.offers(tx, [sku_id])).get(sku_id)
    if offer is None:
        raise gifts.StyleNotOffered
    gifts.may_take_style(
        gift,
        product_id=offer.product_id,
        price=offer.price,
        currency=offer.currency,
        on_sale=offer.on_sale,
        same_sku=False,
    )
    ran_out = await stock.move_hold(tx, gift.order_id, gift.sku_id, sku_id, 1)
    if ran_out is not None:
        raise ran_out
    return line_of(offer, 1, 1)


async def _give(tx: Tx, won: dict[int, _Won], locked_orders: dict[int, orders.Order]) -> None:
    if not won:
        return
    await gifts.claim(tx, [(win.gift, win.claimant_id, win.style is not None) for win in won.values()])
    await orders.assign_to_recipient(
        tx,
        [(locked_orders[win.gift.order_id], win.claimant_id, win.destination) for win in won.values()],
        {win.gift.order_id: win.style for win in won.values() if win.style is not None},
    )
