"""A packing list for the shop's desk: what goes into the parcel, and the card to write. No price where it is a gift."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, id_in
from renqing.doors.web.desk_frame import ground_of
from renqing.doors.web.shell import my_id, page
from renqing.views.shop_orders import shop_order

allow(Audience.STAFF, "GET /desk/orders/{order_id:str}/packing-list")

PAPERS = ("a6", "a4")


@get("/desk/orders/{order_id:str}/packing-list")
async def packing_list(
    request: AnyRequest, order_id: FromPath[str], paper: FromQuery[str] = PAPERS[0]
) -> Response[str]:
    """On paper of this size. Where it goes stands on the parcel's label, and is opened and written down apart."""
    order = await shop_order(ground_of(request), my_id(request), id_in(order_id))
    size = paper if paper in PAPERS else PAPERS[0]
    priced = order.purpose == "self"
    return await page(request, "desk/packing.html", order=order, papers=PAPERS, paper=size, priced=priced)


routes = [packing_list]
