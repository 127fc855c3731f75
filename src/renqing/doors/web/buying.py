"""Buy for oneself: what is about to be ordered, the order placed, the way to the cashier and back."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.addresses import address_said, without_address
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.check_out import CheckOut
from renqing.journeys.engrave_an_order import check_words_pass
from renqing.journeys.start_a_payment import StartPayment
from renqing.trade.orders import QUANTITY_MAX
from renqing.trade.payments import PaymentOver
from renqing.views.buying_page import BuyingPage, buying_page
from renqing.views.payment_page import PaymentPage, payment_page

allow(
    Audience.PERSON,
    "GET /buy",
    "GET /buy/summary",
    "POST /buy",
    "GET /paying/{order_id:str}",
    "GET /paying/{order_id:str}/part",
    "POST /paying/{order_id:str}",
)


@get("/buy")
async def about_to_buy(request: AnyRequest) -> Response[str]:
    """The order before it is placed."""
    asked = dict(request.query_params)
    return await _buying(request, await _wanted(request, asked), asked)


@get("/buy/summary")
async def buy_summary(request: AnyRequest) -> Response[str]:
    """What it costs to the address that was just chosen."""
    return await page(request, "buy_summary.html", page=await _wanted(request, dict(request.query_params)))


@post("/buy")
async def buy(request: AnyRequest) -> Response[str]:
    """Place the order and go to the cashier. A new address is kept on the way."""
    form = await form_of(request)
    try:
        address_id = await address_said(request, form)
        words = form.get("custom_word", "")
        await check_words_pass(house_of(request).ground, house_of(request).moderator, [words])
        ask = CheckOut(
            buyer_id=my_id(request),
            lines=((id_in(form.get("sku", "")), whole(form, "quantity", least=1, most=QUANTITY_MAX)),),
            address_id=address_id,
            channel=house_of(request).channel_named(None),
            note=form.get("note", "").strip(),
            expected_total=whole(form, "expected_total"),
            words=((id_in(form.get("sku", "")), words),) if words.strip() else (),
        )
        placed = await house_of(request).check_outs.ask((ask, deed(request, without_address(form), "order")))
    except Refusal as refusal:
        # The page makes another key: agreeing to a new total, say, is another request.
        wanted = await _wanted(request, form)
        return await _buying(request, wanted, form, words_of(refusal, language_of(request)))
    return await to_cashier(request, placed.order_id)


async def _wanted(request: AnyRequest, asked: Form) -> BuyingPage:
    quantity = min(parse_id(asked.get("quantity", "1")) or 1, QUANTITY_MAX)
    address_id = parse_id(asked.get("address", ""))
    ground = house_of(request).ground
    return await buying_page(ground, my_id(request), id_in(asked.get("sku", "")), quantity, address_id)


async def _buying(request: AnyRequest, wanted: BuyingPage, form: Form, problem: str = "") -> Response[str]:
    return await page(
        request,
        "buy.html",
        status=409 if problem else 200,
        page=wanted,
        form=form,
        pay_minutes=house_of(request).ground.policy.pay_within_minutes,
        problem=problem,
    )


# paying ---------------------------------------------------------------------------------------------------------------
async def to_cashier(request: AnyRequest, order_id: int) -> Response[str]:
    """On to the channel's cashier; where it does not answer, to the page that waits, which can ask again."""
    house = house_of(request)
    ask = StartPayment(my_id(request), order_id, house.notify_url, f"{house.own_url}/paying/{order_id}")
    try:
        ready = await house.payment_starts.start(ask)
    except PaymentOver:
        return go(request, f"/paying/{order_id}")
    except Refusal as refusal:
        found = await payment_page(house.ground, my_id(request), order_id)
        return await _paying(request, found, words_of(refusal, language_of(request)))
    return go(request, ready.cashier_url)


@post("/paying/{order_id:str}")
async def pay(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Go to the cashier (again). Safe to repeat: one order has one payment."""
    return await to_cashier(request, id_in(order_id))


@get("/paying/{order_id:str}")
async def paying(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Back from the cashier: wait for the channel's word, then go on."""
    return await _paying(request, await payment_page(house_of(request).ground, my_id(request), id_in(order_id)))


@get("/paying/{order_id:str}/part")
async def paying_part(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """The same, looked at again by the page itself."""
    found = await payment_page(house_of(request).ground, my_id(request), id_in(order_id))
    if found.standing == "paid":
        return go(request, _after(found), "paid")
    return await page(request, "paying_part.html", page=found)


async def _paying(request: AnyRequest, found: PaymentPage, problem: str = "") -> Response[str]:
    if found.standing == "paid":
        return go(request, _after(found), "paid")
    return await page(request, "paying.html", status=503 if problem else 200, page=found, problem=problem)


def _after(found: PaymentPage) -> str:
    if found.fund_id is not None:
        return f"/funds/{found.fund_id}"
    return f"/orders/{found.order_id}" if found.gift_id is None else f"/gifts/{found.gift_id}"


routes = [about_to_buy, buy_summary, buy, pay, paying, paying_part]
