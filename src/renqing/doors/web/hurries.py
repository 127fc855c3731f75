"""Hurry a late shop with one tap, from an order's page or a gift's."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.shell import deed, form_of, go, my_id
from renqing.journeys.hurry_a_shop import HurryAShop, hurry_a_shop

allow(Audience.PERSON, "POST /orders/{order_id:str}/hurry")


@post("/orders/{order_id:str}/hurry")
async def hurry(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Remind the shop. An order that pays for a gift leads on to the gift's page."""
    form, number = await form_of(request), id_in(order_id)
    await hurry_a_shop(house_of(request).ground, HurryAShop(my_id(request), number), deed(request, form))
    return go(request, f"/orders/{number}", "shop_hurried")


routes = [hurry]
