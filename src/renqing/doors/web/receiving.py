"""Where a gift would go: whether its shop delivers there, said as soon as a place is chosen."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.wire import AnyRequest, house_of, id_in, spend
from renqing.doors.web.addresses import REGION_CODE_MAX
from renqing.doors.web.gifts import TOKEN_CHARACTERS_MAX
from renqing.doors.web.shell import Form, form_of, my_id, page, whole
from renqing.foundation.ids import parse_id
from renqing.social.gifts import GiftNotAvailable
from renqing.views.gift_page import OpenGift, gift_by_link, gift_page
from renqing.views.gift_reach import reach_to_address, reach_to_region

allow(Audience.PERSON, "POST /gifts/{gift_id:str}/reach", "POST /g/reach")


async def _reach(request: AnyRequest, found: object, form: Form) -> Response[str]:
    """A line below the address. Nothing where nothing is chosen yet."""
    if not isinstance(found, OpenGift):
        raise GiftNotAvailable
    ground, address_id = house_of(request).ground, parse_id(form.get("address", ""))
    if address_id is not None:
        reach = await reach_to_address(ground, found.gift_id, my_id(request), address_id)
    elif form.get("region_code"):
        code = whole(form, "region_code", least=1, most=REGION_CODE_MAX)
        reach = await reach_to_region(ground, found.gift_id, code)
    else:
        reach = None
    return await page(request, "gift_reach_part.html", reach=reach)


@post("/gifts/{gift_id:str}/reach")
async def reach(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Whether it comes there."""
    spend(request, LOOKS)
    form = await form_of(request)
    return await _reach(request, await gift_page(house_of(request).ground, my_id(request), id_in(gift_id)), form)


@post("/g/reach")
async def reach_by_link(request: AnyRequest) -> Response[str]:
    """Whether what a link leads to comes there."""
    spend(request, LOOKS)
    form = await form_of(request)
    token = form.get("token", "")[:TOKEN_CHARACTERS_MAX]
    return await _reach(request, await gift_by_link(house_of(request).ground, token, my_id(request)), form)


routes = [reach, reach_by_link]
