"""A lucky pack as its readers may see it: part of a gift's shares."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import PersonOut, person_out
from renqing.views.gift_tiers import Goods
from renqing.views.lucky_pack import LuckySeen


class DealtOut(msgspec.Struct, frozen=True):
    """A voucher that was dealt. ``share`` is its number; ``product`` where they are not all the same.

    ``person`` for its giver and the members of its group; ``mine``: it is yours.
    """

    place: int
    share: int
    product: ProductName | None
    person: PersonOut | None
    mine: bool
    luckiest: bool
    claimed_at: datetime


class LuckyOut(msgspec.Struct, frozen=True):
    """A lucky pack. ``commitment`` is the SHA-256 of its seed, in hexadecimal, from the start.

    Once it is over ``seed`` is there and ``order``, the shares' numbers as they are dealt; anybody can work it out:
    ``docs/decisions/lucky-packs.md``. ``dealt``: what is taken, the latest first.
    """

    commitment: str
    seed: str | None
    order: list[int]
    dealt: list[DealtOut]


def product_out(goods: Goods) -> ProductName:
    """What was given, by name."""
    return ProductName(str(goods.product_id), goods.title_zh, goods.title_en, goods.specs, goods.picture)


def lucky_out(pack: LuckySeen | None) -> LuckyOut | None:
    """The pack in JSON."""
    if pack is None:
        return None
    dealt = [
        DealtOut(
            place=one.place,
            share=one.share,
            product=None if one.goods is None else product_out(one.goods),
            person=None if one.person is None else person_out(one.person),
            mine=one.is_mine,
            luckiest=one.is_luckiest,
            claimed_at=one.claimed_at,
        )
        for one in pack.dealt
    ]
    return LuckyOut(pack.commitment, pack.seed, pack.order, dealt)
