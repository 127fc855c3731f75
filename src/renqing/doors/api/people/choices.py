"""Something else instead of what was given: what may be had, and what was chosen."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.giving import WhichGift, which
from renqing.doors.api.people.lucky import product_out
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.people.set_shapes import PartLineOut
from renqing.doors.api.wire import AnyRequest, Id, MoneyOut, house_of, id_of, reader_of, spend
from renqing.foundation.errors import TooMany
from renqing.social.gifts import GiftNotAvailable, GiftNotForYou
from renqing.trade.choices import OtherNotOffered
from renqing.views.gift_choices import Piece, choices_of
from renqing.views.gift_page import OpenGift, gift_by_link, gift_page

allow(Audience.PERSON, "POST /v1/gifts/choice-lookups")


class ChoicesIn(WhichGift, frozen=True, kw_only=True):
    """An open gift. ``after``: the page behind this style, as the last page said it."""

    after: Id | None = None


class ThingOut(msgspec.Struct, frozen=True):
    """Something that may be had instead. ``price`` where several may be chosen."""

    sku_id: str
    product: ProductName
    stock: Literal["plenty", "few"]
    price: MoneyOut | None


class ChoicesOut(msgspec.Struct, frozen=True):
    """What may be had instead, the shop's newest first: one thing (``single``) with no price said, or several.

    Of several, ``value`` is what they come to with their freight at most: ``freight``, and none from ``free_from`` of
    goods on.
    """

    rule: Literal["disabled", "single", "multiple"]
    things: list[ThingOut]
    after: str | None
    value: MoneyOut | None
    freight: MoneyOut | None
    free_from: MoneyOut | None


@post(
    "/v1/gifts/choice-lookups",
    tags=["giving"],
    status_code=HTTP_200_OK,
    keyless=True,
    refuses=(GiftNotAvailable, GiftNotForYou, OtherNotOffered, TooMany),
)
async def look_what_else(request: AnyRequest, data: JSONBody[ChoicesIn]) -> ChoicesOut:
    """What you may have instead of what is in an open gift; claim it with ``instead``. It changes nothing."""
    spend(request, LOOKS)
    ground, reader = house_of(request).ground, reader_of(request).person_id
    gift_id, token = which(data)
    page = await (gift_page(ground, reader, gift_id or 0) if token is None else gift_by_link(ground, token, reader))
    if not isinstance(page, OpenGift):
        raise GiftNotAvailable
    found = await choices_of(ground, page.gift_id, id_of(data.after))

    def money(amount: int | None) -> MoneyOut | None:
        return None if amount is None else MoneyOut(amount, found.currency)

    return ChoicesOut(
        rule=found.rule,
        things=[ThingOut(str(one.sku_id), product_out(one.goods), one.stock, money(one.price)) for one in found.things],
        after=None if found.after is None else str(found.after),
        value=money(found.value),
        freight=money(found.freight),
        free_from=money(found.free_from),
    )


def chosen_out(chosen: list[Piece]) -> list[PartLineOut]:
    """What was chosen instead, for a program."""
    return [PartLineOut(product_out(one.goods), one.quantity) for one in chosen]


routes = [look_what_else]
