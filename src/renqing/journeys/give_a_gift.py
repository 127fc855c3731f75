"""Give a friend something, the members of a group, or anybody who gets the link.

One transaction: the SKU is on sale and may be given (the platform's rules, the shop's, the merchant's); the recipient
is a friend or shares a group with the giver, and neither has blocked the other, or the group is the giver's own; the
wrapping is within its limits; stock is held, for all shares or none; order, gift and payment are written. The giver
pays next; the gift can be claimed once the money is there. Freight is the shop's rate for a place not known yet, once
a share: each goes its own way. When a step refuses, nothing has changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.check_out import OfferOver, TotalChanged, intent_for, line_of
from renqing.social import gifts
from renqing.trade import orders, payments, shipping


class GiveAGift(msgspec.Struct, frozen=True):
    """What to give to whom: to ``recipient_id``, the first members of ``group_id``, or whoever holds the link.

    ``shares`` equal ones, one a person.

    ``expected_total`` in minor units is what the giver saw; another total refuses the gift.
    """

    giver_id: int
    sku_id: int
    recipient_id: int | None
    cover: str
    greeting: str
    open_for_hours: int
    channel: str
    expected_total: int | None = None
    group_id: int | None = None
    shares: int = 1


class GiftPrepared(msgspec.Struct, frozen=True):
    """A wrapped gift that waits for its payment. ``total`` in minor units of ``currency``."""

    gift_id: int
    order_id: int
    intent_id: int
    total: int
    currency: str
    pay_by: datetime


async def give_a_gift(ground: Ground, ask: GiveAGift, once: Once) -> GiftPrepared:
    """Raises GiftNotAllowed, RecipientNotReachable, GroupUnknown, StockRanOut, OfferOver, TotalChanged.

    FieldNotValid for a wrapping or a number of shares outside its limits.
    """
    return await run_once(ground.db, once, GiftPrepared, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: GiveAGift) -> GiftPrepared:
    greeting = ask.greeting.strip()
    gifts.check_wrapping(cover=ask.cover, greeting=greeting, open_for_hours=ask.open_for_hours, policy=ground.policy)
    gifts.check_shares(ask.shares, ask.recipient_id, ground.policy)
    await _check_recipient(tx, ask)
    order = await _new_order(ground, tx, ask)
    verdict = (await stock.hold(tx, [stock.HoldAsk(order.id, ((ask.sku_id, ask.shares),))]))[0]
    if verdict is not None:
        raise verdict
    line = order.lines[0]
    gift = gifts.NewGift(
        id=tx.ids.new(),
        order_id=order.id,
        giver_id=ask.giver_id,
        recipient_id=ask.recipient_id,
        shop_id=order.shop_id,
        product_id=line.product_id,
        sku_id=line.sku_id,
        unit_price=line.unit_price,
        currency=order.currency,
        cover=ask.cover,
        greeting=greeting,
        open_for_seconds=ask.open_for_hours * 3600,
        group_id=ask.group_id,
        shares=ask.shares,
    )
    intent = intent_for(tx, order, ask.channel)
    await orders.place(tx, [order])
    await gifts.prepare(tx, gift)
    await payments.open_intents(tx, [intent])
    return GiftPrepared(gift.id, order.id, intent.id, order.total_amount, order.currency, order.pay_by)


async def _new_order(ground: Ground, tx: Tx, ask: GiveAGift) -> orders.NewOrder:
    offers = await catalog.offers(tx, [ask.sku_id])
    offer = offers.get(ask.sku_id)
    if offer is None or not offer.on_sale:
        raise OfferOver(sku_id=ask.sku_id)
    shop = await people.get_shop(tx, offer.shop_id)
    reason = catalog.may_be_gift(
        giftable=offer.giftable,
        shop_allows=shop.gifts_allowed,
        forbidden=offer.gift_forbidden,
        original_price=offer.original_price,
        price_max=ground.policy.gift_price_max_minor,
    )
    if reason:
        raise gifts.GiftNotAllowed(reason=reason, category=offer.gift_forbidden)
    quote = await shipping.quote(tx, offer.shop_id, None, offer.price)
    order = orders.NewOrder(
        id=tx.ids.new(),
        shop_id=offer.shop_id,
        payer_id=ask.giver_id,
        purpose="gift",
        currency=offer.currency,
        lines=(line_of(offer, 1, ask.shares),),
        freight_amount=quote.fee * ask.shares,
        fee_ppm=ground.policy.platform_fee_ppm,
        pay_by=tx.now + timedelta(minutes=ground.policy.pay_within_minutes),
    )
    if ask.expected_total is not None and ask.expected_total != order.total_amount:
        raise TotalChanged(total=order.total_amount, currency=order.currency)
    return order


async def _check_recipient(tx: Tx, ask: GiveAGift) -> None:
    """Friends, members of a shared group and own groups can be given to; strangers and blocks look the same."""
    if ask.group_id is not None:
        if ask.recipient_id is not None:
            raise FieldNotValid(field="recipient_id", reason="one_of_two")
        await people.get_group(tx, ask.group_id, ask.giver_id)
    if ask.recipient_id is None:
        return
    if ask.recipient_id == ask.giver_id:
        raise gifts.GiftIsYourOwn
    near = await people.are_friends(tx, ask.giver_id, ask.recipient_id) or await people.share_a_group(
        tx, ask.giver_id, ask.recipient_id
    )
    if not near or await people.either_blocks(tx, ask.giver_id, ask.recipient_id):
        raise gifts.RecipientNotReachable
