"""How what is in a set is shown to programs, by shop, and the styles that may be taken of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from renqing.doors.api.people.lucky import product_out
from renqing.doors.api.people.orders import ProductName
from renqing.views.gift_going import Going
from renqing.views.gift_set import SetPart
from renqing.views.gift_styles import StyleChoice, ThingStyles


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


class StyleChoiceOut(msgspec.Struct, frozen=True):
    """A style that may be taken: the same product at exactly the gift's price, so there is no price to show."""

    sku_id: str
    specs: list[str]
    picture: str
    stock: Literal["plenty", "few", "none"]


class SetStylesOut(msgspec.Struct, frozen=True):
    """The styles that may be taken of one thing of a set: ``styles`` begins with the one that was given, ``sku_id``."""

    sku_id: str
    product: ProductName
    styles: list[StyleChoiceOut]


def styles_out(styles: list[StyleChoice]) -> list[StyleChoiceOut]:
    """The styles that may be taken, for a program."""
    return [StyleChoiceOut(str(one.sku_id), one.specs, one.picture, one.stock) for one in styles]


def set_styles_out(things: list[ThingStyles]) -> list[SetStylesOut]:
    """The same of each thing of a set that there is another style of."""
    return [SetStylesOut(str(one.sku_id), product_out(one.goods), styles_out(one.styles)) for one in things]
