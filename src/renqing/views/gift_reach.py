"""Whether a gift reaches somebody: what keeps them from taking any, and whether its shop delivers where they say.

The claim asks the same rules; here they are read before anybody types an address.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.social import gifts, holds, peace
from renqing.trade import shipping


class Reach(msgspec.Struct, frozen=True):
    """Whether the shop of a gift delivers to a place, by its name."""

    region: str
    delivers: bool


async def cannot_receive(ground: Ground, reader_id: int | None) -> gifts.CannotReceive | None:
    """Why somebody can take no gift at the moment; None where they can, and where nobody knows who reads."""
    if reader_id is None:
        return None
    rule = await peace.rule_of(ground.db, reader_id)
    held = (await holds.held_among(ground.db, [reader_id], "receive", ground.clock.now())).get(reader_id)
    return gifts.why_not_receive(is_minor=rule.is_minor, held_hours=held.facts["hours"] if held else 0)


async def reach_of(ground: Ground, gift_id: int, region_codes: Iterable[int]) -> dict[int, bool]:
    """Of these places whether a gift's shop delivers there. Who asks may see the gift: that was looked at before."""
    places = sorted(set(region_codes))
    gift = await gifts.by_id(ground.db, gift_id)
    assert gift is not None, "a gift that was found is there"
    asks = [shipping.QuoteAsk(gift.shop_id, place, gift.unit_price) for place in places]
    quotes = await shipping.quotes(ground.db, asks) if asks else []
    return {place: quote.delivers for place, quote in zip(places, quotes, strict=True)}


async def reach_to_address(ground: Ground, gift_id: int, person_id: int, address_id: int) -> Reach:
    """The same of an address of somebody's own. Raises AddressUnknown."""
    address = await ground.db.run(lambda tx: people.open_address(tx, person_id, address_id), actor=person_id)
    return Reach(address.region_name, (await reach_of(ground, gift_id, [address.region_code]))[address.region_code])


async def reach_to_region(ground: Ground, gift_id: int, region_code: int) -> Reach:
    """The same of a place that is still being chosen. Raises FieldNotValid."""
    name = await people.region_name(ground.db, region_code)
    return Reach(name, (await reach_of(ground, gift_id, [region_code]))[region_code])
