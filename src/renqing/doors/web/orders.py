"""My orders: the list, one with its parcels, and what can be done with it: cancel, receive, after-sales."""

from __future__ import annotations

from typing import get_args

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import Form, deed, form_of, go, is_part, language_of, my_id, page, whole
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.cancel_an_aftersale import CancelAftersale, cancel_an_aftersale
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.open_an_aftersale import OpenAftersale, open_an_aftersale
from renqing.journeys.receive_an_order import ReceiveOrder, receive_an_order
from renqing.journeys.send_goods_back import SendGoodsBack, send_goods_back
from renqing.journeys.swap_a_style import AskForAnotherStyle, TakeBackAsk, ask_for_another_style, take_back_the_ask
from renqing.trade import shipping
from renqing.trade.aftersales import Kind
from renqing.trade.orders import QUANTITY_MAX, OrderState, OrderUnknown
from renqing.views.hurries import hurry_of
from renqing.views.lateness import lateness_of
from renqing.views.my_orders import SHELVES, Shelf, my_orders
from renqing.views.order_page import GivenAway, LineHere, OrderPage, order_page
from renqing.views.swap_page import swap_of_order
from renqing.views.voucher_page import vouchers_of_order

allow(
    Audience.PERSON,
    "GET /orders",
    "GET /orders/{order_id:str}",
    "POST /orders/{order_id:str}/cancel",
    "POST /orders/{order_id:str}/receive",
    "GET /orders/{order_id:str}/aftersales/{line_n:str}",
    "POST /orders/{order_id:str}/aftersales/{line_n:str}",
    "POST /orders/{order_id:str}/swap",
    "POST /orders/{order_id:str}/swap/take-back",
    "POST /aftersales/{case_id:str}/send-back",
    "POST /aftersales/{case_id:str}/cancel",
)


@get("/orders")
async def orders(request: AnyRequest) -> Response[str]:
    """The reader's orders, by shelf."""
    named = request.query_params.get("shelf", "all")
    shelf: Shelf = next((one for one in get_args(Shelf) if one == named), "all")
    before = parse_id(request.query_params.get("before", ""))
    found = await my_orders(house_of(request).ground, my_id(request), shelf, before)
    template = "orders_more.html" if is_part(request) else "orders.html"
    return await page(request, template, tab="me", page=found, shelf=shelf, shelves=list(SHELVES))


