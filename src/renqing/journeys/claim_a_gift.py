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
    await _lock_styles(tx, [(asks[place][0].sku_id, gift.sku_id) for place, gift in found.items()])
    won: dict[int, _Won] = {}
    claimed: dict[int, Claimed] = {}
    for place, gift in found.items():
        try:
            winner = won.get(gift.id)
            if winner is None:
                winner = await _judge(tx, locked[gift.id], asks[place][0])
            elif winner.claimant_id != asks[place][0].claimant_id:
                raise gifts.GiftNotAvailable
        except Refusal as refusal:
            answers[place] = refusal
            continue
        if isinstance(winner, _Won):
            won[gift.id] = winner
        claimed[place] = Claimed(gift.id, gift.order_id)
    await _give(tx, list(won.values()), locked_orders)
    await remember(tx, [(asks[place][1], msgspec.json.encode(answer).decode()) for place, answer in claimed.items()])
    answers |= claimed
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


async def _judge(tx: Tx, gift: gifts.Gift, ask: ClaimAGift) -> _Won | None:
    """What this claim wins, None where the claimer has the gift already. Raises what refuses it."""
    if gift.claimed_by == ask.claimant_id:
        return None
    gifts.judge_claim(gift, ask.claimant_id, tx.now)
    address = await people.open_address(tx, ask.claimant_id, ask.address_id)
    quote = await shipping.quote(tx, gift.shop_id, address.region_code, gift.unit_price)
    if not quote.delivers:
        raise gifts.GiftUndeliverable(region=address.region_name)
    return _Won(gift, ask.claimant_id, destination_of(address), await _take_style(tx, gift, ask.sku_id))


async def _lock_styles(tx: Tx, styles: Sequence[tuple[int | None, int]]) -> None:
    """Lock the items of every swap (wanted, given) at once, in id order: claims of other batches swap as well (S6)."""
    swapped = {sku for new, old in styles if new is not None and new != old for sku in (new, old)}
    if swapped:
        await stock.lock_items(tx, sorted(swapped))


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


async def _give(tx: Tx, won: Sequence[_Won], locked_orders: dict[int, orders.Order]) -> None:
    if not won:
        return
    await gifts.claim(tx, [(win.gift, win.claimant_id, win.style is not None) for win in won])
    await orders.assign_to_recipient(
        tx,
        [(locked_orders[win.gift.order_id], win.claimant_id, win.destination) for win in won],
        {win.gift.order_id: win.style for win in won if win.style is not None},
    )
