"""Your vouchers: the list, one with its code, and what is unused given back. And what a product promises, for all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import (
    AnyRequest,
    Cursor,
    MoneyOut,
    PersonOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    money_out,
    once_without_body,
    reader_of,
    somebody_out,
)
from renqing.journeys.end_a_voucher import GiveVoucherBack, give_a_voucher_back
from renqing.trade.vouchers import (
    Terms,
    VoucherExpired,
    VoucherNotRefundable,
    VoucherRefunded,
    VoucherState,
    VoucherUnknown,
    VoucherUsedUp,
    terms_of_products,
)
from renqing.views.market import CursorNotValid
from renqing.views.voucher_page import VoucherCard, VoucherPlace, my_vouchers, places_of, voucher_here

TAG = "vouchers"
allow(Audience.ANYONE, "GET /v1/products/{product_id:str}/voucher-terms")
allow(
    Audience.PERSON,
    "GET /v1/vouchers",
    "GET /v1/vouchers/{voucher_id:str}",
    "POST /v1/vouchers/{voucher_id:str}/refund",
)


class VoucherPlaceOut(msgspec.Struct, frozen=True):
    """Where vouchers are redeemed."""

    id: str
    name: str
    place: str
    is_open: bool


class VoucherTermsOut(msgspec.Struct, frozen=True):
    """What a product promises. ``valid_days`` from when it is issued, or ``valid_until``: one of the two.

    ``unused`` and ``expired`` say what becomes of the money for uses that are left, when their holder asks and when
    the time is over; ``unclaimed``, of a voucher that was given and nobody claimed in time: declined ones are refunded.
    """

    uses: int
    valid_days: int | None
    valid_until: datetime | None
    places: list[VoucherPlaceOut]
    unused: Literal["refunded", "kept"]
    expired: Literal["refunded", "kept"]
    unclaimed: Literal["refunded", "returned_for_use"]


class VoucherCardOut(msgspec.Struct, frozen=True):
    """A voucher of yours. ``giver`` where it was given to you."""

    id: str
    order_id: str
    product: ProductName
    shop_name_zh: str
    shop_name_en: str
    giver: PersonOut | None
    state: VoucherState
    why: str
    uses: int
    used: int
    issued_at: datetime
    expires_at: datetime


class VoucherUseOut(msgspec.Struct, frozen=True):
    """A use that was redeemed."""

    n: int
    place: str
    used_at: datetime


class VoucherOut(msgspec.Struct, frozen=True):
    """A voucher with its code, as long as it is good: show it at one of the places."""

    voucher: VoucherCardOut
    code: str
    places: list[VoucherPlaceOut]
    uses: list[VoucherUseOut]
    may_give_back: bool
    unused: Literal["refunded", "kept"]
    expired: Literal["refunded", "kept"]


class VouchersOut(msgspec.Struct, frozen=True):
    """Your vouchers, the newest first."""

    vouchers: list[VoucherCardOut]
    next_cursor: str | None


class VoucherBack(msgspec.Struct, frozen=True):
    """It is over. ``amount`` goes back to you; none where somebody else paid: it goes to them."""

    id: str
    order_id: str
    amount: MoneyOut | None


@get("/v1/products/{product_id:str}/voucher-terms", tags=[TAG], refuses=(VoucherUnknown,))
async def read_voucher_terms(request: AnyRequest, product_id: FromPath[str]) -> VoucherTermsOut:
    """What a product promises that is a voucher."""
    ground, number = house_of(request).ground, id_in(product_id)
    terms = (await terms_of_products(ground.db, [number])).get(number)
    if terms is None:
        raise VoucherUnknown
    return terms_out(terms, await places_of(ground, terms.location_ids))


@get("/v1/vouchers", tags=[TAG], refuses=(CursorNotValid,))
async def list_vouchers(
    request: AnyRequest,
    shelf: Annotated[Literal["valid", "over"], QueryParameter(required=False)] = "valid",
    cursor: Cursor = None,
) -> VouchersOut:
    """The vouchers that you hold: the good ones, or those that are over."""
    page = await my_vouchers(house_of(request).ground, reader_of(request).person_id, shelf, cursor_in(cursor))
    return VouchersOut([_card(card) for card in page.vouchers], cursor_out(page.before))


@get("/v1/vouchers/{voucher_id:str}", tags=[TAG], refuses=(VoucherUnknown,))
async def read_voucher(request: AnyRequest, voucher_id: FromPath[str]) -> VoucherOut:
    """One of them, with its code. Whoever sees the code can use it."""
    here = await voucher_here(house_of(request).ground, reader_of(request).person_id, id_in(voucher_id))
    return VoucherOut(
        voucher=_card(here.card),
        code=here.code,
        places=[place_out(place) for place in here.places],
        uses=[VoucherUseOut(one.n, one.place, one.used_at) for one in here.uses],
        may_give_back=here.may_give_back,
        unused=here.unused,
        expired=here.expired,
    )


@post(
    "/v1/vouchers/{voucher_id:str}/refund",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(VoucherUnknown, VoucherUsedUp, VoucherRefunded, VoucherExpired, VoucherNotRefundable),
)
async def refund_voucher(request: AnyRequest, voucher_id: FromPath[str]) -> VoucherBack:
    """Give back what is unused of it: what that was paid with goes to who paid, to the fen."""
    ask = GiveVoucherBack(reader_of(request).person_id, id_in(voucher_id))
    back = await give_a_voucher_back(house_of(request).ground, ask, await once_without_body(request))
    return VoucherBack(str(back.voucher_id), str(back.order_id), money_out(back.amount, back.currency))


def terms_out(terms: Terms, places: list[VoucherPlace]) -> VoucherTermsOut:
    """Terms, in JSON."""
    return VoucherTermsOut(
        uses=terms.uses,
        valid_days=terms.valid_days,
        valid_until=terms.valid_until,
        places=[place_out(place) for place in places],
        unused=terms.unused,
        expired=terms.expired,
        unclaimed=terms.unclaimed,
    )


def place_out(place: VoucherPlace) -> VoucherPlaceOut:
    """A place, in JSON."""
    return VoucherPlaceOut(str(place.location_id), place.name, place.place, place.is_open)


def _card(card: VoucherCard) -> VoucherCardOut:
    return VoucherCardOut(
        id=str(card.voucher_id),
        order_id=str(card.order_id),
        product=ProductName(str(card.product_id), card.title_zh, card.title_en, card.specs, card.picture),
        shop_name_zh=card.shop_name_zh,
        shop_name_en=card.shop_name_en,
        giver=somebody_out(card.giver),
        state=card.state,
        why=card.why,
        uses=card.uses,
        used=card.used,
        issued_at=card.issued_at,
        expires_at=card.expires_at,
    )


routes = [read_voucher_terms, list_vouchers, read_voucher, refund_voucher]
