"""How what is in a set is shown to programs, by shop."""

from __future__ import annotations

import msgspec

from renqing.doors.api.people.lucky import product_out
from renqing.doors.api.people.orders import ProductName
from renqing.views.gift_going import Going
from renqing.views.gift_set import SetPart


class PartLineOut(msgspec.Struct, frozen=True):
    """So many pieces of one thing."""

    product: ProductName
    quantity: int


class PartOut(msgspec.Struct, frozen=True):
    """What of a set comes from one shop. Once it is claimed it is an order of its own: for who has it, ``order_id``.

    ``aftersale`` is the state of its latest case.
    """

    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    lines: list[PartLineOut]
    order_id: str | None
    going: Going
    aftersale: str


def part_out(part: SetPart) -> PartOut:
    """A shop's part of a set, for a program."""
    return PartOut(
        shop_id=str(part.shop_id),
        shop_name_zh=part.shop_name_zh,
        shop_name_en=part.shop_name_en,
        lines=[PartLineOut(product_out(line.goods), line.quantity) for line in part.lines],
        order_id=None if part.order_id is None else str(part.order_id),
        going=part.going,
        aftersale=part.aftersale,
    )
