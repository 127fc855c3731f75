"""Whether a gift reaches somebody: what keeps them from taking any, and whether its shop delivers where they say.

The claim asks the same rules; here they are read before anybody types an address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.social import gifts, holds, peace, surprises
from renqing.trade import orders, shipping, surcharges

WhyNot = Literal["region", "surcharge"]


class Reach(msgspec.Struct, frozen=True):
    """Whether the shop of a gift delivers to a place, by its name; of a set every shop, or the one that does not.

    ``surcharge``: it would, but its giver has not allowed what that place costs more.
    """

    region: str
    delivers: bool
    shop_zh: str = ""
    shop_en: str = ""
    of_set: bool = False
    surcharge: bool = False


async def cannot_receive(ground: Ground, reader_id: int | None) -> gifts.CannotReceive | None:
    """Why somebody can take no gift at the moment; None where they can, and where nobody knows who reads."""
    if reader_id is None:
        return None
    rule = await peace.rule_of(ground.db, reader_id)
    held = (await holds.held_among(ground.db, [reader_id], "receive", ground.clock.now())).get(reader_id)
    return gifts.why_not_receive(is_minor=rule.is_minor, held_hours=held.facts["hours"] if held else 0)


async def why_not_there(ground: Ground, gift_id: int, region_codes: Iterable[int]) -> dict[int, WhyNot]:
    """Of these places those that a gift cannot go to: a shop of it does not deliver there, or it costs too much."""
    places = set(region_codes)
    refusing = await _refusing(ground, gift_id, places)
    away: dict[int, WhyNot] = dict.fromkeys(await _too_dear(ground, gift_id, places), "surcharge")
    for place, shop in refusing.items():
        if shop is not None:
            away[place] = "region"
    return away


async def _too_dear(ground: Ground, gift_id: int, region_codes: Iterable[int]) -> set[int]:
    """Of these places those that cost more than the giver paid and allowed, where that is theirs to bear."""
    gift = await gifts.by_id(ground.db, gift_id)
    assert gift is not None, "a gift that was found is there"
    if (gift.policy or ground.policy).gift_surcharge != "giver" or gift.shares > 1 or gift.shop_id == people.PLATFORM:
        return set()
    order = (await ground.db.run(lambda tx: orders.by_ids(tx, [gift.order_id])))[gift.order_id]
    asks = [shipping.QuoteAsk(gift.shop_id, place, gift.unit_price) for place in sorted(set(region_codes))]
    quotes = await shipping.quotes(ground.db, asks) if asks and not order.by_voucher else []
    return {
        ask.region_code
        for ask, quote in zip(asks[: len(quotes)], quotes, strict=True)
        if ask.region_code is not None and surcharges.is_too_dear(quote.fee, order.freight_amount, giver_bears=True)
    }


async def _refusing(ground: Ground, gift_id: int, region_codes: Iterable[int]) -> dict[int, int | None]:
    """The shop that does not deliver there, of a set the first. Who asks may see the gift."""
    gift = await gifts.by_id(ground.db, gift_id)
    assert gift is not None, "a gift that was found is there"
    several = [gift.order_id] if gift.shop_id == people.PLATFORM else []
    sections = (await orders.sections_of(ground.db, several)).get(gift.order_id, ())
    of_shops = [(one.shop_id, one.goods_amount) for one in sections] or [(gift.shop_id, gift.unit_price)]
    asks = [shipping.QuoteAsk(shop, place, worth) for place in sorted(set(region_codes)) for shop, worth in of_shops]
    quotes = await shipping.quotes(ground.db, asks) if asks else []
    found: dict[int, int | None] = {}
    for ask, quote in zip(asks, quotes, strict=True):
        assert ask.region_code is not None, "a place was asked for"
        known = found.get(ask.region_code)
        found[ask.region_code] = known if quote.delivers else known or ask.shop_id
    return found


async def _reach(ground: Ground, gift_id: int, region_code: int, region: str) -> Reach:
    refusing = (await _refusing(ground, gift_id, [region_code]))[region_code]
    if refusing is None:
        is_dear = await _too_dear(ground, gift_id, [region_code])
        return Reach(region, delivers=not is_dear, surcharge=bool(is_dear))
    if await surprises.of_gifts(ground.db, [gift_id]):
        return Reach(region, delivers=False)
    gift, shop = await gifts.by_id(ground.db, gift_id), await people.get_shop(ground.db, refusing)
    return Reach(region, False, shop.name_zh, shop.name_en, gift is not None and gift.is_set)  # noqa: FBT003 - as named


async def reach_to_address(ground: Ground, gift_id: int, person_id: int, address_id: int) -> Reach:
    """The same of an address of somebody's own. Raises AddressUnknown."""
    address = await ground.db.run(lambda tx: people.open_address(tx, person_id, address_id), actor=person_id)
    return await _reach(ground, gift_id, address.region_code, address.region_name)


async def reach_to_region(ground: Ground, gift_id: int, region_code: int) -> Reach:
    """The same of a place that is still being chosen. Raises FieldNotValid."""
    return await _reach(ground, gift_id, region_code, await people.region_name(ground.db, region_code))
