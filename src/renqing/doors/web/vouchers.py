"""Cards (卡包): my vouchers, one with its code to show at the shop, and what is unused given back."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.qr import qr_svg
from renqing.doors.web.shell import deed, form_of, go, is_part, language_of, my_id, page
from renqing.foundation.errors import NotFound, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.end_a_voucher import GiveVoucherBack, give_a_voucher_back
from renqing.views.voucher_page import VoucherShelf, my_vouchers, voucher_here

allow(
    Audience.PERSON,
    "GET /vouchers",
    "GET /vouchers/{voucher_id:str}",
    "POST /vouchers/{voucher_id:str}/give-back",
)


@get("/vouchers")
async def vouchers(request: AnyRequest) -> Response[str]:
    """The reader's vouchers, by shelf."""
    shelf: VoucherShelf = "over" if request.query_params.get("shelf") == "over" else "valid"
    before = parse_id(request.query_params.get("before", ""))
    found = await my_vouchers(house_of(request).ground, my_id(request), shelf, before)
    template = "vouchers_more.html" if is_part(request) else "vouchers.html"
    return await page(request, template, tab="me", page=found, shelf=shelf)


@get("/vouchers/{voucher_id:str}")
async def voucher(request: AnyRequest, voucher_id: FromPath[str]) -> Response[str]:
    """One voucher, its code in letters and to scan."""
    return await _voucher(request, id_in(voucher_id))


async def _voucher(request: AnyRequest, voucher_id: int, problem: str = "") -> Response[str]:
    found = await voucher_here(house_of(request).ground, my_id(request), voucher_id)
    qr = qr_svg(found.code.replace("-", "")) if found.code else ""
    status = 409 if problem else 200
    return await page(request, "voucher.html", status=status, tab="me", page=found, qr=qr, problem=problem)


@post("/vouchers/{voucher_id:str}/give-back")
async def give_back(request: AnyRequest, voucher_id: FromPath[str]) -> Response[str]:
    """What is unused goes back to who paid."""
    form, number = await form_of(request), id_in(voucher_id)
    try:
        await give_a_voucher_back(
            house_of(request).ground, GiveVoucherBack(my_id(request), number), deed(request, form)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _voucher(request, number, words_of(refusal, language_of(request)))
    return go(request, f"/vouchers/{number}", "voucher_given_back")


routes = [vouchers, voucher, give_back]
