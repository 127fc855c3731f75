"""Buy for oneself: the order is placed, its stock held, its payment waits.

Steps, in one transaction: the offers are read; every line must be on sale, of one shop and one currency; the address
is opened and the shop asked whether it delivers there and for how much (vouchers go nowhere and need none); what is
ordered from the cart must be in it, piece for piece; words to be made on a thing are such as it takes, those given or
those kept with the cart's line (``engrave_an_order``); stock is held whole or not at all; order, intent and the
deadline to pay are written, and the lines leave the cart. When a step refuses, nothing has changed. The payer goes on
to ``start_a_payment``.

The story is told for many at once: concurrent buyers of one item share a transaction (house, hot paths), and one
who is refused does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, NotNow, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, remember, told_before
from renqing.journeys.engrave_an_order import words_of_lines
from renqing.trade import carts, engravings, orders, payments, shipping, vouchers

LINES_MAX = 50


class OfferOver(NotNow):
    """A product is no longer on sale. Fact: ``sku_id``."""

    code = "offer_over"


class TotalChanged(NotNow):
    """The total is not what the buyer saw: prices or freight changed. Facts: ``total``, ``currency``."""

    code = "total_changed"


class NotDelivered(NotNow):
    """The shop does not deliver to this address. Fact: ``region``."""

    code = "not_delivered"


class CheckOut(msgspec.Struct, frozen=True):
    """What to buy: (sku id, quantity) lines of one shop, to one of the buyer's addresses; vouchers need none.

    ``expected_total`` in minor units is what the buyer saw; another total refuses the order. ``from_cart``: the lines
    are the buyer's cart's, and leave it with the order. ``words``: what each piece of a SKU is to say, judged before.
    """

    buyer_id: int
    lines: tuple[tuple[int, int], ...]
    address_id: int | None
    channel: str
    note: str = ""
    expected_total: int | None = None
    from_cart: bool = False
    words: tuple[tuple[int, str], ...] = ()


class Placed(msgspec.Struct, frozen=True):
    """An order that waits for its payment. ``total`` in minor units of ``currency``."""

    order_id: int
    intent_id: int
    total: int
    currency: str
    pay_by: datetime


class _Wanted(msgspec.Struct):
    lines: tuple[orders.Line, ...]
    currency: str
    address: people.Address | None
    freight: shipping.QuoteAsk
    terms: list[vouchers.Terms]


class _Basket(msgspec.Struct):
    once: Once
    order: orders.NewOrder
    ask: CheckOut
    terms: list[vouchers.Terms]
    words: dict[int, str]


async def check_out(ground: Ground, asks: Sequence[tuple[CheckOut, Once]]) -> list[Placed | Exception]:
    """Place orders; for each the order placed or the refusal that stopped it."""
    return await ground.db.run(lambda tx: _story(ground, tx, asks))


async def _story(ground: Ground, tx: Tx, asks: Sequence[tuple[CheckOut, Once]]) -> list[Placed | Exception]:
    answers = await told_before(tx, [once for _, once in asks], Placed)
    fresh = [place for place in range(len(asks)) if place not in answers]
    wanted = await _look_up(tx, {place: asks[place][0] for place in fresh}, answers)
    freights = await shipping.quotes(tx, [one.freight for one in wanted.values()])
    baskets: dict[int, _Basket] = {}
    for (place, one), freight in zip(wanted.items(), freights, strict=True):
        ask, once = asks[place]
        try:
            baskets[place] = _Basket(once, _new_order(ground, tx, ask, one, freight), ask, one.terms, {})
        except Refusal as refusal:
            answers[place] = refusal
    await _look_into_carts(tx, baskets, answers)
    await _read_words(tx, baskets, answers)
    await _hold_and_place(tx, baskets, answers)
    return [answers[place] for place in range(len(asks))]


async def _look_up(tx: Tx, asks: dict[int, CheckOut], answers: dict[int, Placed | Exception]) -> dict[int, _Wanted]:
    """What each ask names, as it stands now; who names what cannot be bought is refused."""
    offers = await catalog.offers(tx, sorted({sku for ask in asks.values() for sku, _ in ask.lines}))
    named = [(ask.buyer_id, ask.address_id) for ask in asks.values() if ask.address_id is not None]
    addresses = await people.open_addresses(tx, named)
    terms = await vouchers.terms_of_products(tx, [offer.product_id for offer in offers.values()])
    wanted = {}
    for place, ask in asks.items():
        try:
            wanted[place] = _wanted(tx, ask, offers, addresses, terms)
        except Refusal as refusal:
            answers[place] = refusal
    return wanted


def _wanted(
    tx: Tx,
    ask: CheckOut,
    offers: dict[int, catalog.Offer],
    addresses: dict[tuple[int, int], people.Address],
    known_terms: dict[int, vouchers.Terms],
) -> _Wanted:
    lines = order_lines(ask.lines, offers)
    shops = {(offers[line.sku_id].shop_id, offers[line.sku_id].currency) for line in lines}
    if len(shops) > 1:
        raise FieldNotValid(field="lines", reason="one_shop_an_order")
    ((shop_id, currency),) = shops
    terms = voucher_terms(lines, known_terms, tx.now)
    address = None if terms or ask.address_id is None else addresses.get((ask.buyer_id, ask.address_id))
    if address is None and not terms:
        raise people.AddressUnknown
    goods_amount = sum(line.amount for line in lines)
    freight = shipping.QuoteAsk(shop_id, address.region_code if address else None, goods_amount)
    return _Wanted(lines, currency, address, freight, terms)


def voucher_terms(
    lines: Sequence[orders.Line], known: dict[int, vouchers.Terms], now: datetime
) -> list[vouchers.Terms]:
    """The terms of lines that are vouchers, one a product; none where none is. Raises VouchersApart, OfferOver."""
    terms = {line.product_id: known[line.product_id] for line in lines if line.product_id in known}
    if terms and any(line.product_id not in terms for line in lines):
        raise vouchers.VouchersApart
    for line in lines:
        if terms and not vouchers.is_sold(terms[line.product_id], now):
            raise OfferOver(sku_id=line.sku_id)
    return list(terms.values())


def _new_order(ground: Ground, tx: Tx, ask: CheckOut, wanted: _Wanted, freight: shipping.Quote) -> orders.NewOrder:
    if wanted.address is not None and not freight.delivers:
        raise NotDelivered(region=wanted.address.region_name)
    order = orders.NewOrder(
        id=tx.ids.new(),
        shop_id=wanted.freight.shop_id,
        payer_id=ask.buyer_id,
        purpose="self",
        currency=wanted.currency,
        lines=wanted.lines,
        freight_amount=0 if wanted.terms else freight.fee,
        fee_ppm=ground.policy.platform_fee_ppm,
        pay_by=tx.now + timedelta(minutes=ground.policy.pay_within_minutes),
        note=ask.note,
        destination=None if wanted.address is None else destination_of(wanted.address),
        by_voucher=bool(wanted.terms),
    )
    if ask.expected_total is not None and ask.expected_total != order.total_amount:
        raise TotalChanged(total=order.total_amount, currency=wanted.currency)
    return order


def order_lines(wanted: Sequence[tuple[int, int]], offers: dict[int, catalog.Offer]) -> tuple[orders.Line, ...]:
    """Lines as bought now. Raises FieldNotValid for none, too many or odd quantities, OfferOver when off sale."""
    if not 0 < len(wanted) <= LINES_MAX or len({sku for sku, _ in wanted}) != len(wanted):
        raise FieldNotValid(field="lines", reason="count", max=LINES_MAX)
    lines = []
    for n, (sku_id, quantity) in enumerate(wanted, 1):
        if not 0 < quantity <= orders.QUANTITY_MAX:
            raise FieldNotValid(field="quantity", reason="out_of_range", min=1, max=orders.QUANTITY_MAX)
        offer = offers.get(sku_id)
        if offer is None or not offer.on_sale:
            raise OfferOver(sku_id=sku_id)
        lines.append(line_of(offer, n, quantity))
    return tuple(lines)


def line_of(offer: catalog.Offer, n: int, quantity: int) -> orders.Line:
    """A snapshot of an offer as the ``n``-th line of an order."""
    return orders.Line(
        n=n,
        product_id=offer.product_id,
        sku_id=offer.sku_id,
        title_zh=offer.title_zh,
        title_en=offer.title_en,
        specs=list(offer.specs),
        picture=offer.picture,
        quantity=quantity,
        unit_price=offer.price,
        amount=offer.price * quantity,
    )


def destination_of(address: people.Address) -> orders.Destination:
    """An address as an order keeps it."""
    return orders.Destination(
        region_code=address.region_code,
        region=address.region_name,
        name=address.name,
        phone=address.phone,
        detail=address.detail,
    )


async def _look_into_carts(tx: Tx, baskets: dict[int, _Basket], answers: dict[int, Placed | Exception]) -> None:
    """Who orders from a cart that does not hold this any more is refused. The carts are locked before any stock."""
    places = [place for place, basket in baskets.items() if basket.ask.from_cart]
    asked = [(baskets[place].ask.buyer_id, baskets[place].ask.lines) for place in places]
    for place, verdict in zip(places, await carts.judge_order(tx, asked), strict=True):
        if verdict is not None:
            answers[place] = verdict
            del baskets[place]


async def _read_words(tx: Tx, baskets: dict[int, _Basket], answers: dict[int, Placed | Exception]) -> None:
    """What each line is to say; whose words a product does not take is refused. Who says none costs nothing."""
    buyers = sorted({basket.ask.buyer_id for basket in baskets.values() if basket.ask.from_cart})
    kept = await engravings.cart_words(tx, buyers)
    said: dict[int, dict[int, str]] = {}
    for place, basket in baskets.items():
        ask = basket.ask
        of_cart = {sku: kept[ask.buyer_id, sku] for sku, _ in ask.lines if (ask.buyer_id, sku) in kept}
        said[place] = (of_cart if ask.from_cart else {}) | dict(ask.words)
    named = [line.product_id for place, basket in baskets.items() if said[place] for line in basket.order.lines]
    terms = await engravings.terms_of(tx, sorted(set(named))) if named else {}
    for place in [place for place in baskets if said[place]]:
        try:
            baskets[place].words = words_of_lines(baskets[place].order.lines, said[place], terms)
        except Refusal as refusal:
            answers[place] = refusal
            del baskets[place]


async def _hold_and_place(tx: Tx, baskets: dict[int, _Basket], answers: dict[int, Placed | Exception]) -> None:
    verdicts = await stock.hold(
        tx,
        [
            stock.HoldAsk(basket.order.id, tuple((line.sku_id, line.quantity) for line in basket.order.lines))
            for basket in baskets.values()
        ],
    )
    held = {}
    for (place, basket), verdict in zip(baskets.items(), verdicts, strict=True):
        if verdict is None:
            held[place] = basket
        else:
            answers[place] = verdict
    await orders.place(tx, [basket.order for basket in held.values()])
    made = [(one.order.id, n, one.ask.buyer_id, words) for one in held.values() for n, words in one.words.items()]
    await engravings.engrave_lines(tx, made)
    await vouchers.record_sold(tx, [(basket.order.id, terms) for basket in held.values() for terms in basket.terms])
    intents = {place: intent_for(tx, basket.order, basket.ask.channel) for place, basket in held.items()}
    await payments.open_intents(tx, list(intents.values()))
    from_carts = [basket.ask for basket in held.values() if basket.ask.from_cart]
    await carts.delete_lines(tx, [(ask.buyer_id, sku) for ask in from_carts for sku, _ in ask.lines])
    kept = []
    for place, basket in held.items():
        placed = placed_answer(basket.order, intents[place])
        answers[place] = placed
        kept.append((basket.once, msgspec.json.encode(placed).decode()))
    await remember(tx, kept)


def intent_for(tx: Tx, order: orders.NewOrder, channel: str) -> payments.NewIntent:
    """The one payment of an order, over one channel."""
    return payments.NewIntent(
        id=tx.ids.new(),
        order_id=order.id,
        payer_id=order.payer_id,
        channel=channel,
        currency=order.currency,
        amount=order.total_amount,
        pay_by=order.pay_by,
    )


def placed_answer(order: orders.NewOrder, intent: payments.NewIntent) -> Placed:
    """What the buyer is told."""
    return Placed(
        order_id=order.id, intent_id=intent.id, total=order.total_amount, currency=order.currency, pay_by=order.pay_by
    )
