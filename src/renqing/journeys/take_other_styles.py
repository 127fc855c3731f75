"""Who claims a gift takes another style of it, or of things in a set, at the price of when it was given.

A step of ``claim_a_gift``, under the gift's lock. Each style must be of the same product and have cost exactly as much
as what was given; a set asks its own policy and each thing's shop, as they stood then. The stock of all of them is held
instead of what was held, or nothing moves: two things that change places need no more than there was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from renqing.books import catalog, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.check_out import line_of
from renqing.social import gifts, surprises
from renqing.trade import orders


class OtherStyle(msgspec.Struct, frozen=True):
    """A style that was taken, as a line of the gift's order, instead of the one that was given."""

    given_sku_id: int
    line: orders.Line


async def take_styles(
    tx: Tx, gift: gifts.Gift, sku_id: int | None, asked: Sequence[tuple[int, int]]
) -> list[OtherStyle]:
    """Hold the other styles instead; none where all stays as given. ``asked`` of a set: (given, wanted instead).

    Raises StyleNotOffered, StockRanOut, FieldNotValid.
    """
    if asked and sku_id is not None:
        raise FieldNotValid(field="styles", reason="with_style")
    if len({given for given, _ in asked}) != len(asked):
        raise FieldNotValid(field="styles", reason="twice")
    pairs = [pair for pair in asked or ((gift.sku_id, sku_id or gift.sku_id),) if pair[0] != pair[1]]
    if not pairs:
        return []
    if await surprises.of_gifts(tx, [gift.id]):
        raise gifts.StyleNotOffered
    offers = await catalog.offers(tx, sorted({wanted for _, wanted in pairs}))
    if gift.is_set and asked:
        return await _of_set(tx, gift, dict(pairs), offers)
    return [await _of_one(tx, gift, pairs, offers)]


async def _of_one(
    tx: Tx, gift: gifts.Gift, pairs: Sequence[tuple[int, int]], offers: dict[int, catalog.Offer]
) -> OtherStyle:
    """The one thing that was given, in another style."""
    given, wanted = pairs[0]
    offer = offers.get(wanted)
    if offer is None or given != gift.sku_id or len(pairs) > 1:
        raise gifts.StyleNotOffered
    gifts.may_take_style(
        gift,
        sku_id=wanted,
        product_id=offer.product_id,
        price=offer.price,
        currency=offer.currency,
        on_sale=offer.on_sale,
    )
    ran_out = await stock.move_hold(tx, gift.order_id, given, wanted, 1)
    if ran_out is not None:
        raise ran_out
    return OtherStyle(given, line_of(offer, 1, 1))


async def _of_set(
    tx: Tx, gift: gifts.Gift, wanted: dict[int, int], offers: dict[int, catalog.Offer]
) -> list[OtherStyle]:
    """Some of the things of a set, in other styles."""
    things = {thing.sku_id: thing for thing in await gifts.set_things(tx, gift.id)}
    taken = []
    for given, other in wanted.items():
        offer, thing = offers.get(other), things.get(given)
        if offer is None or thing is None:
            raise gifts.StyleNotOffered
        gifts.check_style_in_set(gift, thing, sku_id=other, product_id=offer.product_id, on_sale=offer.on_sale)
        taken.append(OtherStyle(given, line_of(offer, thing.n, thing.quantity)))
    before, after = Counter[int](), Counter[int]()
    for thing in things.values():
        before[thing.sku_id] += thing.quantity
        after[wanted.get(thing.sku_id, thing.sku_id)] += thing.quantity
    moved = sorted({*wanted, *wanted.values()})
    old, new = ([(sku, pieces[sku]) for sku in moved if pieces[sku]] for pieces in (before, after))
    ran_out = await stock.exchange_hold(tx, gift.order_id, old, new)
    if ran_out is not None:
        raise ran_out
    return taken
