"""A merchant's desk: the morning, orders to ship, parcels, after-sales. Its goods and money are in ``desk_goods``."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from renqing.books.people import PLATFORM, Role
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, cursor_in, id_in, reader_of
from renqing.doors.web.desk_chart import chart_of, headline
from renqing.doors.web.desk_frame import ground_of, offset_of, shop_page
from renqing.doors.web.rendering import sayer
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.journeys.answer_an_aftersale import AnswerAftersale, answer_an_aftersale
from renqing.journeys.read_an_address import ReadAddress, read_an_address
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.journeys.swap_a_style import AnswerSwap, answer_a_swap
from renqing.journeys.track_a_parcel import CorrectParcel, TrackParcel, correct_a_parcel, track_a_parcel
from renqing.trade.shipping import ParcelState
from renqing.views.shop_aftersales import CaseRow, shop_aftersale, shop_aftersales
from renqing.views.shop_desk import COUNTED_MAX, shop_desk
from renqing.views.shop_orders import SHELVES, ShopOrder, shop_order, shop_orders
from renqing.views.shop_parcels import shop_parcels
from renqing.views.shop_staff import ShopHead, shops_of
from renqing.views.swap_page import shop_swaps

allow(Audience.PERSON, "GET /desk")
allow(
    Audience.STAFF,
    "GET /desk/shops/{shop_id:str}",
    "GET /desk/shops/{shop_id:str}/orders",
    "GET /desk/orders/{order_id:str}",
    "POST /desk/orders/{order_id:str}/ship",
    "POST /desk/orders/{order_id:str}/swap",
    "GET /desk/shops/{shop_id:str}/swaps",
    "POST /desk/orders/{order_id:str}/address",
    "GET /desk/shops/{shop_id:str}/parcels",
    "POST /desk/parcels/{parcel_id:str}/track",
    "POST /desk/parcels/{parcel_id:str}/correct",
    "GET /desk/shops/{shop_id:str}/aftersales",
    "GET /desk/aftersales/{case_id:str}",
    "POST /desk/aftersales/{case_id:str}/answer",
)


@get("/desk")
async def choose_desk(request: AnyRequest) -> Response[str]:
    """Straight to the only desk there is; else a choice. Who works nowhere learns of no desk."""
    reader = reader_of(request)
    shops = await shops_of(ground_of(request).db, reader.person_id)
    operates = reader.staff.get(PLATFORM) is Role.OPERATOR
    if not shops and not operates:
        raise NotFound
    if len(shops) + operates == 1:
        return go(request, "/desk/operator" if operates else f"/desk/shops/{shops[0].id}")
    return await page(
        request, "desk/choose.html", shops=shops, operates=operates, place="", rail=[], desks=[], problem=""
    )


@get("/desk/shops/{shop_id:str}")
async def morning(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """What today asks for."""
    seen = await shop_desk(ground_of(request), my_id(request), id_in(shop_id), offset_of(request))
    return await shop_page(
        request,
        seen.shop,
        "desk/morning.html",
        "morning",
        page=seen,
        chart=chart_of(seen),
        headline=headline(seen, sayer(language_of(request))),
        counted_max=COUNTED_MAX,
    )


@get("/desk/shops/{shop_id:str}/orders")
async def orders_page(
    request: AnyRequest,
    shop_id: FromPath[str],
    shelf: FromQuery[str] = "to_ship",
    after: FromQuery[str | None] = None,
    on: FromQuery[str | None] = None,
) -> Response[str]:
    """The orders of a shelf."""
    return await _orders(request, id_in(shop_id), shelf, after=cursor_in(after), on=_day(on))


async def _orders(
    request: AnyRequest,
    shop_id: int,
    shelf: str,
    *,
    after: int | None = None,
    on: date | None = None,
    order: ShopOrder | None = None,
    refusal: Refusal | None = None,
    **values: Any,
) -> Response[str]:
    seen = await shop_orders(
        ground_of(request), my_id(request), shop_id, shelf, after, on=on, offset=offset_of(request)
    )
    swap = None if order is None else await shop_swaps(ground_of(request), my_id(request), shop_id, order.order_id)
    percent = f"{order.money.fee_ppm / 10_000:g}" if order else ""
    return await shop_page(
        request,
        seen.shop,
        "desk/orders.html",
        "orders",
        refusal,
        **{
            "page": seen,
            "shelves": SHELVES,
            "order": order,
            "address": None,
            "fee_percent": percent,
            "swaps": swap,
            **values,
        },
    )


def _day(on: str | None) -> date | None:
    if not on:
        return None
    try:
        return date.fromisoformat(on)
    except ValueError as wrong:
        raise FieldNotValid(field="on", reason="unknown") from wrong


def _shelf_of(state: int) -> str:
    return {12: "unclaimed", 20: "to_ship", 21: "to_ship", 30: "on_the_way", 100: "done"}.get(state, "all")


async def _order(request: AnyRequest, order_id: int, refusal: Refusal | None = None, **values: Any) -> Response[str]:
    """One order beside the shelf it stands on."""
    order = await shop_order(ground_of(request), my_id(request), order_id)
    shelf = _shelf_of(order.state)
    return await _orders(request, order.shop.id, shelf, order=order, refusal=refusal, **values)


@get("/desk/orders/{order_id:str}")
async def order_page(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """One order."""
    return await _order(request, id_in(order_id))


@post("/desk/orders/{order_id:str}/ship")
async def ship(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Ship an order, whole or a part."""
    form, number = await form_of(request), id_in(order_id)
    try:
        ask = ShipOrder(
            staff_id=my_id(request),
            order_id=number,
            carrier=form.get("carrier", ""),
            tracking_number=form.get("tracking_number", ""),
            lines=_lines(form),
        )
        await ship_an_order(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order(request, number, refusal, form=form)
    return go(request, f"/desk/orders/{number}", "desk_shipped")


def _lines(form: Form) -> tuple[tuple[int, int], ...] | None:
    """The pieces of each line that a form names; a form that names none ships everything."""
    named = sorted(name for name in form if name.startswith("line-") and name[5:].isascii() and name[5:].isdigit())
    if not named:
        return None
    asked = tuple((int(name[5:][:4]), whole(form, name, most=999)) for name in named)
    return tuple((n, quantity) for n, quantity in asked if quantity)


@get("/desk/shops/{shop_id:str}/swaps")
async def swaps_page(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Wishes for another style that wait for an answer."""
    seen = await shop_swaps(ground_of(request), my_id(request), id_in(shop_id))
    return await shop_page(request, seen.shop, "desk/swaps.html", "swaps", page=seen)


@post("/desk/orders/{order_id:str}/swap")
async def answer_swap(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Agree to another style, or refuse."""
    form, number = await form_of(request), id_in(order_id)
    try:
        verdict: Literal["approve", "reject"] = "approve" if _verdict(form) == "agree" else "reject"
        done = await answer_a_swap(ground_of(request), AnswerSwap(my_id(request), number, verdict), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order(request, number, refusal)
    return go(request, f"/desk/orders/{number}", "desk_swap_out" if done.why == "stock" else "desk_answered")


@post("/desk/orders/{order_id:str}/address")
async def open_address(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Open an order's address; the reading is written down. It is shown on this answer and kept nowhere."""
    number = id_in(order_id)
    try:
        address = await read_an_address(ground_of(request), ReadAddress(my_id(request), number))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order(request, number, refusal)
    return await _order(request, number, address=address)


@get("/desk/shops/{shop_id:str}/parcels")
async def parcels_page(
    request: AnyRequest, shop_id: FromPath[str], after: FromQuery[str | None] = None
) -> Response[str]:
    """The parcels that left."""
    seen = await shop_parcels(ground_of(request), my_id(request), id_in(shop_id), cursor_in(after))
    return await shop_page(request, seen.shop, "desk/parcels.html", "parcels", page=seen)


@post("/desk/parcels/{parcel_id:str}/track")
async def track(request: AnyRequest, parcel_id: FromPath[str]) -> Response[str]:
    """Pass on what the carrier said."""
    form = await form_of(request)
    order_id = id_in(form.get("order", ""))
    try:
        ask = TrackParcel(my_id(request), id_in(parcel_id), _state(form), form.get("place", ""))
        await track_a_parcel(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order(request, order_id, refusal)
    return go(request, f"/desk/orders/{order_id}", "desk_tracked")


def _state(form: Form) -> ParcelState:
    try:
        return ParcelState(form.get("state", ""))
    except ValueError as wrong:
        raise FieldNotValid(field="state", reason="unknown") from wrong


@post("/desk/parcels/{parcel_id:str}/correct")
async def correct(request: AnyRequest, parcel_id: FromPath[str]) -> Response[str]:
    """Mend a mistyped carrier or number."""
    form = await form_of(request)
    order_id = id_in(form.get("order", ""))
    ask = CorrectParcel(my_id(request), id_in(parcel_id), form.get("carrier", ""), form.get("tracking_number", ""))
    try:
        await correct_a_parcel(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order(request, order_id, refusal)
    return go(request, f"/desk/orders/{order_id}", "desk_corrected")


@get("/desk/shops/{shop_id:str}/aftersales")
async def aftersales_page(
    request: AnyRequest,
    shop_id: FromPath[str],
    wanted: FromQuery[str] = "to_answer",
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """The after-sales that wait for an answer, or all."""
    seen = await shop_aftersales(ground_of(request), my_id(request), id_in(shop_id), wanted, cursor_in(after))
    return await shop_page(request, seen.shop, "desk/aftersales.html", "aftersales", page=seen, case=None)


async def _case(
    request: AnyRequest, shop: ShopHead, case: CaseRow, refusal: Refusal | None = None, **values: Any
) -> Response[str]:
    """One case beside the others."""
    wanted = "to_answer" if case.state in ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT") else "all"
    seen = await shop_aftersales(ground_of(request), my_id(request), shop.id, wanted)
    return await shop_page(
        request, shop, "desk/aftersales.html", "aftersales", refusal, **{"page": seen, "case": case, **values}
    )


@get("/desk/aftersales/{case_id:str}")
async def aftersale_page(request: AnyRequest, case_id: FromPath[str]) -> Response[str]:
    """One case."""
    shop, case = await shop_aftersale(ground_of(request), my_id(request), id_in(case_id))
    return await _case(request, shop, case)


@post("/desk/aftersales/{case_id:str}/answer")
async def answer(request: AnyRequest, case_id: FromPath[str]) -> Response[str]:
    """Agree or reject."""
    form, number = await form_of(request), id_in(case_id)
    try:
        ask = AnswerAftersale(
            my_id(request),
            number,
            _verdict(form),
            form.get("answer", ""),
            back_to_stock="back_to_stock" in form and form.get("verdict") == "agree",
        )
        await answer_an_aftersale(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        shop, case = await shop_aftersale(ground_of(request), my_id(request), number)
        return await _case(request, shop, case, refusal, form=form)
    return go(request, f"/desk/aftersales/{number}", "desk_answered")


def _verdict(form: Form) -> Literal["agree", "reject"]:
    match form.get("verdict"):
        case "agree":
            return "agree"
        case "reject":
            return "reject"
        case _:
            raise FieldNotValid(field="verdict", reason="unknown")


routes = [
    choose_desk,
    morning,
    orders_page,
    order_page,
    ship,
    answer_swap,
    swaps_page,
    open_address,
    parcels_page,
    track,
    correct,
    aftersales_page,
    aftersale_page,
    answer,
]