@get("/orders/{order_id:str}")
async def order(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """One order; one that pays for a gift leads to the gift."""
    found = await order_page(house_of(request).ground, my_id(request), id_in(order_id))
    if isinstance(found, GivenAway):
        return go(request, f"/gifts/{found.gift_id}")
    return await _order(request, found)


async def _order(request: AnyRequest, found: OrderPage, problem: str = "") -> Response[str]:
    swap = await swap_of_order(house_of(request).ground, my_id(request), found.order_id) if found.gift else None
    return await page(
        request,
        "order.html",
        status=409 if problem else 200,
        tab="me",
        page=found,
        swap=swap,
        cards=await vouchers_of_order(house_of(request).ground, my_id(request), found.order_id),
        hurry=await hurry_of(house_of(request).ground, my_id(request), found.order_id),
        late=await lateness_of(house_of(request).ground, my_id(request), found.order_id),
        carriers=shipping.CARRIERS,
        problem=problem,
    )


@post("/orders/{order_id:str}/cancel")
async def cancel(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Cancel an order that is not paid."""
    form, number = await form_of(request), id_in(order_id)
    try:
        ask = CancelOrder(my_id(request), number)
        done = await cancel_an_order(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "order_cancelled" if done.closed else "order_cancelling")


@post("/orders/{order_id:str}/receive")
async def receive(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """It has arrived."""
    form, number = await form_of(request), id_in(order_id)
    try:
        await receive_an_order(house_of(request).ground, ReceiveOrder(my_id(request), number), deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "order_received")


async def _still(request: AnyRequest, order_id: int, refusal: Refusal) -> Response[str]:
    """The order as it stands now, saying what stopped the step."""
    found = await order_page(house_of(request).ground, my_id(request), order_id)
    if isinstance(found, GivenAway):
        raise OrderUnknown(order_id=order_id)
    return await _order(request, found, words_of(refusal, language_of(request)))


# another style -------------------------------------------------------------------------------------------------------
@post("/orders/{order_id:str}/swap")
async def ask_swap(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Ask the shop for another style of a claimed gift."""
    form, number = await form_of(request), id_in(order_id)
    try:
        ask = AskForAnotherStyle(my_id(request), number, id_in(form.get("sku", "")))
        await ask_for_another_style(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "swap_asked")


@post("/orders/{order_id:str}/swap/take-back")
async def take_back_swap(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Keep what was given after all."""
    form, number = await form_of(request), id_in(order_id)
    try:
        await take_back_the_ask(house_of(request).ground, TakeBackAsk(my_id(request), number), deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "swap_taken_back")


# after-sales ----------------------------------------------------------------------------------------------------------
@get("/orders/{order_id:str}/aftersales/{line_n:str}")
async def ask_aftersale(request: AnyRequest, order_id: FromPath[str], line_n: FromPath[str]) -> Response[str]:
    """What is wrong with a line, and what shall be done."""
    found, line = await _line(request, order_id, line_n)
    return await _asking(request, found, line, {})


@post("/orders/{order_id:str}/aftersales/{line_n:str}")
async def open_aftersale(request: AnyRequest, order_id: FromPath[str], line_n: FromPath[str]) -> Response[str]:
    """Ask the shop."""
    form = await form_of(request)
    found, line = await _line(request, order_id, line_n)
    try:
        kind = next((one for one in Kind if one.value == form.get("kind")), None)
        if kind is None:
            raise FieldNotValid(field="kind", reason="unknown")
        ask = OpenAftersale(
            owner_id=my_id(request),
            order_id=found.order_id,
            line_n=line.n,
            kind=kind,
            quantity=whole(form, "quantity", least=1, most=QUANTITY_MAX),
            reason=form.get("reason", "").strip(),
        )
        await open_an_aftersale(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _asking(request, found, line, form, words_of(refusal, language_of(request)))
    return go(request, f"/orders/{found.order_id}", "aftersale_asked")


async def _line(request: AnyRequest, order_id: str, line_n: str) -> tuple[OrderPage, LineHere]:
    found = await order_page(house_of(request).ground, my_id(request), id_in(order_id))
    if isinstance(found, GivenAway):
        raise OrderUnknown(order_id=order_id)
    number = parse_id(line_n)
    line = next((one for one in found.lines if one.n == number), None)
    if line is None:
        raise OrderUnknown(order_id=order_id)
    return found, line


async def _asking(
    request: AnyRequest, found: OrderPage, line: LineHere, form: Form, problem: str = ""
) -> Response[str]:
    never_left = found.state == OrderState.TO_SHIP
    return await page(
        request,
        "aftersale.html",
        status=409 if problem else 200,
        tab="me",
        page=found,
        line=line,
        kinds=[Kind.REFUND.value] if never_left else [kind.value for kind in Kind],
        form=form,
        problem=problem,
    )


@post("/aftersales/{case_id:str}/send-back")
async def send_back(request: AnyRequest, case_id: FromPath[str]) -> Response[str]:
    """The goods are on their way back."""
    form = await form_of(request)
    number = id_in(form.get("order", ""))
    try:
        carrier, tracking = form.get("carrier", ""), form.get("tracking_number", "")
        ask = SendGoodsBack(my_id(request), id_in(case_id), carrier, tracking)
        await send_goods_back(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "aftersale_noted")


@post("/aftersales/{case_id:str}/cancel")
async def cancel_case(request: AnyRequest, case_id: FromPath[str]) -> Response[str]:
    """Take an ask back."""
    form = await form_of(request)
    number = id_in(form.get("order", ""))
    try:
        ask = CancelAftersale(my_id(request), id_in(case_id))
        await cancel_an_aftersale(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _still(request, number, refusal)
    return go(request, f"/orders/{number}", "aftersale_cancelled")


routes = [
    orders,
    order,
    cancel,
    receive,
    ask_swap,
    take_back_swap,
    ask_aftersale,
    open_aftersale,
    send_back,
    cancel_case,
]
