"""A shop's vouchers: its places, which products are vouchers, codes looked up and redeemed, more time given."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.catalog import ProductNotFound
from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.vouchers import VoucherPlaceOut, VoucherTermsOut, terms_out
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, once_of, once_without_body, reader_of, spend
from renqing.foundation.errors import FieldNotValid, TooMany
from renqing.foundation.limits import Rate
from renqing.journeys.keep_vouchers import (
    CloseLocation,
    OpenLocation,
    SetTerms,
    close_a_location,
    open_a_location,
    set_voucher_terms,
)
from renqing.journeys.redeem_a_voucher import (
    ExtendVoucher,
    RedeemVoucher,
    VoucherStands,
    extend_a_voucher,
    redeem_a_voucher,
)
from renqing.trade.vouchers import (
    LOCATION_NAME_CHARACTERS_MAX,
    LOCATION_PLACE_CHARACTERS_MAX,
    LOCATIONS_MAX,
    USES_MAX,
    VALID_DAYS_MAX,
    LocationsFull,
    LocationUnknown,
    NewTerms,
    VoucherElsewhere,
    VoucherExpired,
    VoucherRefunded,
    VoucherState,
    VoucherUnknown,
    VoucherUsedMeanwhile,
    VoucherUsedUp,
)
from renqing.views.shop_vouchers import IssuedVoucher, shop_vouchers, shown_voucher
from renqing.views.voucher_page import places_of

TAG = "merchants: vouchers"
_SHOP = "/v1/shops/{shop_id:str}"
allow(
    Audience.STAFF,
    f"GET {_SHOP}/voucher-locations",
    f"POST {_SHOP}/voucher-locations",
    f"DELETE {_SHOP}/voucher-locations/{{location_id:str}}",
    f"PUT {_SHOP}/products/{{product_id:str}}/voucher-terms",
    f"GET {_SHOP}/vouchers",
    f"POST {_SHOP}/voucher-lookups",
    f"POST {_SHOP}/voucher-uses",
    f"POST {_SHOP}/vouchers/{{voucher_id:str}}/extension",
)

# Guessing 80 random bits at this rate finds nothing; what it bounds is the work that guessing costs us.
TRIES = Rate("voucher_codes_from_address", count=240, window_seconds=60)
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60, description="As typed or scanned")]


class VoucherLocationIn(Body, frozen=True, kw_only=True):
    """A place of yours, as people find it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LOCATION_NAME_CHARACTERS_MAX)]
    place: Annotated[str, msgspec.Meta(min_length=1, max_length=LOCATION_PLACE_CHARACTERS_MAX)]


class VoucherTermsIn(Body, frozen=True, kw_only=True):
    """What the product promises from now on; what was sold keeps its own. ``valid_days`` or ``valid_until``."""

    uses: Annotated[int, msgspec.Meta(ge=1, le=USES_MAX)] = 1
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=VALID_DAYS_MAX)] | None = None
    valid_until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    location_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=LOCATIONS_MAX)]
    unused: Literal["refunded", "kept"] = "refunded"
    expired: Literal["refunded", "kept"] = "refunded"
    unclaimed: Literal["refunded", "returned_for_use"] = "refunded"


class VoucherLookupIn(Body, frozen=True, kw_only=True):
    """A code that somebody shows, and where you are."""

    voucher_code: Code
    location_id: Id


class VoucherUseIn(Body, frozen=True, kw_only=True):
    """The same to redeem. ``use_n``: the use that you saw; another one by then refuses it."""

    voucher_code: Code
    location_id: Id
    use_n: Annotated[int, msgspec.Meta(ge=1, le=USES_MAX)] | None = None


class VoucherExtensionIn(Body, frozen=True, kw_only=True):
    """Until when it is good from now on: later than it was."""

    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class VoucherLocationClosed(msgspec.Struct, frozen=True):
    """Nothing is redeemed there any more."""

    id: str


class IssuedVoucherOut(msgspec.Struct, frozen=True):
    """A voucher of your shop, without its code and its holder."""

    id: str
    order_id: str
    product_id: str
    title_zh: str
    title_en: str
    state: VoucherState
    why: str
    uses: int
    used: int
    issued_at: datetime
    expires_at: datetime


class ShownVoucherOut(msgspec.Struct, frozen=True):
    """What the code stands for. ``use_n`` would be redeemed now; ``stopped`` is the refusal that it would meet."""

    voucher: IssuedVoucherOut
    use_n: int
    stopped: str


class VoucherStandsOut(msgspec.Struct, frozen=True):
    """How the voucher stands."""

    id: str
    state: VoucherState
    uses: int
    used: int
    expires_at: datetime


@get(f"{_SHOP}/voucher-locations", tags=[TAG], refuses=(ShopUnknown,))
async def list_voucher_locations(request: AnyRequest, shop_id: FromPath[str]) -> list[VoucherPlaceOut]:
    """Your places, the open ones first."""
    seen = await shop_vouchers(house_of(request).ground, reader_of(request).person_id, id_in(shop_id))
    return [VoucherPlaceOut(str(one.id), one.name, one.place, one.closed_at is None) for one in seen.places]


