"""The desk where vouchers are redeemed (核销), by camera or typed code, and where a shop keeps its places and terms.

A code travels in the body of a request and never in an address. First what it stands for is shown; redeeming is the
clerk's second tap, and names the very use that was shown.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.merchants.vouchers import TRIES
from renqing.doors.api.wire import AnyRequest, id_in, spend
from renqing.doors.web.desk_frame import ground_of, offset_of, shop_page
from renqing.doors.web.shell import Form, deed, form_of, go, many_of, my_id, whole
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.keep_vouchers import (
    CloseLocation,
    OpenLocation,
    SetTerms,
    close_a_location,
    open_a_location,
    set_voucher_terms,
)
from renqing.journeys.redeem_a_voucher import ExtendVoucher, RedeemVoucher, extend_a_voucher, redeem_a_voucher
from renqing.trade.vouchers import (
    LOCATION_NAME_CHARACTERS_MAX,
    LOCATION_PLACE_CHARACTERS_MAX,
    USES_MAX,
    VALID_DAYS_MAX,
    NewTerms,
)
from renqing.views.shop_vouchers import shop_vouchers, shown_voucher

_BASE = "/desk/shops/{shop_id:str}/vouchers"
allow(
    Audience.STAFF,
    f"GET {_BASE}",
    f"POST {_BASE}/look",
    f"POST {_BASE}/redeem",
    f"POST {_BASE}/places",
    f"POST {_BASE}/places/{{location_id:str}}/close",
    f"POST {_BASE}/terms",
    f"POST {_BASE}/{{voucher_id:str}}/extend",
)


async def _desk(
    request: AnyRequest, shop_id: int, form: Form | None = None, refusal: Refusal | None = None, **more: Any
) -> Response[str]:
    seen = await shop_vouchers(ground_of(request), my_id(request), shop_id)
    values = {
        "page": seen,
        "form": form or {},
        "uses_max": USES_MAX,
        "days_max": VALID_DAYS_MAX,
        "name_max": LOCATION_NAME_CHARACTERS_MAX,
        "place_max": LOCATION_PLACE_CHARACTERS_MAX,
        "shown": None,
        **more,
    }
    return await shop_page(request, seen.shop, "desk/vouchers.html", "vouchers", refusal, **values)


@get(_BASE)
async def desk(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Redeem, and see what was issued."""
    return await _desk(request, id_in(shop_id))


@post(f"{_BASE}/look")
async def look(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """What a code stands for. Changes nothing."""
    spend(request, TRIES)
    form, shop = await form_of(request), id_in(shop_id)
    location = parse_id(form.get("location", "")) or 0
    try:
        shown = await shown_voucher(ground_of(request), my_id(request), shop, form.get("voucher_code", ""), location)
    except Refusal as refusal:
        return await _desk(request, shop, form, refusal)
    return await _desk(request, shop, form, shown=shown)


@post(f"{_BASE}/redeem")
async def redeem(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Redeem the use that was shown."""
    spend(request, TRIES)
    form, shop = await form_of(request), id_in(shop_id)
    try:
        ask = RedeemVoucher(
            clerk_id=my_id(request),
            shop_id=shop,
            location_id=parse_id(form.get("location", "")) or 0,
            code=form.get("voucher_code", ""),
            use_n=whole(form, "use_n", least=1, most=USES_MAX),
        )
        await redeem_a_voucher(ground_of(request), ask, deed(request, form))
    except Refusal as refusal:
        return await _desk(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/vouchers", "desk_voucher_redeemed")


@post(f"{_BASE}/places")
async def open_place(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """A new place."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        ask = OpenLocation(my_id(request), shop, form.get("name", ""), form.get("place", ""))
        await open_a_location(ground_of(request), ask, deed(request, form))
    except Refusal as refusal:
        return await _desk(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/vouchers#places", "desk_kept")


@post(f"{_BASE}/places/{{location_id:str}}/close")
async def close_place(request: AnyRequest, shop_id: FromPath[str], location_id: FromPath[str]) -> Response[str]:
    """Nothing is redeemed there any more."""
    form, shop = await form_of(request), id_in(shop_id)
    ask = CloseLocation(my_id(request), shop, id_in(location_id))
    await close_a_location(ground_of(request), ask, deed(request, form))
    return go(request, f"/desk/shops/{shop}/vouchers#places", "desk_kept")


@post(f"{_BASE}/terms")
async def set_terms(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """What a product promises from now on."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        new = _terms(request, shop, form, [id_in(one) for one in await many_of(request, "location_ids")])
        await set_voucher_terms(ground_of(request), SetTerms(my_id(request), new), deed(request, form))
    except Refusal as refusal:
        return await _desk(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/vouchers#terms", "desk_kept")


def _terms(request: AnyRequest, shop_id: int, form: Form, places: list[int]) -> NewTerms:
    until = form.get("valid_until", "")
    return NewTerms(
        shop_id=shop_id,
        product_id=id_in(form.get("product", "")),
        uses=whole(form, "uses", least=1, most=USES_MAX),
        valid_days=None if until else whole(form, "valid_days", least=1, most=VALID_DAYS_MAX),
        valid_until=_end_of_day(request, until, "valid_until") if until else None,
        location_ids=tuple(places),
        unused="kept" if form.get("unused") == "kept" else "refunded",
        expired="kept" if form.get("expired") == "kept" else "refunded",
        unclaimed="returned_for_use" if form.get("unclaimed") == "returned_for_use" else "refunded",
    )


def _end_of_day(request: AnyRequest, said: str, field: str) -> datetime:
    """The end of a day as a form's date field says it, by the operator's clock. Raises FieldNotValid."""
    try:
        day = datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as wrong:
        raise FieldNotValid(field=field, reason="date") from wrong
    return datetime.combine(day, time(), UTC) + timedelta(days=1) - offset_of(request)


@post(f"{_BASE}/{{voucher_id:str}}/extend")
async def extend(request: AnyRequest, shop_id: FromPath[str], voucher_id: FromPath[str]) -> Response[str]:
    """Good for longer."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        until = _end_of_day(request, form.get("until_day", ""), "expires_at")
        ask = ExtendVoucher(my_id(request), shop, id_in(voucher_id), until)
        await extend_a_voucher(ground_of(request), ask, deed(request, form))
    except Refusal as refusal:
        return await _desk(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/vouchers#issued", "desk_kept")


routes = [desk, look, redeem, open_place, close_place, set_terms, extend]
