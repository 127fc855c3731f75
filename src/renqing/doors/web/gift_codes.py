"""Gift codes: where a scan leads, and the desk page where a shop makes, prints and ends them."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.desk_frame import ground_of, shop_page
from renqing.doors.web.qr import qr_svg
from renqing.doors.web.shell import Form, deed, form_of, go, my_id, page
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.keep_gift_codes import EndACode, MakeACode, end_a_gift_code, make_a_gift_code
from renqing.trade.codes import PLACE_CHARACTERS_MAX, NewCode, by_code
from renqing.views.shop_codes import shop_code, shop_codes

allow(Audience.ANYONE, "GET /c/{gift_code:str}")
allow(
    Audience.STAFF,
    "GET /desk/shops/{shop_id:str}/codes",
    "POST /desk/shops/{shop_id:str}/codes",
    "GET /desk/shops/{shop_id:str}/codes/{gift_code_id:str}",
    "POST /desk/shops/{shop_id:str}/codes/{gift_code_id:str}/end",
)

CODE_COOKIE = "renqing_code"  # the code that was scanned, and its shop
CODE_SECONDS = 86_400


@get("/c/{gift_code:str}")
async def scanned(request: AnyRequest, gift_code: FromPath[str]) -> Response[str]:
    """On to the product; what is given from this shop today began here."""
    found = await by_code(ground_of(request).db, gift_code)
    response = go(request, f"/products/{found.product_id}")
    kept = f"{found.code}.{found.shop_id}"
    response.cookies.append(Cookie(key=CODE_COOKIE, value=kept, max_age=CODE_SECONDS, httponly=True, samesite="lax"))
    return response


async def _codes(
    request: AnyRequest, shop_id: int, form: Form | None = None, refusal: Refusal | None = None
) -> Response[str]:
    seen = await shop_codes(ground_of(request), my_id(request), shop_id)
    values = {"page": seen, "form": form or {}, "place_max": PLACE_CHARACTERS_MAX}
    return await shop_page(request, seen.shop, "desk/codes.html", "codes", refusal, **values)


@get("/desk/shops/{shop_id:str}/codes")
async def codes_page(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Every code, and what began at it."""
    return await _codes(request, id_in(shop_id))


@post("/desk/shops/{shop_id:str}/codes")
async def make(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """A new one, on to its sheet."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        product_id = parse_id(form.get("product", ""))
        if product_id is None:
            raise FieldNotValid(field="product", reason="missing")
        new = NewCode(shop, product_id, form.get("place", ""), parse_id(form.get("guide", "")))
        made = await make_a_gift_code(ground_of(request), MakeACode(my_id(request), new), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _codes(request, shop, form, refusal)
    return go(request, f"/desk/shops/{shop}/codes/{made.id}")


@get("/desk/shops/{shop_id:str}/codes/{gift_code_id:str}")
async def sheet(request: AnyRequest, shop_id: FromPath[str], gift_code_id: FromPath[str]) -> Response[str]:
    """The sheet to print: A6, and nothing of the desk on it."""
    shop, row = await shop_code(ground_of(request), my_id(request), id_in(shop_id), id_in(gift_code_id))
    link = f"{house_of(request).own_url}/c/{row.code}"
    return await page(request, "desk/code.html", shop=shop, row=row, link=link, qr=qr_svg(link))


@post("/desk/shops/{shop_id:str}/codes/{gift_code_id:str}/end")
async def end(request: AnyRequest, shop_id: FromPath[str], gift_code_id: FromPath[str]) -> Response[str]:
    """It credits nobody any more."""
    form, shop = await form_of(request), id_in(shop_id)
    ask = EndACode(my_id(request), shop, id_in(gift_code_id))
    await end_a_gift_code(ground_of(request), ask, deed(request, form))
    return go(request, f"/desk/shops/{shop}/codes", "desk_code_ended")


routes = [scanned, codes_page, make, sheet, end]