@post(f"{_SHOP}/voucher-locations", tags=[TAG], refuses=(ShopUnknown, LocationsFull, FieldNotValid))
async def open_voucher_location(
    request: AnyRequest, shop_id: FromPath[str], data: JSONBody[VoucherLocationIn]
) -> VoucherPlaceOut:
    """Open a place where vouchers are redeemed."""
    ask = OpenLocation(reader_of(request).person_id, id_in(shop_id), data.name, data.place)
    made = await open_a_location(house_of(request).ground, ask, once_of(request, data))
    return VoucherPlaceOut(str(made.id), made.name, made.place, made.closed_at is None)


@delete(
    f"{_SHOP}/voucher-locations/{{location_id:str}}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, LocationUnknown),
)
async def close_voucher_location(
    request: AnyRequest, shop_id: FromPath[str], location_id: FromPath[str]
) -> VoucherLocationClosed:
    """Close a place. What was redeemed there stays so."""
    ask = CloseLocation(reader_of(request).person_id, id_in(shop_id), id_in(location_id))
    closed = await close_a_location(house_of(request).ground, ask, await once_without_body(request))
    return VoucherLocationClosed(str(closed.location_id))


@put(
    f"{_SHOP}/products/{{product_id:str}}/voucher-terms",
    tags=[TAG],
    refuses=(ShopUnknown, ProductNotFound, FieldNotValid),
)
async def set_product_voucher_terms(
    request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str], data: JSONBody[VoucherTermsIn]
) -> VoucherTermsOut:
    """Let a product of yours be a voucher, or change what it promises to who buys it from now on."""
    new = NewTerms(
        shop_id=id_in(shop_id),
        product_id=id_in(product_id),
        uses=data.uses,
        valid_days=data.valid_days,
        valid_until=data.valid_until,
        location_ids=tuple(id_in(one) for one in data.location_ids),
        unused=data.unused,
        expired=data.expired,
        unclaimed=data.unclaimed,
    )
    ground = house_of(request).ground
    terms = await set_voucher_terms(ground, SetTerms(reader_of(request).person_id, new), once_of(request, data))
    return terms_out(terms, await places_of(ground, terms.location_ids))


@get(f"{_SHOP}/vouchers", tags=[TAG], refuses=(ShopUnknown,))
async def list_shop_vouchers(request: AnyRequest, shop_id: FromPath[str]) -> list[IssuedVoucherOut]:
    """The latest vouchers that were issued, at most a hundred."""
    seen = await shop_vouchers(house_of(request).ground, reader_of(request).person_id, id_in(shop_id))
    return [_issued(one) for one in seen.issued]


@post(
    f"{_SHOP}/voucher-lookups",
    tags=[TAG],
    status_code=HTTP_200_OK,
    keyless=True,
    refuses=(ShopUnknown, VoucherUnknown, VoucherElsewhere, TooMany),
)
async def look_up_voucher(
    request: AnyRequest, shop_id: FromPath[str], data: JSONBody[VoucherLookupIn]
) -> ShownVoucherOut:
    """What a code stands for, before it is redeemed. It changes nothing."""
    spend(request, TRIES)
    who, shop = reader_of(request).person_id, id_in(shop_id)
    seen = await shown_voucher(house_of(request).ground, who, shop, data.voucher_code, id_in(data.location_id))
    return ShownVoucherOut(_issued(seen.voucher), seen.use_n, seen.stopped)


@post(
    f"{_SHOP}/voucher-uses",
    tags=[TAG],
    refuses=(
        ShopUnknown,
        LocationUnknown,
        VoucherUnknown,
        VoucherElsewhere,
        VoucherExpired,
        VoucherUsedUp,
        VoucherRefunded,
        VoucherUsedMeanwhile,
        TooMany,
    ),
)
async def redeem_voucher(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[VoucherUseIn]) -> VoucherStandsOut:
    """Redeem a use of a voucher, once."""
    spend(request, TRIES)
    ask = RedeemVoucher(
        reader_of(request).person_id, id_in(shop_id), id_in(data.location_id), data.voucher_code, data.use_n
    )
    return _stands(await redeem_a_voucher(house_of(request).ground, ask, once_of(request, data)))


@post(
    f"{_SHOP}/vouchers/{{voucher_id:str}}/extension",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, VoucherUnknown, VoucherExpired, VoucherUsedUp, VoucherRefunded, FieldNotValid),
)
async def extend_voucher(
    request: AnyRequest, shop_id: FromPath[str], voucher_id: FromPath[str], data: JSONBody[VoucherExtensionIn]
) -> VoucherStandsOut:
    """Give a voucher of your shop more time."""
    ask = ExtendVoucher(reader_of(request).person_id, id_in(shop_id), id_in(voucher_id), data.expires_at)
    return _stands(await extend_a_voucher(house_of(request).ground, ask, once_of(request, data)))


def _issued(one: IssuedVoucher) -> IssuedVoucherOut:
    ids = str(one.voucher_id), str(one.order_id), str(one.product_id)
    times = one.issued_at, one.expires_at
    return IssuedVoucherOut(*ids, one.title_zh, one.title_en, one.state, one.why, one.uses, one.used, *times)


def _stands(stands: VoucherStands) -> VoucherStandsOut:
    return VoucherStandsOut(str(stands.voucher_id), stands.state, stands.uses, stands.used, stands.expires_at)


routes = [
    list_voucher_locations,
    open_voucher_location,
    set_product_voucher_terms,
    list_shop_vouchers,
    look_up_voucher,
    redeem_voucher,
    extend_voucher,
    close_voucher_location,
]
