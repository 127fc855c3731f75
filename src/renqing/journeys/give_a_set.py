"""Several things in one gift: of one shop, or of several with one wrapping, one payment and one claim.

A step of ``give_a_gift``. Every line is on sale and may be given by the policy of its own shop; each shop's lines go in
one parcel, so its freight is asked for them together. One order pays for all of it and holds all of its stock, or
nothing: of one shop it is that shop's; of several it is no shop's, and its sections say what becomes each shop's own
order once the set is claimed. Until then there is one gift, one order and one payment, so that every ending is the same
as any gift's. What is left out, and why, docs/decisions/gift-sets.md says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import TotalChanged, order_lines
from renqing.social import funds, gifts
from renqing.trade import carts, orders, shipping, vouchers


class SetAsked(msgspec.Struct, frozen=True):
    """So many pieces of each style (SKU, quantity). ``is_shared``: in a gift that is not simply one share for one."""

    giver_id: int
    lines: tuple[tuple[int, int], ...]
    first_sku_id: int
    channel: str
    is_shared: bool
    expected_total: int | None
    pay_by: datetime | None


async def order_of_set(ground: Ground, tx: Tx, ask: SetAsked) -> orders.NewOrder:
    """The order that pays for a set, lines of one shop beside each other.

    Raises SetNotOffered, GiftNotAllowed, OfferOver, TotalChanged, FieldNotValid.
    """
    if ask.is_shared or ask.channel == funds.FUND:
        raise gifts.SetNotOffered(reason="shares" if ask.is_shared else "together")
    if ask.lines[0][0] != ask.first_sku_id:
        raise FieldNotValid(field="lines", reason="first")
    offers = await catalog.offers(tx, sorted({sku_id for sku_id, _ in ask.lines}))
    wanted = order_lines(ask.lines, offers)
    await _check_offers(ground, tx, [offers[line.sku_id] for line in wanted])
    by_shop = _by_shop(wanted, offers)
    sections = await _sections(tx, by_shop)
    several = len(sections) > 1
    order = orders.NewOrder(
        id=tx.ids.new(),
        shop_id=orders.SEVERAL_SHOPS if several else sections[0].shop_id,
        payer_id=ask.giver_id,
        purpose="gift",
        currency=offers[ask.first_sku_id].currency,
        lines=tuple(line for of_shop in by_shop.values() for line in of_shop),
        freight_amount=sum(section.freight_amount for section in sections),
        fee_ppm=ground.policy.platform_fee_ppm,
        pay_by=ask.pay_by or tx.now + timedelta(minutes=ground.policy.pay_within_minutes),
        sections=sections if several else (),
    )
    if ask.expected_total is not None and ask.expected_total != order.total_amount:
        raise TotalChanged(total=order.total_amount, currency=order.currency)
    return order


async def _check_offers(ground: Ground, tx: Tx, offers: Sequence[catalog.Offer]) -> None:
    """Of one currency, no vouchers (they go nowhere), and each may be given."""
    if len({offer.currency for offer in offers}) > 1:
        raise gifts.SetNotOffered(reason="currency")
    if await vouchers.terms_of_products(tx, [offer.product_id for offer in offers]):
        raise gifts.SetNotOffered(reason="vouchers")
    shops = {offer.shop_id for offer in offers}
    policies = {shop_id: await gifts.policy_of_shop(tx, shop_id, ground.policy) for shop_id in sorted(shops)}
    await check_giftable(tx, offers, policies)


async def check_giftable(tx: Tx, offers: Sequence[catalog.Offer], policies: Mapping[int, GiftPolicy]) -> None:
    """Each may be a gift by its shop's policy (by shop), and by the shop's and the merchant's switches.

    Raises GiftNotAllowed.
    """
    shops = {shop_id: await people.get_shop(tx, shop_id) for shop_id in sorted({offer.shop_id for offer in offers})}
    for offer in offers:
        policy = policies[offer.shop_id]
        reason = catalog.may_be_gift(
            giftable=offer.giftable,
            shop_allows=shops[offer.shop_id].gifts_allowed,
            forbidden=gifts.may_not(policy, offer.gift_forbidden),
            original_price=offer.original_price,
            price_max=policy.gift_price_max_minor,
        )
        if reason:
            raise gifts.GiftNotAllowed(reason=reason, category=offer.gift_forbidden)


def _by_shop(lines: Sequence[orders.Line], offers: Mapping[int, catalog.Offer]) -> dict[int, list[orders.Line]]:
    """The lines of each shop, shops as they were named first, numbered through."""
    found: dict[int, list[orders.Line]] = {}
    for line in lines:
        found.setdefault(offers[line.sku_id].shop_id, []).append(line)
    n = 0
    for shop_id, of_shop in found.items():
        found[shop_id] = [msgspec.structs.replace(line, n=n + at) for at, line in enumerate(of_shop, 1)]
        n += len(of_shop)
    return found


async def _sections(tx: Tx, by_shop: Mapping[int, Sequence[orders.Line]]) -> tuple[orders.Section, ...]:
    """What each shop has of it, with the freight of its one parcel to a place not known yet."""
    goods = {shop_id: sum(line.amount for line in lines) for shop_id, lines in by_shop.items()}
    asks = [shipping.QuoteAsk(shop_id, None, amount) for shop_id, amount in goods.items()]
    quotes = await shipping.quotes(tx, asks)
    return tuple(
        orders.Section(
            n=n,
            shop_id=shop_id,
            part_id=tx.ids.new(),
            first_line=lines[0].n,
            last_line=lines[-1].n,
            goods_amount=goods[shop_id],
            freight_amount=quote.fee,
        )
        for n, ((shop_id, lines), quote) in enumerate(zip(by_shop.items(), quotes, strict=True), 1)
    )


async def same_price(tx: Tx, line: orders.Line) -> tuple[int, ...]:
    """The styles that cost as much as this one now: those its recipient may take."""
    styles = await catalog.styles(tx, line.product_id)
    return tuple(one.sku_id for one in styles if one.on_sale and one.price == line.unit_price)


async def things_of_set(ground: Ground, tx: Tx, order: orders.NewOrder) -> tuple[gifts.SetThing, ...]:
    """What is in a set, each with the styles that may be taken instead; none where its own shop lets nobody choose."""
    offers = await catalog.offers(tx, [line.sku_id for line in order.lines])
    shops = sorted({offer.shop_id for offer in offers.values()})
    styles = {shop: (await gifts.policy_of_shop(tx, shop, ground.policy)).gift_style for shop in shops}
    things = []
    for line in order.lines:
        lets = styles[offers[line.sku_id].shop_id] == "same_price"
        equal = await same_price(tx, line) if lets else ()
        things.append(gifts.SetThing(line.n, line.product_id, line.sku_id, line.quantity, equal))
    return tuple(things)


async def worth_of(tx: Tx, gift: gifts.Gift) -> int:
    """What a gift counts for with whom it goes to: of a set, all the goods in it."""
    return (await orders.by_ids(tx, [gift.order_id]))[gift.order_id].goods_amount if gift.is_set else gift.unit_price


async def take_from_cart(tx: Tx, giver_id: int, lines: tuple[tuple[int, int], ...]) -> None:
    """The lines leave the giver's cart with the gift, piece for piece; before any stock is held. Raises CartChanged."""
    (verdict,) = await carts.judge_order(tx, [(giver_id, lines)])
    if verdict is not None:
        raise verdict
    await carts.delete_lines(tx, [(giver_id, sku_id) for sku_id, _ in lines])
