"""Put something in the cart, want more or fewer of it, with words on it or without, take it out.

Putting in is told for many at once (house, hot paths): the offers are read, the carts locked in the order of their
owners, each ask judged, and the lines written with the price that was seen. One who is refused does not hold up the
others. A style that is sold out may be put in, so that its return is not missed; one that is off sale may not.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, remember, run_once, told_before
from renqing.journeys.check_out import OfferOver
from renqing.journeys.engrave_an_order import check_words_pass, words_as_made
from renqing.social.moderation.ports import Moderator
from renqing.trade import carts, engravings


class PutInCart(msgspec.Struct, frozen=True):
    """Pieces of a SKU for one's own cart. ``words``: what each is to say, judged before; None: as it was."""

    person_id: int
    sku_id: int
    quantity: int = 1
    words: str | None = None


class ChangeCart(msgspec.Struct, frozen=True):
    """How many pieces a line of one's own cart shall have, and in which words; None: as they were."""

    person_id: int
    sku_id: int
    quantity: int
    words: str | None = None


class TakeOut(msgspec.Struct, frozen=True):
    """A line that shall leave one's own cart."""

    person_id: int
    sku_id: int


class CartLeft(msgspec.Struct, frozen=True):
    """How many lines are left."""

    lines: int


async def put_in_carts(ground: Ground, asks: Sequence[tuple[PutInCart, Once]]) -> list[carts.InCart | Exception]:
    """For each ask the line as it stands, or what stopped it: FieldNotValid, OfferOver, CartFull, TooManyPieces."""
    return await ground.db.run(lambda tx: _story(tx, asks))


async def _story(tx: Tx, asks: Sequence[tuple[PutInCart, Once]]) -> list[carts.InCart | Exception]:
    answers = await told_before(tx, [once for _, once in asks], carts.InCart)
    fresh = [place for place in range(len(asks)) if place not in answers]
    offers = await catalog.offers(tx, sorted({asks[place][0].sku_id for place in fresh}))
    puts: dict[int, carts.Put] = {}
    terms = await _terms(tx, [asks[place][0] for place in fresh], offers)
    said: dict[int, str] = {}
    for place in fresh:
        ask = asks[place][0]
        try:
            put = _put(ask, offers)
            if ask.words is not None:
                said[place] = words_as_made(ask.words, terms.get(offers[ask.sku_id].product_id))
            puts[place] = put
        except Refusal as refusal:
            answers[place] = refusal
    kept = []
    engraved: list[tuple[int, int, str]] = []
    for place, stands in zip(puts, await carts.put_in(tx, list(puts.values())), strict=True):
        answers[place] = stands
        if isinstance(stands, Refusal):
            continue
        kept.append((asks[place][1], msgspec.json.encode(stands).decode()))
        if place in said:
            engraved.append((asks[place][0].person_id, stands.sku_id, said[place]))
    await engravings.keep_with_cart(tx, engraved)
    await remember(tx, kept)
    return [answers[place] for place in range(len(asks))]


async def _terms(tx: Tx, asks: Sequence[PutInCart], offers: dict[int, catalog.Offer]) -> dict[int, engravings.Terms]:
    """What the products take that are to have words; nothing is read where none is."""
    products = sorted({offers[ask.sku_id].product_id for ask in asks if ask.words and ask.sku_id in offers})
    return await engravings.terms_of(tx, products) if products else {}


def _put(ask: PutInCart, offers: dict[int, catalog.Offer]) -> carts.Put:
    _check_quantity(ask.quantity)
    offer = offers.get(ask.sku_id)
    if offer is None or not offer.on_sale:
        raise OfferOver(sku_id=ask.sku_id)
    return carts.Put(ask.person_id, ask.sku_id, ask.quantity, offer.price, offer.currency)


def _check_quantity(quantity: int) -> None:
    if not 0 < quantity <= carts.QUANTITY_MAX:
        raise FieldNotValid(field="quantity", reason="out_of_range", min=1, max=carts.QUANTITY_MAX)


async def change_my_cart(
    ground: Ground, ask: ChangeCart, once: Once, moderator: Moderator | None = None
) -> carts.InCart:
    """Want more or fewer pieces, or other words on them. Raises FieldNotValid, CartLineUnknown."""
    await check_words_pass(ground, moderator, [ask.words])

    async def story(tx: Tx) -> carts.InCart:
        _check_quantity(ask.quantity)
        stands = await carts.change(tx, ask.person_id, ask.sku_id, ask.quantity)
        if ask.words is not None:
            product_id = (await catalog.offers(tx, [ask.sku_id]))[ask.sku_id].product_id
            terms = await engravings.terms_of(tx, [product_id])
            made = words_as_made(ask.words, terms.get(product_id))
            await engravings.keep_with_cart(tx, [(ask.person_id, ask.sku_id, made)])
        return stands

    return await run_once(ground.db, once, carts.InCart, story)


async def take_out_of_my_cart(ground: Ground, ask: TakeOut, once: Once) -> CartLeft:
    """Take a line out. Raises CartLineUnknown."""

    async def story(tx: Tx) -> CartLeft:
        return CartLeft(await carts.take_out(tx, ask.person_id, ask.sku_id))

    return await run_once(ground.db, once, CartLeft, story)
