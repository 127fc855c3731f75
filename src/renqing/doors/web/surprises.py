"""A surprise on pages: its recipient says that they opened it, or wants to know."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.shell import deed, form_of, go, my_id
from renqing.journeys.keep_a_surprise import (
    RevealAParcel,
    RevealASurprise,
    reveal_a_parcel,
    reveal_a_surprise,
)

allow(Audience.PERSON, "POST /gifts/{gift_id:str}/reveal", "POST /orders/{order_id:str}/reveal")


@post("/gifts/{gift_id:str}/reveal")
async def reveal(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """See what it is."""
    form, number = await form_of(request), id_in(gift_id)
    await reveal_a_surprise(house_of(request).ground, RevealASurprise(my_id(request), number), deed(request, form))
    return go(request, f"/gifts/{number}", "surprise_revealed")


@post("/orders/{order_id:str}/reveal")
async def reveal_parcel(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """See what this order of a gift sends."""
    form, number = await form_of(request), id_in(order_id)
    await reveal_a_parcel(house_of(request).ground, RevealAParcel(my_id(request), number), deed(request, form))
    return go(request, f"/orders/{number}", "surprise_revealed")


routes = [reveal, reveal_parcel]
