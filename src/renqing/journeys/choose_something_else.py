"""Who claims a gift takes something else of its shop instead, up to what it is worth. Steps of the claim.

Under the locks of the claim: the gift's policy says whether, and how many things; each is on sale, of the gift's shop
and may be given; by the prices and the rate of now they come with their freight to no more than was paid with freight.
Their stock is held instead of what was given, whole or not at all. They become an order of the shop of their own, the
gift's order keeps what was given, and what they cost less goes back to the giver the way they paid: nobody is charged
for what was not sold, and the shop and the platform earn on what was.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import catalog, ledger, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import line_of
from renqing.journeys.give_money_back import give_rest_back
from renqing.journeys.settle_a_surcharge import settle_by_choice
from renqing.social import funds, gifts, surprises
from renqing.trade import choices, engravings, orders, shipping, surcharges, vouchers

CAUSE = "gift_choice"  # of the refund: what something else cost less than what was given


class Chosen(msgspec.Struct, frozen=True):
    """What is taken instead: the lines of its order, its freight, and the order's number."""

    part_id: int
    lines: tuple[orders.Line, ...]
    freight_amount: int


async def why_no_other(ground: Ground, tx: Tx, gift: gifts.Gift, order: orders.Order) -> str:
    """Why nothing else can be had for a gift; empty where something can."""
    return choices.why_not(
        rule=(gift.policy or ground.policy).gift_other,
        shares=gift.shares,
        pieces=gift.pieces,
        is_drawn=gift.mode != "first_come",
        by_voucher=order.by_voucher,
        is_engraved=await engravings.of_order(tx, order.id) is not None,
        is_surprise=bool(await surprises.of_gifts(tx, [gift.id])),
        is_together=await funds.of_gift(tx, gift.id) is not None,
    )


async def choose_something_else(
    ground: Ground, tx: Tx, gift: gifts.Gift, order: orders.Order, wanted: Sequence[tuple[int, int]]
) -> Chosen:
    """Hold these pieces (style, how many) for a locked gift. Raises OtherNotOffered, OtherNotWithin, StockRanOut."""
    reason = await why_no_other(ground, tx, gift, order)
    if reason:
        raise choices.OtherNotOffered(reason=reason)
    rule = (gift.policy or ground.policy).gift_other
    choices.check_asked(wanted, gift.sku_id, rule)
    offers = await catalog.offers(tx, [sku for sku, _ in wanted])
    things = await _things(ground, tx, gift, [(offers[sku], n) for sku, n in wanted if sku in offers])
    choices.check_things(things, len(wanted), gift.shop_id, gift.currency)
    lines = tuple(line_of(offers[sku], n, quantity) for n, (sku, quantity) in enumerate(wanted, 1))
    goods_amount = sum(line.amount for line in lines)
    (freight,) = await shipping.quotes(tx, [shipping.QuoteAsk(gift.shop_id, None, goods_amount)])
    allowed = await surcharges.allowed_of(tx, order.id)  # for the road, not for goods
    value = order.total_amount - (allowed.allowed_amount if allowed else 0)
    choices.check_within(goods_amount, freight.fee, value, rule)
    ran_out = await stock.exchange_hold(tx, order.id, [(gift.sku_id, 1)], wanted)
    if ran_out is not None:
        raise ran_out
    return Chosen(tx.ids.new(), lines, freight.fee)


async def _things(
    ground: Ground, tx: Tx, gift: gifts.Gift, offers: Sequence[tuple[catalog.Offer, int]]
) -> list[choices.Thing]:
    policy, shop = gift.policy or ground.policy, await people.get_shop(tx, gift.shop_id)
    terms = await vouchers.terms_of_products(tx, [offer.product_id for offer, _ in offers])
    return [
        choices.Thing(
            sku_id=offer.sku_id,
            quantity=quantity,
            shop_id=offer.shop_id,
            price=offer.price,
            currency=offer.currency,
            on_sale=offer.on_sale,
            kept_back=catalog.may_be_gift(
                giftable=offer.giftable,
                shop_allows=shop.gifts_allowed,
                forbidden=gifts.may_not(policy, offer.gift_forbidden),
                original_price=offer.original_price,
                price_max=policy.gift_price_max_minor,
            ),
            is_voucher=offer.product_id in terms,
        )
        for offer, quantity in offers
    ]


async def give_what_was_chosen(tx: Tx, chosen: Sequence[tuple[gifts.Gift, orders.Exchange]]) -> None:
    """Write the orders that were chosen instead; what they cost less goes back to who paid."""
    if not chosen:
        return
    wholes = await orders.exchange(tx, [one for _, one in chosen])
    await choices.record(tx, [(one.whole.id, one.part_id) for _, one in chosen])
    await settle_by_choice(tx, [(one.whole.id, one.part_id) for _, one in chosen])
    closed = await orders.close(tx, wholes, "claimed")
    gift_of = {gift.order_id: gift.id for gift, _ in chosen}
    cheaper = [(order, gift_of[order.id]) for order in closed if order.rest_amount]
    if not cheaper:
        return
    verdicts = await ledger.post(tx, await give_rest_back(tx, cheaper, cause_kind=CAUSE, reason="another_thing"))
    assert all(verdict is ledger.Verdict.POSTED for verdict in verdicts), "escrow has what was paid, a gift once"
