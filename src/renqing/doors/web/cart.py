"""My cart: by shop as things stand today, more or fewer, out, and the chosen lines of one shop on to their order."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.addresses import address_said, without_address
from renqing.doors.web.buying import to_cashier
from renqing.doors.web.shell import Form, deed, form_of, go, is_part, language_of, my_id, page, whole
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.check_out import LINES_MAX, CheckOut
from renqing.journeys.engrave_an_order import check_words_pass
from renqing.journeys.keep_a_cart import ChangeCart, PutInCart, TakeOut, change_my_cart, take_out_of_my_cart
from renqing.trade.carts import QUANTITY_MAX
from renqing.views.cart_page import CartOrderPage, cart_order_page, cart_page

allow(
    Audience.PERSON,
    "GET /cart",
    "POST /cart",
    "POST /cart/lines/{sku_id:str}",
    "POST /cart/lines/{sku_id:str}/out",
    "GET /cart/order",
    "GET /cart/order/summary",
    "POST /cart/order",
)


@get("/cart")
async def my_cart(request: AnyRequest) -> Response[str]:
    """What I mean to buy."""
    return await cart_again(request)


@post("/cart")
async def put_in(request: AnyRequest) -> Response[str]:
    """From a product's sheet: put in, and stay with the product."""
    form = await form_of(request)
    house, words = house_of(request), form.get("custom_word", "").strip() or None
    quantity = whole(form, "quantity", least=1, most=QUANTITY_MAX)
    ask = PutInCart(my_id(request), id_in(form.get("sku", "")), quantity, words)
    product_id = parse_id(form.get("product", ""))
    try:
        await check_words_pass(house.ground, house.moderator, [words])
        await house.cart_puts.ask((ask, deed(request, form)))
    except Refusal as refusal:
        return await cart_again(request, words_of(refusal, language_of(request)))
    return go(request, "/cart" if product_id is None else f"/products/{product_id}", "cart_put")


@post("/cart/lines/{sku_id:str}")
async def change_line(request: AnyRequest, sku_id: FromPath[str]) -> Response[str]:
    """More or fewer pieces, or other words on them."""
    form, house = await form_of(request), house_of(request)
    quantity = whole(form, "quantity", least=1, most=QUANTITY_MAX)
    ask = ChangeCart(my_id(request), id_in(sku_id), quantity, form.get("custom_word"))
    try:
        await change_my_cart(house.ground, ask, deed(request, form), house.moderator)
    except FieldNotValid as refusal:
        return await cart_again(request, words_of(refusal, language_of(request)))
    return await _after(request)


@post("/cart/lines/{sku_id:str}/out")
async def take_out(request: AnyRequest, sku_id: FromPath[str]) -> Response[str]:
    """Out of the cart."""
    ask = TakeOut(my_id(request), id_in(sku_id))
    await take_out_of_my_cart(house_of(request).ground, ask, deed(request, await form_of(request)))
    return await _after(request)


async def _after(request: AnyRequest) -> Response[str]:
    return await cart_again(request) if is_part(request) else go(request, "/cart")


async def cart_again(request: AnyRequest, problem: str = "") -> Response[str]:
    """The cart as it is now, saying what stopped its reader."""
    found = await cart_page(house_of(request).ground, my_id(request))
    template = "cart_part.html" if is_part(request) else "cart.html"
    return await page(request, template, status=409 if problem else 200, tab="me", page=found, problem=problem)


# ordering -------------------------------------------------------------------------------------------------------------
@get("/cart/order")
async def about_to_order(request: AnyRequest) -> Response[str]:
    """The chosen lines of one shop before they are ordered."""
    chosen = [sku for given in request.query_params.getall("sku", []) if (sku := parse_id(given))]
    found = await _order_page(request, chosen, {})
    return go(request, "/cart") if found is None else await _ordering(request, found, {})


@get("/cart/order/summary")
async def order_summary(request: AnyRequest) -> Response[str]:
    """What they cost to the address that was just chosen."""
    asked = dict(request.query_params)
    found = await _order_page(request, [sku for sku, _ in lines_in(asked)], asked)
    return go(request, "/cart") if found is None else await page(request, "cart_order_summary.html", page=found)


@post("/cart/order")
async def order_from_cart(request: AnyRequest) -> Response[str]:
    """Order what was shown, piece for piece, and go to the cashier."""
    form = await form_of(request)
    lines = lines_in(form)
    try:
        ask = CheckOut(
            buyer_id=my_id(request),
            lines=tuple(lines),
            address_id=await address_said(request, form),
            channel=house_of(request).channel_named(None),
            note=form.get("note", "").strip(),
            expected_total=whole(form, "expected_total"),
            from_cart=True,
        )
        placed = await house_of(request).check_outs.ask((ask, deed(request, without_address(form), "order")))
    except Refusal as refusal:
        problem = words_of(refusal, language_of(request))
        found = await _order_page(request, [sku for sku, _ in lines], form)
        if found is None:
            return await cart_again(request, problem)
        return await _ordering(request, found, form, problem)
    return await to_cashier(request, placed.order_id)


def lines_in(form: Form) -> list[tuple[int, int]]:
    """``sku:pieces`` after ``sku:pieces``, as the page wrote them. Raises FieldNotValid."""
    lines = []
    for part in form.get("lines", "").split(",")[: LINES_MAX + 1]:
        sku, _, pieces = part.partition(":")
        sku_id, quantity = parse_id(sku), parse_id(pieces)
        if sku_id is None or quantity is None:
            raise FieldNotValid(field="lines", reason="count", max=LINES_MAX)
        lines.append((sku_id, quantity))
    return lines


async def _order_page(request: AnyRequest, chosen: list[int], asked: Form) -> CartOrderPage | None:
    address_id = parse_id(asked.get("address", ""))
    return await cart_order_page(house_of(request).ground, my_id(request), chosen[:LINES_MAX], address_id)


async def _ordering(request: AnyRequest, found: CartOrderPage, form: Form, problem: str = "") -> Response[str]:
    return await page(
        request,
        "cart_order.html",
        status=409 if problem else 200,
        page=found,
        form=form,
        pay_minutes=house_of(request).ground.policy.pay_within_minutes,
        problem=problem,
    )


routes = [my_cart, put_in, change_line, take_out, about_to_order, order_summary, order_from_cart]
